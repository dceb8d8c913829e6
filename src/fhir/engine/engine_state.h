#pragma once

#include <condition_variable>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <vector>

#include "base/log.h"
#include "fhir/engine/circuit.h"
#include "fhir/engine/engine.h"
#include "fhir/engine/engine_metrics.h"
#include "fhir/feed/positions.h"

namespace isocenter::fhir {

/// Everything an engine knows. `mutex` guards what stands below it; it is never held during calls to the
/// feed, the jobs or the stores.
struct Engine::State {
    State(EngineOptions chosen, Parts given)
        : options(std::move(chosen)),
          parts(given),
          metrics(given.metrics, options.target),
          backfill_wish(options.backfill) {}

    const EngineOptions options;
    const Parts parts;

    std::mutex mutex;
    std::condition_variable_any changed;  ///< work came up, or a job ended
    std::mutex saving;                    ///< the position is stored by one thread at a time; before `mutex`
    EngineMetrics metrics;

    // --- the lease
    bool active = false;
    bool standing_by = false;  ///< another engine has the lease
    std::uint64_t epoch = 0;   ///< of being active: what belongs to an earlier one is thrown away
    StateRow row;
    Time lease_until;  ///< by our clock
    Time next_renewal;
    bool state_usable = true;

    // --- the feed
    std::optional<Positions> positions;
    std::map<std::int64_t, Ticks> open_times;  ///< of unsettled entries
    std::int64_t latest = 0;
    std::optional<std::int64_t> feed_newest;  ///< what the feed told last since we are active
    std::optional<Time> feed_behind_since;    ///< its newest number is lower than what was read
    /// Its newest number when that was certain, until the backfill that follows for jobs of single entries.
    std::optional<std::int64_t> gone_back_to;
    std::optional<FeedReset> feed_reset;
    std::uint64_t move = 0;  ///< of the position to another place: windows read before do not count
    std::int64_t saved_low = 0;
    std::deque<std::int64_t> reread;            ///< numbers of class `feed` to be tried again
    std::set<std::int64_t> rereading;           ///< those that were readable and whose job is under way
    Circuit archive{false};                     ///< its probe is the next look at the feed
    std::string archive_trouble;                ///< why it is open
    std::set<std::string> unwanted_partitions;  ///< already told of

    // --- the work
    std::optional<DirtyKeys> keys;
    /// Keys that may have open letters, and the instances that those name as gone.
    std::map<Key, std::set<std::string>> lettered;
    Circuit target;
    bool probing = false;
    bool trying = false;          ///< the one job that a half-open circuit lets through is under way
    std::string target_trouble;   ///< why `target` is open, as reason_of() says it
    bool told_of_target = false;  ///< that it is down
    Time next_letters;            ///< look for replays
    Time next_purge;

    // --- the backfill
    struct Walking {
        Backfill record;  ///< `done` counts on
        StudyWalk walk;   ///< touched by backfill_step() only, without the mutex
        bool counting = true;
        std::uint64_t total = 0;
        bool unseen_in_pass = false;
        bool walked = false;        ///< a pass found nothing that was not marked before
        std::deque<Key> waiting{};  ///< of the page in hand, not marked yet
        std::set<Key> open;         ///< marked and not settled
        std::set<Key> unnoted;      ///< settled and not yet durable
        Time not_before;
        unsigned failures = 0;
        std::string trouble{};  ///< of the last failure; empty after a page that came
    };
    std::optional<StudyFilter> backfill_wish;
    bool backfill_known = false;  ///< the stored one was looked for
    std::shared_ptr<Walking> walking;

    /// Begins to be the one who works: everything is read again from the stored position.
    void activate(const StateRow& taken, Time now);
    /// Forgets what is under way and goes on after `position`.
    void begin_at(std::int64_t position);
    void deactivate();
    /// Another engine has the lease, or has taken it.
    void stand_by();
    /// May write: the lease is ours for another five seconds.
    bool may_write();
    void settle(const Work& work);
    EngineStatus describe();
    bool is_reachable(const Circuit& one, const Circuit& other) const;
    /// Waits for a notification, a stop or the time.
    void nap(std::stop_token stop, std::chrono::milliseconds longest);
    void wait_for_change(std::unique_lock<std::mutex>& lock, std::stop_token stop,
                         std::chrono::milliseconds longest);

    // --- engine_read.cpp
    struct Reading {
        std::uint64_t epoch = 0;
        std::uint64_t move = 0;
        std::int64_t after = 0;
        std::optional<Positions::Gap> gap;
        std::optional<std::int64_t> number;  ///< of `reread`
        bool probe_only = false;             ///< nothing more is to be taken in
    };
    std::optional<Reading> next_reading();
    bool take_window(const Reading& reading, const FeedWindow& window, std::int64_t newest);
    /// Whether the feed ends before what was read; when that is certain, what follows is begun.
    bool is_behind(const Reading& reading, std::int64_t newest);
    void reading_failed(const Error& error);
    /// Makes durable that the feed was read at all, before the first entry can be done: a backfill that finds
    /// the feed unread skips what it tells. False: not now.
    bool remember_reading(const Reading& reading, std::int64_t newest);
    bool record_unreadable(const Reading& reading, const FeedWindow& window);
    void mark_entries(const FeedWindow& window);
    /// How long the feed may be waited for; nothing when it is not the feed that is waited for.
    std::optional<std::chrono::milliseconds> pause_of_reading();

    // --- engine_backfill.cpp
    /// Takes up a stored backfill, or begins the one asked for once the feed's newest number is known.
    /// False: it could not be done now.
    bool ready_backfill();
    bool give_up_backfill(const Backfill& record);
    /// Whether a backfill moves the position back to the feed's end. Called with the mutex held.
    bool is_beyond_feed() const;
    std::optional<Backfill> begin_backfill(const StudyFilter& filter, std::uint64_t begun_epoch);
    std::shared_ptr<Walking> next_walking();
    void walk_failed(Walking& walk, const Failure& failure);
    bool count_page(Walking& walk, const std::optional<std::vector<Key>>& page);
    bool take_page(const std::shared_ptr<Walking>& walk, std::vector<Key> page);
    bool mark_next(const std::shared_ptr<Walking>& walk);
    void end_pass(Walking& walk);
    void note_backfilled();
    std::optional<BackfillStatus> describe_backfill() const;

    // --- engine_work.cpp
    struct Job {
        Work work;
        std::uint64_t epoch = 0;
        bool trial = false;      ///< let through to learn whether a server is back
        bool blameless = false;  ///< it failed, and the study is not to blame
    };
    /// Those that are ready, at most `studies_per_bundle`; a single one while a circuit is half-open, and
    /// whoever failed before.
    std::vector<Job> next_jobs();
    bool admits_jobs() const;
    std::chrono::steady_clock::duration time_without_outages(Time now) const;
    bool probe();
    /// With `target_trouble` as the reason; both with the mutex held.
    void tell_target_down(LogLevel level, unsigned status);
    void tell_target_up();
    /// Learns at the start whether the FHIR server is there, so that nobody waits for the first study to
    /// know.
    void first_probe();
    /// Waits until a key may be ready. The time is taken with the lock held, so that no mark slips between.
    void nap_until_work(std::stop_token stop);
    std::vector<JobResult> run_jobs(const std::vector<Job>& jobs);
    JobResult run_guarded(const JobRequest& request, const std::function<void()>& before_rerun);
    void finish_job(Job job, const JobResult& result, std::chrono::milliseconds took);
    void note_servers(const Job& job, const JobResult& result);
    std::optional<LetterClass> judge(Job& job, const JobResult& result, std::chrono::milliseconds took);
    void postpone(Job& job, const Failure& failure);
    bool give_up(Job& job, LetterClass letter_class, const Failure& failure);
    bool note_success(const Job& job, const JobResult& result);
    DeadLetter letter_of(const Work& work, LetterClass letter_class) const;
    /// After a call of a store: pauses everything on a failure, goes to stand-by on a lost lease.
    bool check_store(const Status& status);

    // --- engine_keep.cpp
    void keep_lease();
    void lease_not_taken(const Error& error, Time now);
    void look_who_leads();
    /// Another server than the state is about has nothing yet: begins anew, whatever was done for the former.
    Status follow_server(StateRow& taken);
    void save_position();
    std::vector<DeadLetter> due_letters(Ticks wall);
    void look_for_replays();
};

}  // namespace isocenter::fhir
