#include "fhir/engine/engine.h"

#include <algorithm>
#include <thread>
#include <utility>

#include "base/log.h"
#include "fhir/engine/engine_state.h"

namespace isocenter::fhir {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// A bundle must have been answered before somebody else may take over.
constexpr seconds kWriteReserve{5};
constexpr milliseconds kKeepNap{1000};
constexpr milliseconds kBusyNap{200};

}  // namespace

Engine::Engine(EngineOptions options, Parts parts)
    : state_(std::make_unique<State>(std::move(options), parts)) {}
Engine::~Engine() = default;

void Engine::State::begin_at(std::int64_t position) {
    ++epoch;
    positions.emplace(position);
    open_times.clear();
    reread.clear();
    rereading.clear();
    keys.emplace(options.settling);
    walking.reset();
    backfill_known = false;
    feed_behind_since.reset();
}

void Engine::State::activate(const StateRow& taken, Time now) {
    active = true;
    standing_by = false;
    row = taken;
    const std::int64_t start = epoch == 0 && options.from ? *options.from : taken.low;
    begin_at(start);
    saved_low = taken.low;
    latest = std::max(latest, taken.latest);
    feed_newest.reset();
    next_letters = now;
    next_purge = now;
    log_event(LogLevel::info, "cast_active",
              {{"target", options.target}, {"position", start}, {"token", taken.token}});
}

void Engine::State::deactivate() {
    active = false;
    positions.reset();
    keys.reset();
    walking.reset();
    open_times.clear();
}

void Engine::State::stand_by() {
    if (std::exchange(standing_by, true)) return;
    // To lose the lease says that this process, or the state store, was stuck; to find it taken does not.
    log_event(active ? LogLevel::warning : LogLevel::info, "cast_stand_by", {{"target", options.target}});
    deactivate();
}

bool Engine::State::may_write() {
    const std::lock_guard lock(mutex);
    if (!active || !state_usable) return false;
    return !options.lease || lease_until - parts.clock.now() >= kWriteReserve;
}

void Engine::State::settle(const Work& work) {
    for (const std::int64_t sequence : work.sequences) {
        positions->settle(sequence);
        open_times.erase(sequence);
        if (sequence != kOfNoEntry || !walking || walking->open.erase(work.key) == 0) continue;
        walking->unnoted.insert(work.key);
        ++walking->record.done;
    }
}

/// A half-open circuit counts as closed when there is nothing to be tried, or the other one prevents it.
bool Engine::State::is_reachable(const Circuit& one, const Circuit& other) const {
    if (!one.is_half_open()) return one.is_closed() || one.is_doubted();
    return !keys || keys->size() == 0 || other.is_open();
}

EngineStatus Engine::State::describe() {
    EngineStatus status;
    status.active = active;
    status.stand_by = standing_by;
    status.state_usable = state_usable;
    status.target_reachable = is_reachable(target, archive);
    if (!status.target_reachable) status.target_trouble = target_trouble;
    status.archive_reachable = is_reachable(archive, target);
    if (!status.archive_reachable) status.archive_trouble = archive_trouble;
    status.low = positions ? positions->low() : row.low;
    status.read = positions ? positions->read_up_to() : row.low;
    status.latest = std::max(latest, status.read);
    status.lag_entries = status.latest - status.low;
    if (!open_times.empty()) {
        const auto oldest =
            std::min_element(open_times.begin(), open_times.end(),
                             [](const auto& a, const auto& b) { return a.second < b.second; });
        const Ticks age = parts.clock.wall() - oldest->second;
        status.lag_seconds = std::max(0.0, static_cast<double>(age) / static_cast<double>(kTicksPerSecond));
    }
    status.dirty_keys = keys ? keys->size() : 0;
    status.running_jobs = keys ? keys->lent() : 0;
    status.lease_owner = row.owner;
    status.lease_token = row.token;
    status.lease_end = row.lease_end;
    status.backfill = describe_backfill();
    status.feed_reset = feed_reset;
    status.recovering = feed_reset && (status.backfill || status.low < feed_reset->latest);
    return status;
}

EngineStatus Engine::status() const {
    const std::lock_guard lock(state_->mutex);
    return state_->describe();
}

void Engine::mark(const Key& key) {
    const std::lock_guard lock(state_->mutex);
    if (!state_->keys) return;
    state_->keys->mark_now(key, state_->parts.clock.now());
    state_->changed.notify_all();
}

void Engine::State::wait_for_change(std::unique_lock<std::mutex>& lock, std::stop_token stop,
                                    milliseconds longest) {
    bool woken = false;
    // False when asked first, true after any notification.
    changed.wait_for(lock, stop, longest, [&] { return std::exchange(woken, true); });
}

void Engine::State::nap(std::stop_token stop, milliseconds longest) {
    std::unique_lock lock(mutex);
    wait_for_change(lock, stop, longest);
}

void Engine::run(std::stop_token stop) {
    State& state = *state_;
    std::vector<std::jthread> threads;
    threads.emplace_back([&] {
        while (!stop.stop_requested()) {
            if (read_step()) continue;
            const auto pause = state.pause_of_reading();
            if (pause) {
                state.parts.feed.wait_for_news(stop, *pause);
            } else {
                state.nap(stop, kBusyNap);
            }
        }
    });
    threads.emplace_back([&] {
        while (!stop.stop_requested()) {
            if (!backfill_step()) state.nap(stop, kBusyNap);
        }
    });
    for (std::size_t i = 0; i < std::max<std::size_t>(state.options.workers, 1); ++i) {
        threads.emplace_back([&, i] {
            if (i == 0) state.first_probe();
            while (!stop.stop_requested()) {
                if (!work_step()) state.nap_until_work(stop);
            }
        });
    }
    while (!stop.stop_requested()) {
        keep_step();
        state.nap(stop, kKeepNap);
    }
    state.changed.notify_all();
    threads.clear();
    finish();
}

}  // namespace isocenter::fhir
