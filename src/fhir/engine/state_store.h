#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "fhir/engine/dirty_keys.h"
#include "fhir/feed/study_list.h"

namespace isocenter::fhir {

/// What is kept of one target between runs.
struct StateRow {
    std::int64_t low = 0;     ///< L: everything up to it is done
    std::int64_t latest = 0;  ///< newest sequence seen
    std::string owner;        ///< of the lease; empty when nobody has it
    std::int64_t token = 0;   ///< raised by each take-over
    Ticks lease_end = 0;
    Ticks changed = 0;
    std::string server;  ///< the FHIR server that this is about; empty in states of former versions

    /// Whether somebody has the lease at `now`. One that ends later than any that is taken for `lease_time`
    /// was written by a clock that was wrong: nobody renews it, and it must not be waited for.
    bool is_leased(Ticks now, Ticks lease_time) const {
        return !owner.empty() && lease_end > now && lease_end - now <= 2 * lease_time;
    }
};

enum class LetterClass { transient, fhir, dicom, validation, feed };
enum class LetterState { open, resolved, discarded };
std::string_view to_string(LetterClass letter_class);
std::string_view to_string(LetterState state);
/// All of them. Static storage.
std::span<const LetterClass> letter_classes();
std::optional<LetterClass> parse_letter_class(std::string_view text);
std::optional<LetterState> parse_letter_state(std::string_view text);

/// What could not be written, or not whole, and why. One per key and class; for `feed` one per sequence.
struct DeadLetter {
    std::int64_t id = 0;
    Key key;  ///< empty for `feed`
    LetterClass letter_class = LetterClass::fhir;
    LetterState state = LetterState::open;
    std::int64_t first_sequence = 0;  ///< 0: of no entry (backfill, replay)
    std::int64_t last_sequence = 0;
    std::uint64_t entries = 0;
    std::uint64_t attempts = 0;
    Ticks first_time = 0;
    Ticks last_time = 0;
    std::string error;    ///< may quote the FHIR server's outcome
    std::string tag;      ///< `00100040` where one attribute is to blame
    unsigned status = 0;  ///< HTTP
    bool replay = false;  ///< somebody asked for it to be tried again
    /// Instances that entries of the feed said are gone and no job has taken out yet: no look at the archive
    /// tells of them.
    std::set<std::string> removed{};
};

struct LetterFilter {
    std::optional<LetterClass> letter_class{};
    std::optional<LetterState> state{};
    std::string study_uid{};
    bool replay_only = false;
    std::int64_t before = 0;  ///< ids below it; 0: from the newest
    std::size_t limit = 100;
};

/// Letters by class; a class without any may be missing.
using LetterCounts = std::map<LetterClass, std::uint64_t>;

/// Checkpoint and lease of one target. Thread-safe. Errors: `unavailable` (database), `corrupt`; `conflict`
/// where named. A token of 0 is not checked: for engines that run without lease.
class CheckpointStore {
  public:
    virtual ~CheckpointStore() = default;
    /// Nothing when the target was never worked on.
    virtual Result<std::optional<StateRow>> load() = 0;
    /// Takes the lease over or renews it until `until`; the token rises unless `owner` has it already.
    /// `conflict` when somebody else's has not ended at `now`, unless that is beyond twice the time asked
    /// for.
    virtual Result<StateRow> acquire(const std::string& owner, Ticks now, Ticks until) = 0;
    /// Ends the lease, so that another engine need not wait for it.
    virtual Status release(std::int64_t token, Ticks now) = 0;
    /// `conflict` when the token is not the current one.
    virtual Status save(std::int64_t token, std::int64_t low, std::int64_t latest, Ticks now) = 0;
    /// The state is about `server` from now on, which has what is told up to `low`. `conflict` as above.
    virtual Status set_server(std::int64_t token, const std::string& server, std::int64_t low, Ticks now) = 0;
};

/// Dead letters of one target. Thread-safe; errors as above. What is recorded is durable.
class DeadLetterStore {
  public:
    virtual ~DeadLetterStore() = default;
    /// Adds the letter, or adds its counts to the one of the same key and class, which becomes open and has
    /// what else it says. One that
    /// is discarded stays as it is, unless the letter is of a newer entry than it knows.
    virtual Status record(std::int64_t token, const DeadLetter& letter) = 0;
    /// The key's open letters, but those of the classes in `keep`, are resolved.
    virtual Status resolve(std::int64_t token, const Key& key, const std::vector<LetterClass>& keep,
                           Ticks now) = 0;
    /// A letter of class `feed` is resolved by its number.
    virtual Status resolve_number(std::int64_t token, std::int64_t sequence, Ticks now) = 0;
    /// Newest first.
    virtual Result<std::vector<DeadLetter>> list(const LetterFilter& filter) = 0;
    /// Open letters of class `transient` that were last tried at `until` or before, the oldest try first.
    virtual Result<std::vector<DeadLetter>> transient_until(Ticks until, std::size_t limit) = 0;
    virtual Result<std::optional<DeadLetter>> find(std::int64_t id) = 0;
    virtual Result<LetterCounts> count_open() = 0;
    /// Open letters that fit are to be tried again, or not any more; the number of them.
    virtual Result<std::uint64_t> set_replay(const LetterFilter& filter, bool replay) = 0;
    /// This letter, whatever its state, is to be tried again. `not_found` when there is none.
    virtual Status ask_replay(std::int64_t id) = 0;
    /// Nobody wants it tried again. `not_found` when there is no such letter.
    virtual Status discard(std::int64_t id, Ticks now) = 0;
    /// The letter is about to be tried again, as was asked for or because it is open. False: it is neither
    /// any more.
    virtual Result<bool> begin_replay(std::int64_t token, std::int64_t id, Ticks now) = 0;
    /// Removes resolved and discarded letters older than `before`; the number of them.
    virtual Result<std::uint64_t> purge(std::int64_t token, Ticks before) = 0;
};

/// A walk over the archive's studies that has begun and not ended.
struct Backfill {
    StudyFilter filter;
    std::int64_t latest = 0;  ///< newest sequence of the feed before it began
    Ticks started = 0;
    std::uint64_t done = 0;  ///< studies noted
};

/// What is kept of the backfill of one target. Thread-safe; errors as above.
class BackfillStore {
  public:
    virtual ~BackfillStore() = default;
    /// Nothing when none has begun, or the last one has ended.
    virtual Result<std::optional<Backfill>> load_backfill() = 0;
    /// Begins one in place of any other, without studies that are done; with `low` the position moves there
    /// at the same moment.
    virtual Status begin_backfill(std::int64_t token, const Backfill& backfill,
                                  std::optional<std::int64_t> low) = 0;
    /// Those of `keys` that are not noted, in their order.
    virtual Result<std::vector<Key>> not_backfilled(const std::vector<Key>& keys) = 0;
    /// These are done; durable.
    virtual Status note_backfilled(std::int64_t token, const std::vector<Key>& keys) = 0;
    virtual Status end_backfill(std::int64_t token) = 0;
};

}  // namespace isocenter::fhir
