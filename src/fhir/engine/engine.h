#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/metrics.h"
#include "base/result.h"
#include "fhir/engine/dirty_keys.h"
#include "fhir/engine/job.h"
#include "fhir/engine/state_store.h"
#include "fhir/feed/change_source.h"
#include "fhir/feed/study_list.h"
#include "fhir/mapping/options.h"

namespace isocenter::fhir {

struct EngineOptions {
    std::string target = "default";      ///< label of metrics and logs
    std::string server{};                ///< normalised_address() of the FHIR server; empty: not told
    std::string owner{};                 ///< of the lease: unique to this engine
    bool lease = true;                   ///< false: writes without looking after other engines
    std::optional<std::int64_t> from{};  ///< begins there instead of at the stored position
    DirtyKeys::Options settling{};
    std::size_t workers = 4;
    std::size_t studies_per_bundle = 1;
    std::size_t read_ahead = 5000;  ///< unsettled entries at which reading pauses
    /// How long a feed must be seen to end before what was read, at every look, until it is taken for another
    /// one. Of several servers that answer for one archive some lag, and what follows repeats a whole feed.
    std::chrono::seconds feed_behind_for{30};
    std::chrono::milliseconds retry_budget{600'000};
    std::chrono::seconds lease_time{15};
    std::chrono::seconds lease_renewal{5};
    std::chrono::seconds letter_days{30 * 86'400};
    std::chrono::seconds transient_replay{15 * 60};
    /// Whether studies of that partition are synchronised. Nothing: all.
    std::function<bool(const std::string&)> wants_partition{};
    /// Whether it goes somewhere else, so that leaving it out is nothing to tell of. Nothing: none does.
    std::function<bool(const std::string&)> is_elsewhere{};
    /// Whose studies a backfill walks.
    std::vector<std::string> partitions{std::string(kDefaultPartition)};
    std::optional<StudyFilter> backfill{};  ///< asked for at the start, as by Engine::backfill
};

/// How far a backfill is.
struct BackfillStatus {
    std::uint64_t done = 0;   ///< studies, in earlier runs too
    std::uint64_t total = 0;  ///< as far as they have been counted
    bool counted = false;     ///< `total` is all of them
    Ticks started = 0;
    std::string trouble;  ///< why it does not go on at present; may quote the archive
};

/// The feed ended before what had been read of it: the archive was restored, or is another one.
struct FeedReset {
    Ticks time = 0;
    std::int64_t position = 0;  ///< up to which it had been read
    std::int64_t latest = 0;    ///< its newest entry then
};

struct EngineStatus {
    bool active = false;    ///< holds the lease
    bool stand_by = false;  ///< another engine holds it
    bool target_reachable = true;
    bool archive_reachable = true;
    bool state_usable = true;
    /// Why they are not reachable; never what an answer about a study quotes.
    std::string target_trouble;
    std::string archive_trouble;
    std::int64_t low = 0;
    std::int64_t read = 0;
    std::int64_t latest = 0;
    std::int64_t lag_entries = 0;
    double lag_seconds = 0;
    std::size_t dirty_keys = 0;
    std::size_t running_jobs = 0;
    std::string lease_owner;  ///< of whoever has it
    std::int64_t lease_token = 0;
    Ticks lease_end = 0;                     ///< 0: there is none
    std::optional<BackfillStatus> backfill;  ///< nothing when none is under way
    std::optional<FeedReset> feed_reset;     ///< the last one since this engine was made
    bool recovering = false;                 ///< what that one made necessary is not done yet
};

/// Follows a change feed and keeps one FHIR server in step with the archive: marks studies dirty, lets jobs
/// recompute them, remembers how far everything is done. What it writes is a function of the archive's
/// content, never of order, number or kind of entries; so replays, crashes and reorderings end in the same
/// content. Thread-safe.
class Engine {
  public:
    struct Parts {
        ChangeSource& feed;
        StudyList& studies;
        JobRunner& jobs;
        CheckpointStore& checkpoint;
        DeadLetterStore& letters;
        BackfillStore& backfills;
        const Clock& clock;
        Metrics& metrics;
    };
    Engine(EngineOptions options, Parts parts);
    ~Engine();
    Engine(const Engine&) = delete;
    Engine& operator=(const Engine&) = delete;

    /// Works until `stop`, with threads of its own; returns when all have ended and the position is stored.
    void run(std::stop_token stop);
    EngineStatus status() const;
    /// Recomputes a study at once, whatever the feed says.
    void mark(const Key& key);
    /// Recomputes every study that the archive holds and that fits, beside what the feed tells. It goes on
    /// after a restart until it is done; the same filter again is the same backfill. Where nothing
    /// of the feed was read yet, or the position is beyond its end, the feed is followed from its newest
    /// entry on; else from where it was. `invalid_request`, and nothing happens: see check_filter().
    Status backfill(const StudyFilter& filter);

    // The steps that run() repeats; tests call them one by one instead.
    using Time = std::chrono::steady_clock::time_point;
    /// Reads one window, or one overdue gap. True: there may be more to read. A feed whose newest entry stays
    /// lower than what was read has gone back: everything in it is done again, for jobs of single entries
    /// a backfill begins instead, since those do not bear repetition.
    bool read_step();
    /// Counts or marks one page of the studies that a backfill walks. False: nothing was to be done now.
    bool backfill_step();
    /// Runs the job that has been ready longest, or probes a server that is down. False: nothing was to be
    /// done.
    bool work_step();
    /// Lease, checkpoint, replays, clean-up. Call about once a second.
    void keep_step();
    /// Stores the position and gives the lease back.
    void finish();

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace isocenter::fhir
