#include <fmt/format.h>

#include <algorithm>

#include "base/log.h"
#include "fhir/engine/engine_state.h"

namespace isocenter::fhir {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kLongestPause{60'000};
constexpr milliseconds kSecondLook{1000};

/// Every number of the window that has an entry, readable or not, ascending.
std::vector<std::int64_t> numbers_of(const FeedWindow& window) {
    std::vector<std::int64_t> numbers = window.unreadable;
    for (const FeedEntry& entry : window.entries)
        numbers.push_back(entry.sequence);
    std::sort(numbers.begin(), numbers.end());
    return numbers;
}

/// The part of the window up to `last`.
FeedWindow cut(FeedWindow window, std::int64_t first, std::int64_t last) {
    std::erase_if(window.entries,
                  [&](const FeedEntry& entry) { return entry.sequence < first || entry.sequence > last; });
    std::erase_if(window.unreadable, [&](std::int64_t number) { return number < first || number > last; });
    return window;
}

}  // namespace

std::optional<Engine::State::Reading> Engine::State::next_reading() {
    const std::lock_guard lock(mutex);
    const Time now = parts.clock.now();
    if (!active || !state_usable) return std::nullopt;
    if (archive.is_open() && *archive.probe_at() > now) return std::nullopt;
    const bool full = positions->unsettled() >= options.read_ahead;
    if (full && !archive.is_open()) return std::nullopt;
    Reading reading{epoch, move, positions->read_up_to(), {}, {}, full};
    if (full) return reading;
    reading.gap = positions->overdue(now, parts.feed.gap_grace());
    if (!reread.empty()) {
        reading.number = reread.front();
        reading.gap.reset();
    }
    return reading;
}

std::optional<milliseconds> Engine::State::pause_of_reading() {
    const std::lock_guard lock(mutex);
    if (!active || !state_usable || positions->unsettled() >= options.read_ahead) return std::nullopt;
    if (backfill_wish) return std::nullopt;
    const Time now = parts.clock.now();
    if (feed_behind_since) return kSecondLook;
    std::optional<Time> until = archive.probe_at();
    if (!until) until = positions->next_due(parts.feed.gap_grace());
    if (!until) return kLongestPause;
    return std::clamp(std::chrono::duration_cast<milliseconds>(*until - now), milliseconds(1), kLongestPause);
}

void Engine::State::reading_failed(const Error& error) {
    const std::lock_guard lock(mutex);
    if (error.code == ErrorCode::cancelled) return;
    metrics.feed_failure(error.code);
    // What a server said before it failed is no second look.
    feed_behind_since.reset();
    const Time now = parts.clock.now();
    archive_trouble = error.message;
    if (archive.is_open()) {
        archive.probe_failed(now, {});
    } else {
        archive.down(now, {});
        log_event(LogLevel::error, "cast_archive_down",
                  {{"target", options.target}, {"reason", error.message}});
    }
}

bool Engine::State::remember_reading(const Reading& reading, std::int64_t newest) {
    const std::lock_guard one_at_a_time(saving);
    std::int64_t low = 0;
    std::int64_t token = 0;
    {
        const std::lock_guard lock(mutex);
        if (epoch != reading.epoch || move != reading.move || !active) return false;
        if (row.latest != 0 || newest == 0) return true;
        low = positions->low();
        token = options.lease ? row.token : 0;
    }
    if (!check_store(parts.checkpoint.save(token, low, newest, parts.clock.wall()))) return false;
    const std::lock_guard lock(mutex);
    if (epoch != reading.epoch || !active) return false;
    saved_low = low;
    row.latest = newest;
    return true;
}

/// The numbers are durable dead letters before they count as settled.
bool Engine::State::record_unreadable(const Reading& reading, const FeedWindow& window) {
    std::int64_t token = 0;
    {
        const std::lock_guard lock(mutex);
        if (epoch != reading.epoch || !active) return false;
        token = options.lease ? row.token : 0;
    }
    for (const std::int64_t number : window.unreadable) {
        DeadLetter letter;
        letter.letter_class = LetterClass::feed;
        letter.first_sequence = letter.last_sequence = number;
        letter.entries = letter.attempts = 1;
        letter.first_time = letter.last_time = parts.clock.wall();
        letter.error = "the feed entry cannot be read";
        if (!check_store(parts.letters.record(token, letter))) return false;
        metrics.letter(LetterClass::feed);
    }
    return true;
}

void Engine::State::mark_entries(const FeedWindow& window) {
    const Time now = parts.clock.now();
    for (const FeedEntry& entry : window.entries) {
        const bool wanted = !options.wants_partition || options.wants_partition(entry.partition);
        if (!wanted) {
            const bool elsewhere = options.is_elsewhere && options.is_elsewhere(entry.partition);
            if (!elsewhere && unwanted_partitions.insert(entry.partition).second)
                log_event(
                    LogLevel::warning, "cast_partition_left_out",
                    {{"target", options.target},
                     {"partition", entry.partition},
                     {"hint", "once cast.partitions names it, a backfill of it brings what passed by"}});
            positions->settle(entry.sequence);
            continue;
        }
        keys->mark({entry.partition, entry.study_uid}, entry.sequence, entry.time, now,
                   entry.removed_instance);
        if (entry.time != 0) open_times[entry.sequence] = entry.time;
    }
}

bool Engine::State::take_window(const Reading& reading, const FeedWindow& window, std::int64_t newest) {
    if (!remember_reading(reading, newest)) return false;
    if (!window.unreadable.empty() && !record_unreadable(reading, window)) return false;
    const std::lock_guard lock(mutex);
    if (epoch != reading.epoch || move != reading.move || !active) return false;
    const std::int64_t end = reading.after + ChangeSource::kWindow;
    const std::int64_t before = positions->read_up_to();
    if (reading.number) {
        reread.pop_front();
        // Its letter is resolved once a job has settled it.
        if (!window.entries.empty()) rereading.insert(*reading.number);
    } else if (reading.gap) {
        const std::int64_t gap_end = reading.gap->first - 1 + ChangeSource::kWindow;
        positions->close_gap(*reading.gap, numbers_of(window), gap_end);
    } else {
        latest = std::max(latest, newest);
        positions->add_window(numbers_of(window), end, newest, parts.clock.now());
    }
    mark_entries(window);
    for (const std::int64_t number : window.unreadable)
        positions->settle(number);
    changed.notify_all();
    if (reading.gap || reading.number) return true;
    return positions->read_up_to() > before;
}

bool Engine::State::is_behind(const Reading& reading, std::int64_t newest) {
    const std::lock_guard lock(mutex);
    if (epoch != reading.epoch || move != reading.move || !active) return false;
    if (newest >= reading.after) {
        feed_behind_since.reset();
        return false;
    }
    const Time now = parts.clock.now();
    if (!feed_behind_since) feed_behind_since = now;
    if (now - *feed_behind_since < options.feed_behind_for) return true;
    feed_behind_since.reset();
    feed_reset = FeedReset{parts.clock.wall(), reading.after, newest};
    log_event(LogLevel::error, "cast_feed_went_back",
              {{"target", options.target}, {"position", reading.after}, {"latest", newest}});
    latest = row.latest = newest;
    if (options.settling.entry_by_entry) {
        gone_back_to = newest;
        backfill_wish = StudyFilter{};
    } else {
        begin_at(0);
    }
    changed.notify_all();
    return true;
}

bool Engine::read_step() {
    State& state = *state_;
    const auto reading = state.next_reading();
    if (!reading) return false;
    // The newest number first: an entry that appears between the two calls is then in the window or left for
    // the next one, never taken for missing.
    const auto newest = state.parts.feed.latest();
    if (!newest) {
        state.reading_failed(newest.error());
        return false;
    }
    {
        const std::lock_guard lock(state.mutex);
        state.feed_newest = *newest;
        state.changed.notify_all();
        // What the feed tells of the past is not to be read before a backfill has said where to begin.
        if (state.backfill_wish) return false;
    }
    if (state.is_behind(*reading, *newest)) return false;
    std::int64_t after = reading->after;
    if (reading->number) after = *reading->number - 1;
    if (reading->gap) after = reading->gap->first - 1;
    const bool nothing_new = reading->probe_only || (!reading->number && !reading->gap && after >= *newest);
    auto window = nothing_new ? Result<FeedWindow>(FeedWindow{}) : state.parts.feed.read(after);
    if (!window) {
        state.reading_failed(window.error());
        return false;
    }
    {
        const std::lock_guard lock(state.mutex);
        if (state.archive.is_open()) state.changed.notify_all();
        state.archive.probe_passed(state.parts.clock.now());
    }
    if (nothing_new) return false;
    if (reading->number) window = cut(std::move(*window), *reading->number, *reading->number);
    if (reading->gap) window = cut(std::move(*window), reading->gap->first, reading->gap->last);
    return state.take_window(*reading, *window, *newest);
}

}  // namespace isocenter::fhir
