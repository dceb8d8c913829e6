#include "archive/janitor.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "base/log.h"

namespace isocenter::archive {
namespace {

constexpr std::size_t kBatch = 256;
// Attempts and candidates that are remembered: what does not fit is met again by a later scan.
constexpr std::size_t kMaxRemembered = 1'000'000;

Ticks to_ticks(std::chrono::seconds seconds) {
    return seconds.count() * kTicksPerSecond;
}

}  // namespace

struct Janitor::State {
    State(blob::BlobStore& the_blobs, const index::Database& the_database, JanitorOptions the_options,
          Metrics& metrics)
        : blobs(the_blobs),
          database(the_database),
          options(the_options),
          removed(metrics.counter("isocenter_janitor_blobs_total", "Blobs removed, by why")
                      .Add({{"reason", "instance_removed"}})),
          unreferenced(metrics.counter("isocenter_janitor_blobs_total", "Blobs removed, by why")
                           .Add({{"reason", "unreferenced"}})),
          failures(metrics.counter("isocenter_janitor_failures_total", "Removals that failed").Add({})),
          waiting(metrics.gauge("isocenter_janitor_waiting_blobs", "Blobs in the removal queue").Add({})) {}

    Result<std::uint64_t> work(Ticks now);
    Result<std::uint64_t> remove_due(Ticks now);
    Status remove_or_postpone(const BlobKey& key, Ticks now, std::vector<BlobKey>& gone);
    Result<std::uint64_t> scan(Ticks now);
    void survey(const std::vector<BlobKey>& orphans);
    void end_survey();
    Result<std::uint64_t> remove_old(const std::vector<BlobKey>& orphans, Ticks now);
    void run();
    bool stopping() {
        const std::lock_guard lock(mutex);
        return stop;
    }

    blob::BlobStore& blobs;
    index::Database database;
    JanitorOptions options;
    prometheus::Counter& removed;
    prometheus::Counter& unreferenced;
    prometheus::Counter& failures;
    prometheus::Gauge& waiting;

    std::unordered_map<BlobKey, unsigned> attempts;
    std::unordered_map<BlobKey, Ticks> first_seen;  ///< of blobs without a record
    bool surveyed = false;                          ///< the first scan came to its end
    bool too_many_inherited = false;                ///< more than are remembered: none is removed
    std::unordered_set<BlobKey> inherited;          ///< without a record when the process began
    Ticks next_scan = 0;

    std::mutex mutex;
    std::condition_variable wake;
    bool stop = false;
    std::thread thread;
};

Janitor::Janitor(blob::BlobStore& blobs, const index::Database& database, JanitorOptions options,
                 Metrics& metrics)
    : state_(std::make_unique<State>(blobs, database, options, metrics)) {}

Janitor::~Janitor() {
    stop();
}

void Janitor::start() {
    state_->thread = std::thread([this] { state_->run(); });
}

void Janitor::stop() {
    {
        const std::lock_guard lock(state_->mutex);
        state_->stop = true;
    }
    state_->wake.notify_all();
    if (state_->thread.joinable()) state_->thread.join();
}

Result<std::uint64_t> Janitor::run_once(Ticks now) {
    return state_->work(now);
}

Result<std::uint64_t> Janitor::State::work(Ticks now) {
    auto removals = remove_due(now);
    if (database.reserve != nullptr) database.reserve->replenish();
    ISO_TRY(std::uint64_t count, std::move(removals));
    if (now >= next_scan) {
        next_scan = now + to_ticks(options.scan_interval);
        ISO_TRY(const std::uint64_t found, scan(now));
        count += found;
    }
    return count;
}

void Janitor::State::run() {
    while (!stopping()) {
        if (const auto count = work(now_ticks()); !count) {
            failures.Increment();
            log_event(LogLevel::warning, "janitor_failed", {{"detail", count.error().detail}});
        }
        std::unique_lock lock(mutex);
        wake.wait_for(lock, options.interval, [&] { return stop; });
    }
}

Result<std::uint64_t> Janitor::State::remove_due(Ticks now) {
    std::uint64_t count = 0;
    while (!stopping()) {
        ISO_TRY(const auto due, database.removals->due(now, kBatch));
        std::vector<BlobKey> gone;
        for (const BlobKey& key : due)
            ISO_CHECK(remove_or_postpone(key, now, gone));
        ISO_CHECK(database.removals->done(gone));
        count += gone.size();
        if (due.size() < kBatch) break;
    }
    ISO_TRY(const std::uint64_t left, database.removals->size());
    waiting.Set(static_cast<double>(left));
    removed.Increment(static_cast<double>(count));
    return count;
}

Status Janitor::State::remove_or_postpone(const BlobKey& key, Ticks now, std::vector<BlobKey>& gone) {
    if (blobs.remove(key)) {
        attempts.erase(key);
        gone.push_back(key);
        return {};
    }
    failures.Increment();
    if (attempts.size() >= kMaxRemembered) attempts.clear();
    const unsigned doublings = std::min(attempts[key]++, 16U);
    const auto delay = std::min(options.last_retry, options.first_retry * (1U << doublings));
    return database.removals->postpone(key, now + to_ticks(delay));
}

Result<std::uint64_t> Janitor::State::scan(Ticks now) {
    std::uint64_t count = 0;
    std::unordered_set<BlobKey> present;
    BlobKey after;
    while (!stopping()) {
        ISO_TRY(const auto keys, blobs.list(after, kBatch));
        if (keys.empty()) break;
        after = keys.back();
        ISO_TRY(const auto orphans, database.records->unreferenced(keys));
        if (!surveyed) {
            survey(orphans);
            continue;
        }
        present.insert(orphans.begin(), orphans.end());
        ISO_TRY(const std::uint64_t old, remove_old(orphans, now));
        count += old;
    }
    if (!surveyed && !stopping()) end_survey();
    std::erase_if(first_seen, [&](const auto& entry) { return !present.contains(entry.first); });
    unreferenced.Increment(static_cast<double>(count));
    return count;
}

// What has no record when the process begins may be the only copy of an instance: the index may have been
// lost, or restored from a backup that is older than the objects. Such blobs stay.
void Janitor::State::survey(const std::vector<BlobKey>& orphans) {
    inherited.insert(orphans.begin(), orphans.end());
    if (inherited.size() <= kMaxRemembered) return;
    too_many_inherited = true;
    inherited.clear();
}

void Janitor::State::end_survey() {
    surveyed = true;
    if (inherited.empty() && !too_many_inherited) return;
    log_event(LogLevel::warning, "objects_without_record",
              {{"count", std::uint64_t{inherited.size()}},
               {"more_than_counted", too_many_inherited},
               {"detail", "they are kept: the index may be older than the objects; see isocenter verify"}});
}

Result<std::uint64_t> Janitor::State::remove_old(const std::vector<BlobKey>& orphans, Ticks now) {
    std::uint64_t count = 0;
    if (too_many_inherited) return count;
    for (const BlobKey& key : orphans) {
        if (inherited.contains(key)) continue;
        if (first_seen.size() >= kMaxRemembered && !first_seen.contains(key)) continue;
        const Ticks seen = first_seen.try_emplace(key, now).first->second;
        if (now - seen < to_ticks(options.unreferenced_age)) continue;
        // It may have got its record since the batch was asked about.
        ISO_TRY(const auto still, database.records->unreferenced({&key, 1}));
        if (still.empty()) continue;
        ISO_CHECK(blobs.remove(key));
        first_seen.erase(key);
        ++count;
    }
    return count;
}

}  // namespace isocenter::archive
