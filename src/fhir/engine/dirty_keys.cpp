#include "fhir/engine/dirty_keys.h"

#include <algorithm>

namespace isocenter::fhir {

void DirtyKeys::note_change(State& state, Ticks changed) {
    if (changed == 0) return;
    state.oldest_change = state.oldest_change == 0 ? changed : std::min(state.oldest_change, changed);
}

void DirtyKeys::wait_until(const Key& key, State& state, Time ready) {
    if (!state.lent) {
        waiting_.erase({state.ready, key});
        waiting_.emplace(ready, key);
    }
    state.ready = ready;
}

void DirtyKeys::mark(const Key& key, std::int64_t sequence, Ticks changed, Time now) {
    State& state = states_[key];
    state.sequences.push_back(sequence);
    note_change(state, changed);
    if (!state.first_mark) state.first_mark = now;
    Time ready = std::min(now + options_.settle, *state.first_mark + options_.settle_max);
    // A back-off is not shortened by news: the cause of the failure is not the study's.
    if (state.retrying) ready = std::max(ready, state.ready);
    wait_until(key, state, ready);
}

void DirtyKeys::mark_now(const Key& key, Time now) {
    State& state = states_[key];
    const bool waits_already = state.first_mark && !state.lent;
    if (!state.first_mark) state.first_mark = now;
    wait_until(key, state, waits_already ? std::min(now, state.ready) : now);
}

std::optional<Work> DirtyKeys::take(Time now) {
    if (waiting_.empty() || waiting_.begin()->first > now) return std::nullopt;
    const Key key = waiting_.begin()->second;
    waiting_.erase(waiting_.begin());
    State& state = states_.at(key);
    state.lent = true;
    ++lent_;
    Work work{key, std::move(state.sequences), state.oldest_change, state.attempts, state.spent};
    state.sequences.clear();
    state.oldest_change = 0;
    state.first_mark.reset();
    state.retrying = false;
    return work;
}

void DirtyKeys::done(const Work& work) {
    const auto it = states_.find(work.key);
    if (it == states_.end()) return;
    --lent_;
    State& state = it->second;
    state.lent = false;
    state.attempts = 0;
    state.spent = std::chrono::milliseconds(0);
    if (!state.first_mark) {
        states_.erase(it);
        return;
    }
    waiting_.emplace(state.ready, work.key);
}

void DirtyKeys::failed(Work work, Time not_before) {
    State& state = states_[work.key];
    if (state.lent) --lent_;
    state.lent = false;
    state.sequences.insert(state.sequences.end(), work.sequences.begin(), work.sequences.end());
    note_change(state, work.oldest_change);
    state.attempts = work.attempts;
    state.spent = work.spent;
    state.retrying = true;
    if (!state.first_mark) state.first_mark = not_before;
    waiting_.erase({state.ready, work.key});
    state.ready = not_before;
    waiting_.emplace(not_before, work.key);
}

void DirtyKeys::retry_all(Time now) {
    for (auto& [key, state] : states_) {
        if (!state.retrying || state.lent || state.ready <= now) continue;
        wait_until(key, state, now);
    }
}

std::optional<DirtyKeys::Time> DirtyKeys::next_ready() const {
    if (waiting_.empty()) return std::nullopt;
    return waiting_.begin()->first;
}

}  // namespace isocenter::fhir
