#pragma once

#include <chrono>
#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/clock.h"

namespace isocenter::fhir {

/// What a job is about; the target is the engine's.
struct Key {
    std::string partition;
    std::string study_uid;
    friend auto operator<=>(const Key&, const Key&) = default;
};

/// Stands among the sequences of a work for a mark that is of no entry and wants to know when it is settled.
inline constexpr std::int64_t kOfNoEntry = 0;

/// What was tried in vain for a key so far.
struct Retries {
    unsigned attempts = 0;                               ///< that the study may be to blame for
    std::chrono::milliseconds spent{0};                  ///< of the budget
    std::chrono::milliseconds wait{0};                   ///< before the next attempt, not in `spent` yet
    std::chrono::steady_clock::duration waits_since{0};  ///< by a clock that stands still during outages
};

/// What a job was given to do.
struct Work {
    Key key;
    std::vector<std::int64_t> sequences;  ///< feed entries that the job settles
    Ticks oldest_change = 0;              ///< of those entries; 0 when unknown
    std::set<std::string> removed{};      ///< instances that those entries say are gone
    Retries retries{};
    bool again = false;  ///< it failed before, whoever was to blame
};

/// Which studies must be recomputed, and when. A key rests `settle` after its last mark, at most `settle_max`
/// after its first; it is lent to one job at a time; a mark during the job makes one further job. Not
/// thread-safe.
class DirtyKeys {
  public:
    using Time = std::chrono::steady_clock::time_point;
    struct Options {
        std::chrono::milliseconds settle{2000};
        std::chrono::milliseconds settle_max{30'000};
        /// No rest and no coalescing: a job per entry, in the order of the feed. A failed entry holds back
        /// its study only.
        bool entry_by_entry = false;
    };
    explicit DirtyKeys(Options options) : options_(options) {}

    /// An entry of the feed was read.
    void mark(const Key& key, std::int64_t sequence, Ticks changed, Time now,
              const std::string& removed_instance = {});
    /// The key is to be recomputed at once, for a reason of ours: a replay, a backfill, a related study. Its
    /// work names no entry where it would otherwise name one.
    void mark_now(const Key& key, Time now);
    /// The same; the work that settles the mark has kOfNoEntry among its sequences.
    void mark_now_and_tell(const Key& key, Time now);

    /// The key that has been ready longest, lent until done() or failed().
    std::optional<Work> take(Time now);
    /// The same, but keys that have not failed go before those that have: to learn whether it is the server
    /// that fails, whoever failed on it last is asked last.
    std::optional<Work> take_for_trial(Time now);
    /// The same, but only keys that have not failed: those that may go together with others.
    std::optional<Work> take_fresh(Time now);
    void done(const Work& work);
    /// The work is to be done again, not before `not_before`, with its retries as given.
    void failed(Work work, Time not_before);

    /// When the next key is ready, if any is waiting.
    std::optional<Time> next_ready() const;
    /// Keys waiting or lent.
    std::size_t size() const { return states_.size(); }
    std::size_t lent() const { return lent_; }

  private:
    struct State {
        std::vector<std::int64_t> sequences;
        Ticks oldest_change = 0;
        std::set<std::string> removed;
        std::optional<Time> first_mark;  ///< nothing: not dirty
        Time ready;
        std::int64_t first = 0;  ///< lowest sequence when the key was placed
        bool whole = false;      ///< the study as such is to be recomputed, not an entry
        bool lent = false;
        Retries retries;
        bool retrying = false;
    };
    /// What decides about the order: with coalescing `first` is 0 and the time decides.
    struct Place {
        Time ready;
        std::int64_t first = 0;
        Key key;
        friend auto operator<=>(const Place&, const Place&) = default;
    };
    /// The key that has been ready longest of those that have not failed; end when there is none.
    std::set<Place>::const_iterator first_fresh(Time now) const;
    Work lend(std::set<Place>::const_iterator place);
    void note_change(State& state, Ticks changed);
    void wait_until(const Key& key, State& state, Time ready);
    std::vector<std::int64_t> take_sequences(State& state);

    const Options options_;
    std::map<Key, State> states_;
    std::set<Place> waiting_;  ///< dirty and not lent
    std::size_t lent_ = 0;
};

}  // namespace isocenter::fhir
