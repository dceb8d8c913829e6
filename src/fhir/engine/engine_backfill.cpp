#include <algorithm>
#include <iterator>
#include <utility>

#include "base/log.h"
#include "fhir/engine/engine_state.h"

namespace isocenter::fhir {
namespace {

/// Studies marked at once for each worker: enough to keep it busy, few enough that a study which the feed
/// names meanwhile does not wait long behind them.
constexpr std::size_t kMarkedPerWorker = 4;

bool can_be_walked(const StudyFilter& filter) {
    return filter.date.empty() || is_date_range(filter.date);
}

}  // namespace

Status Engine::backfill(const StudyFilter& filter) {
    ISO_CHECK(check_filter(filter, state_->options.partitions));
    const std::lock_guard lock(state_->mutex);
    state_->backfill_wish = filter;
    state_->changed.notify_all();
    return {};
}

bool Engine::State::ready_backfill() {
    std::optional<StudyFilter> wish;
    std::uint64_t begun_epoch = 0;
    bool beyond_end = false;
    {
        const std::lock_guard lock(mutex);
        if (!active || !state_usable || (backfill_wish && !feed_newest)) return false;
        beyond_end = is_beyond_feed();
        if (backfill_known && !backfill_wish) return true;
        wish = backfill_wish;
        begun_epoch = epoch;
    }
    auto stored = parts.backfills.load_backfill();
    if (!check_store(stored ? Status() : Status(stored.error()))) return false;
    std::optional<Backfill> record = *std::move(stored);
    if (record && !can_be_walked(record->filter)) {
        if (!give_up_backfill(*record)) return false;
        record.reset();
    }
    if (wish && (beyond_end || !(record && record->filter == *wish))) {
        record = begin_backfill(*wish, begun_epoch);
        if (!record) return false;
    }
    const std::lock_guard lock(mutex);
    if (epoch != begun_epoch || !active) return false;
    backfill_known = true;
    if (backfill_wish == wish) {
        backfill_wish.reset();
        // The feed may be read on, and looked at.
        changed.notify_all();
    }
    const bool under_way = walking && record && walking->record.filter == record->filter &&
                           walking->record.started == record->started;
    if (!record || under_way) return true;
    log_event(LogLevel::info, "cast_backfill",
              {{"target", options.target}, {"latest", record->latest}, {"done", record->done}});
    StudyWalk walk(parts.studies, record->filter, options.partitions);
    walking = std::make_shared<Walking>(
        Walking{*record, std::move(walk), true, 0, false, false, {}, {}, {}, {}, 0, {}});
    changed.notify_all();
    return true;
}

/// Builds that looked less closely at dates have stored what no archive answers to: it would fail at each
/// start.
bool Engine::State::give_up_backfill(const Backfill& record) {
    std::int64_t token = 0;
    {
        const std::lock_guard lock(mutex);
        token = options.lease ? row.token : 0;
    }
    log_event(LogLevel::error, "cast_backfill_given_up",
              {{"target", options.target},
               {"date", record.filter.date},
               {"reason", "there are no such dates: ask for another backfill"}});
    return check_store(parts.backfills.end_backfill(token));
}

/// Entries that were read and are not done must not be skipped for good, so what is done decides. Jobs of
/// single entries cannot have those again, as their numbers are of others in a feed that went back; and as
/// they do not bear repetition, they keep their position until that is certain.
bool Engine::State::is_beyond_feed() const {
    if (!feed_newest) return false;
    if (!options.settling.entry_by_entry) return positions->low() > *feed_newest;
    return gone_back_to && positions->read_up_to() > std::max(*feed_newest, *gone_back_to);
}

/// The position moves where nothing of the feed was read yet: to go through all of its entries as well would
/// do everything twice. A position on the way stays, be it at the very beginning, since deletions behind it
/// are told by the feed only.
std::optional<Backfill> Engine::State::begin_backfill(const StudyFilter& filter, std::uint64_t begun_epoch) {
    Backfill begun{filter, 0, parts.clock.wall(), 0};
    std::optional<std::int64_t> low;
    std::int64_t token = 0;
    {
        const std::lock_guard lock(mutex);
        if (epoch != begun_epoch || !active) return std::nullopt;
        begun.latest = std::max(*feed_newest, gone_back_to.value_or(0));
        token = options.lease ? row.token : 0;
        const bool untouched = positions->low() == 0 && positions->read_up_to() == 0 && row.latest == 0;
        if (untouched || is_beyond_feed()) low = begun.latest;
    }
    if (!check_store(parts.backfills.begin_backfill(token, begun, low))) return std::nullopt;
    const std::lock_guard lock(mutex);
    if (epoch != begun_epoch || !active) return std::nullopt;
    if (low) {
        ++move;
        positions.emplace(*low);
        open_times.clear();
        saved_low = *low;
        latest = *low;
        gone_back_to.reset();
    }
    return begun;
}

std::shared_ptr<Engine::State::Walking> Engine::State::next_walking() {
    const std::lock_guard lock(mutex);
    if (!active || !state_usable || !walking || walking->walked || archive.is_open()) return nullptr;
    if (parts.clock.now() < walking->not_before) return nullptr;
    const std::size_t most = kMarkedPerWorker * std::max<std::size_t>(options.workers, 1);
    if (!walking->counting && walking->open.size() >= most) return nullptr;
    return walking;
}

void Engine::State::walk_failed(Walking& walk, const Failure& failure) {
    if (failure.kind == FailureKind::cancelled) return;
    const std::lock_guard lock(mutex);
    const Time now = parts.clock.now();
    walk.not_before = now + back_off(++walk.failures, failure.retry_after);
    walk.trouble = failure.text;
    if (failure.kind == FailureKind::archive_down) archive.down(now, failure.retry_after);
    log_event(LogLevel::error, "cast_backfill_walk_failed",
              {{"target", options.target}, {"status", failure.status}, {"reason", failure.text}});
}

bool Engine::State::count_page(Walking& walk, const std::optional<std::vector<Key>>& page) {
    const std::lock_guard lock(mutex);
    walk.failures = 0;
    walk.trouble.clear();
    if (page) {
        walk.total += page->size();
    } else {
        walk.counting = false;
    }
    return true;
}

bool Engine::State::take_page(const std::shared_ptr<Walking>& walk, std::vector<Key> page) {
    {
        const std::lock_guard lock(mutex);
        std::erase_if(
            page, [&](const Key& key) { return walk->open.contains(key) || walk->unnoted.contains(key); });
    }
    const auto unseen = parts.backfills.not_backfilled(page);
    if (!check_store(unseen ? Status() : Status(unseen.error()))) return false;
    const std::lock_guard lock(mutex);
    walk->failures = 0;
    walk->trouble.clear();
    walk->unseen_in_pass |= !unseen->empty();
    walk->waiting.assign(unseen->begin(), unseen->end());
    return true;
}

/// The next study of the page; false when there is none left.
bool Engine::State::mark_next(const std::shared_ptr<Walking>& walk) {
    const std::lock_guard lock(mutex);
    if (walking != walk || walk->waiting.empty()) return false;
    const Key key = std::move(walk->waiting.front());
    walk->waiting.pop_front();
    if (walk->open.insert(key).second) keys->mark_now_and_tell(key, parts.clock.now());
    changed.notify_all();
    return true;
}

/// Studies that others deleted meanwhile move those behind them into pages that were read already, so only a
/// pass without anything new has seen all.
void Engine::State::end_pass(Walking& walk) {
    const std::lock_guard lock(mutex);
    walk.walked = !std::exchange(walk.unseen_in_pass, false);
}

bool Engine::backfill_step() {
    State& state = *state_;
    if (!state.ready_backfill()) return false;
    const auto walk = state.next_walking();
    if (!walk) return false;
    if (state.mark_next(walk)) return true;
    auto page = walk->walk.next();
    if (!page) {
        state.walk_failed(*walk, page.error());
        return false;
    }
    if (walk->counting) return state.count_page(*walk, *page);
    if (*page) return state.take_page(walk, **std::move(page));
    state.end_pass(*walk);
    return true;
}

void Engine::State::note_backfilled() {
    std::shared_ptr<Walking> walk;
    std::vector<Key> settled;
    std::int64_t token = 0;
    {
        const std::lock_guard lock(mutex);
        if (!active || !state_usable || !walking) return;
        walk = walking;
        settled.assign(walk->unnoted.begin(), walk->unnoted.end());
        token = options.lease ? row.token : 0;
    }
    if (!settled.empty() && !check_store(parts.backfills.note_backfilled(token, settled))) return;
    {
        const std::lock_guard lock(mutex);
        for (const Key& key : settled)
            walk->unnoted.erase(key);
        if (walking != walk || !walk->walked || !walk->open.empty() || !walk->unnoted.empty()) return;
    }
    if (!check_store(parts.backfills.end_backfill(token))) return;
    const std::lock_guard lock(mutex);
    if (walking != walk) return;
    walking.reset();
    log_event(LogLevel::info, "cast_backfill_done",
              {{"target", options.target}, {"studies", walk->record.done}});
}

std::optional<BackfillStatus> Engine::State::describe_backfill() const {
    const bool asked_for = backfill_wish || (options.backfill && active && !backfill_known);
    if (!walking) return asked_for ? std::optional(BackfillStatus{}) : std::nullopt;
    const std::uint64_t seen = walking->record.done + walking->open.size() + walking->waiting.size();
    return BackfillStatus{walking->record.done, std::max(walking->total, seen), !walking->counting,
                          walking->record.started, walking->trouble};
}

}  // namespace isocenter::fhir
