#include "fhir/engine/dirty_keys.h"

#include <algorithm>
#include <utility>

namespace isocenter::fhir {

void DirtyKeys::note_change(State& state, Ticks changed) {
    if (changed == 0) return;
    state.oldest_change = state.oldest_change == 0 ? changed : std::min(state.oldest_change, changed);
}

void DirtyKeys::wait_until(const Key& key, State& state, Time ready) {
    if (!state.lent) waiting_.erase({state.ready, state.first, key});
    state.ready = ready;
    const bool by_entry = options_.entry_by_entry && !state.whole && !state.sequences.empty();
    state.first = by_entry ? *std::min_element(state.sequences.begin(), state.sequences.end()) : 0;
    if (!state.lent) waiting_.insert({state.ready, state.first, key});
}

void DirtyKeys::mark(const Key& key, std::int64_t sequence, Ticks changed, Time now,
                     const std::string& removed_instance) {
    State& state = states_[key];
    state.sequences.push_back(sequence);
    if (!removed_instance.empty()) state.removed.insert(removed_instance);
    note_change(state, changed);
    if (!state.first_mark) state.first_mark = now;
    // Without rest all entries are equally ready, so that their numbers decide.
    Time ready = options_.entry_by_entry
                     ? Time{}
                     : std::min(now + options_.settle, *state.first_mark + options_.settle_max);
    // A back-off is not shortened by news: the cause of the failure is not the study's.
    if (state.retrying) ready = std::max(ready, state.ready);
    wait_until(key, state, ready);
}

void DirtyKeys::mark_now(const Key& key, Time now) {
    State& state = states_[key];
    const bool waits_already = state.first_mark && !state.lent;
    if (!state.first_mark) state.first_mark = now;
    state.whole = true;
    wait_until(key, state, waits_already ? std::min(now, state.ready) : now);
}

void DirtyKeys::mark_now_and_tell(const Key& key, Time now) {
    mark_now(key, now);
    states_.at(key).sequences.push_back(kOfNoEntry);
}

/// What the next job settles: everything, or where jobs are of single entries the first one.
std::vector<std::int64_t> DirtyKeys::take_sequences(State& state) {
    if (!options_.entry_by_entry) return std::exchange(state.sequences, {});
    const bool whole = std::exchange(state.whole, false);
    const auto lowest = std::min_element(state.sequences.begin(), state.sequences.end());
    if (lowest == state.sequences.end() || (whole && *lowest != kOfNoEntry)) return {};
    const std::int64_t sequence = *lowest;
    state.sequences.erase(lowest);
    return {sequence};
}

std::optional<Work> DirtyKeys::take(Time now) {
    if (waiting_.empty() || waiting_.begin()->ready > now) return std::nullopt;
    return lend(waiting_.begin());
}

std::set<DirtyKeys::Place>::const_iterator DirtyKeys::first_fresh(Time now) const {
    auto place = waiting_.begin();
    while (place != waiting_.end() && place->ready <= now && states_.at(place->key).retrying)
        ++place;
    return place != waiting_.end() && place->ready <= now ? place : waiting_.end();
}

std::optional<Work> DirtyKeys::take_for_trial(Time now) {
    auto fresh = take_fresh(now);
    return fresh ? std::move(fresh) : take(now);
}

std::optional<Work> DirtyKeys::take_fresh(Time now) {
    const auto place = first_fresh(now);
    if (place == waiting_.end()) return std::nullopt;
    return lend(place);
}

Work DirtyKeys::lend(std::set<Place>::const_iterator place) {
    const Key key = place->key;
    waiting_.erase(place);
    State& state = states_.at(key);
    state.lent = true;
    ++lent_;
    Work work{key,
              take_sequences(state),
              state.oldest_change,
              std::exchange(state.removed, {}),
              state.retries,
              std::exchange(state.retrying, false)};
    if (!state.sequences.empty()) {
        // The next entry's turn comes with its number.
        state.ready = Time{};
        return work;
    }
    state.oldest_change = 0;
    state.first_mark.reset();
    return work;
}

void DirtyKeys::done(const Work& work) {
    const auto it = states_.find(work.key);
    if (it == states_.end()) return;
    --lent_;
    State& state = it->second;
    state.retries = {};
    if (!state.first_mark) {
        states_.erase(it);
        return;
    }
    state.lent = false;
    wait_until(work.key, state, state.ready);
}

void DirtyKeys::failed(Work work, Time not_before) {
    State& state = states_[work.key];
    state.whole |= work.sequences.empty();
    state.sequences.insert(state.sequences.end(), work.sequences.begin(), work.sequences.end());
    state.removed.merge(work.removed);
    note_change(state, work.oldest_change);
    state.retries = work.retries;
    state.retrying = true;
    if (!state.first_mark) state.first_mark = not_before;
    if (state.lent) --lent_;
    state.lent = false;
    wait_until(work.key, state, not_before);
}

std::optional<DirtyKeys::Time> DirtyKeys::next_ready() const {
    if (waiting_.empty()) return std::nullopt;
    return waiting_.begin()->ready;
}

}  // namespace isocenter::fhir
