#include <algorithm>

#include "base/log.h"
#include "fhir/engine/engine_state.h"

namespace isocenter::fhir {
namespace {

using std::chrono::seconds;

constexpr seconds kLetterPolling{2};
constexpr seconds kPurging{3600};
constexpr std::size_t kLettersAtOnce = 500;

Ticks to_ticks(seconds duration) {
    return duration.count() * kTicksPerSecond;
}

}  // namespace

void Engine::State::keep_lease() {
    Time now;
    {
        const std::lock_guard lock(mutex);
        now = parts.clock.now();
        if (now < next_renewal) return;
        next_renewal = now + options.lease_renewal;
        // Without lease the stored row is read once, to begin where it says.
        if (!options.lease && active && state_usable) return;
    }
    const Ticks wall = parts.clock.wall();
    Result<StateRow> taken = StateRow{};
    if (options.lease) {
        taken = parts.checkpoint.acquire(options.owner, wall, wall + to_ticks(options.lease_time));
    } else {
        auto loaded = parts.checkpoint.load();
        taken = loaded ? Result<StateRow>(loaded->value_or(StateRow{})) : Result<StateRow>(loaded.error());
    }
    if (!taken) {
        lease_not_taken(taken.error(), now);
        if (taken.error().code == ErrorCode::conflict) look_who_leads();
        return;
    }
    {
        const std::lock_guard lock(mutex);
        const bool same = active && (!options.lease || taken->token == row.token);
        if (same) {
            state_usable = true;
            lease_until = now + options.lease_time;
            row.lease_end = taken->lease_end;
            return;
        }
    }
    if (const Status followed = follow_server(*taken); !followed.ok()) {
        lease_not_taken(followed.error(), now);
        return;
    }
    const auto open = parts.letters.list({.state = LetterState::open, .limit = SIZE_MAX / 2});
    if (!open) {
        lease_not_taken(open.error(), now);
        return;
    }
    const std::lock_guard lock(mutex);
    state_usable = true;
    lease_until = now + options.lease_time;
    lettered.clear();
    for (const DeadLetter& letter : *open)
        lettered[letter.key].insert(letter.removed.begin(), letter.removed.end());
    activate(*taken, now);
    changed.notify_all();
}

Status Engine::State::follow_server(StateRow& taken) {
    if (options.server.empty() || taken.server == options.server) return {};
    const std::int64_t token = options.lease ? taken.token : 0;
    const Ticks wall = parts.clock.wall();
    if (!taken.server.empty()) {
        log_event(LogLevel::warning, "cast_other_server",
                  {{"target", options.target},
                   {"former", taken.server},
                   {"server", options.server},
                   {"position", taken.low}});
        // Single entries do not bear repetition: the studies are walked instead, and what is stored meanwhile
        // is in the feed behind the position.
        if (options.settling.entry_by_entry) {
            ISO_CHECK(parts.backfills.begin_backfill(token, {{}, taken.latest, wall, 0}, std::nullopt));
        } else {
            taken.low = 0;
        }
    }
    ISO_CHECK(parts.checkpoint.set_server(token, options.server, taken.low, wall));
    taken.server = options.server;
    return {};
}

/// For the status of who stands by: whom it waits for, and how far that one is.
void Engine::State::look_who_leads() {
    auto found = parts.checkpoint.load();
    if (!found || !*found) return;
    const std::lock_guard lock(mutex);
    if (!active) row = **std::move(found);
}

void Engine::State::lease_not_taken(const Error& error, Time now) {
    const std::lock_guard lock(mutex);
    if (error.code == ErrorCode::conflict) {
        stand_by();
    } else {
        state_usable = false;
        next_renewal = now + seconds(1);
    }
}

void Engine::State::save_position() {
    const std::lock_guard one_at_a_time(saving);
    std::int64_t low = 0;
    std::int64_t newest = 0;
    std::int64_t known = 0;
    std::int64_t token = 0;
    {
        const std::lock_guard lock(mutex);
        metrics.show(describe());
        if (!active || !state_usable) return;
        low = positions->low();
        known = row.latest;
        newest = std::max({latest, positions->read_up_to(), known});
        token = options.lease ? row.token : 0;
        if (low == saved_low) return;
    }
    if (!check_store(parts.checkpoint.save(token, low, newest, parts.clock.wall()))) return;
    const std::lock_guard lock(mutex);
    // The feed may have begun anew meanwhile: its newest number is what counts then, and is to be stored too.
    const bool same_feed = row.latest == known;
    saved_low = same_feed ? low : -1;
    if (same_feed) row.latest = newest;
}

/// Those that somebody wants tried again, and those whose turn it is.
std::vector<DeadLetter> Engine::State::due_letters(Ticks wall) {
    std::vector<DeadLetter> due;
    const auto asked = parts.letters.list({.replay_only = true, .limit = kLettersAtOnce});
    if (asked) due = *asked;
    // Those beyond the limit are the oldest of the next look.
    const auto transient =
        parts.letters.transient_until(wall - to_ticks(options.transient_replay), kLettersAtOnce);
    if (transient) due.insert(due.end(), transient->begin(), transient->end());
    return due;
}

void Engine::State::look_for_replays() {
    const Time now = parts.clock.now();
    bool purge = false;
    std::int64_t token = 0;
    {
        const std::lock_guard lock(mutex);
        if (!active || !state_usable || now < next_letters) return;
        next_letters = now + kLetterPolling;
        purge = now >= next_purge;
        if (purge) next_purge = now + kPurging;
        token = options.lease ? row.token : 0;
    }
    const Ticks wall = parts.clock.wall();
    if (purge) {
        const auto purged = parts.letters.purge(token, wall - to_ticks(options.letter_days));
        if (!check_store(purged ? Status() : Status(purged.error()))) return;
    }
    for (const DeadLetter& letter : due_letters(wall)) {
        // The flag goes first: a replay that is asked for meanwhile is one more.
        const auto begun = parts.letters.begin_replay(token, letter.id, wall);
        if (!check_store(begun ? Status() : Status(begun.error()))) return;
        if (!*begun) continue;
        const std::lock_guard lock(mutex);
        if (!active) return;
        if (letter.letter_class == LetterClass::feed) {
            reread.push_back(letter.first_sequence);
        } else {
            lettered.try_emplace(letter.key);
            keys->mark_now(letter.key, now);
        }
        changed.notify_all();
    }
    if (const auto open = parts.letters.count_open()) metrics.show(*open);
}

void Engine::keep_step() {
    state_->keep_lease();
    state_->save_position();
    state_->note_backfilled();
    state_->look_for_replays();
}

void Engine::finish() {
    State& state = *state_;
    state.save_position();
    state.note_backfilled();
    std::int64_t token = 0;
    {
        const std::lock_guard lock(state.mutex);
        if (!state.active || !state.options.lease) return;
        token = state.row.token;
        state.deactivate();
    }
    // Not given back, it ends by itself.
    static_cast<void>(state.parts.checkpoint.release(token, state.parts.clock.wall()));
}

}  // namespace isocenter::fhir
