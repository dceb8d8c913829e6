#include "fhir/engine/circuit.h"

#include <algorithm>
#include <utility>

namespace isocenter::fhir {
namespace {

constexpr std::size_t kKeysInARow = 5;
constexpr std::chrono::seconds kLongestWait{60};
/// A server that asks for no wait at all must not be asked without pause.
constexpr std::chrono::seconds kShortestWait{1};

}  // namespace

std::chrono::seconds back_off(unsigned attempt, std::optional<std::chrono::seconds> retry_after) {
    const std::chrono::seconds wait(attempt >= 6 ? kLongestWait.count() : 1LL << attempt);
    return std::max(std::min(wait, kLongestWait), retry_after.value_or(std::chrono::seconds(0)));
}

std::chrono::steady_clock::duration Circuit::outages(Time now) const {
    return past_outages_ + (outage_since_ ? now - *outage_since_ : std::chrono::steady_clock::duration(0));
}

void Circuit::set_outage(bool outage, Time now) {
    if (outage == is_outage()) return;
    past_outages_ = outages(now);
    outage_since_ = outage ? std::optional(now) : std::nullopt;
}

void Circuit::close(Time now) {
    state_ = State::closed;
    probes_ = 0;
    troubled_.clear();
    set_outage(false, now);
}

void Circuit::open(Time now, std::optional<std::chrono::seconds> retry_after) {
    state_ = State::open;
    doubted_ = false;
    ++probes_;
    probe_at_ = now + (retry_after ? std::max(*retry_after, kShortestWait) : back_off(probes_));
}

void Circuit::note_trouble(const Key& key, Time now) {
    troubled_.insert(key);
    set_outage(troubled_.size() >= kKeysInARow, now);
}

void Circuit::note_break(const Key& key, Time now, std::optional<std::chrono::seconds> retry_after) {
    const bool again = !broken_.insert(key).second;
    if (is_closed() && !again) {
        troubled_.insert(key);
        down(now, retry_after);
        return;
    }
    // The server was there right before.
    note_trouble(key, now);
    if (is_outage() || !again) {
        open(now, retry_after);
        return;
    }
    // Nobody is to wait for a study of which the connection dies; it may be an outage all the same.
    probes_ = 0;
    state_ = probed_at_will_ ? State::open : State::closed;
    doubted_ = probed_at_will_;
    probe_at_ = now;
}

void Circuit::job_ended(const Key& key, Sign sign, bool trial, Time now,
                        std::optional<std::chrono::seconds> retry_after) {
    if (sign == Sign::passed || sign == Sign::answered) broken_.erase(key);
    if (is_open() || (is_half_open() && !trial)) return;
    switch (sign) {
        case Sign::passed:
            close(now);
            break;
        case Sign::answered:
            // Says that the server is there, but nothing against the trouble of others.
            if (is_half_open()) close(now);
            break;
        case Sign::trouble:
            note_trouble(key, now);
            if (is_outage() || is_half_open()) open(now, retry_after);
            break;
        case Sign::broken:
            note_break(key, now, retry_after);
            break;
        case Sign::down:
            down(now, retry_after);
            break;
        case Sign::none:
            break;
    }
}

void Circuit::down(Time now, std::optional<std::chrono::seconds> retry_after) {
    if (is_open()) return;
    set_outage(true, now);
    open(now, retry_after);
}

std::optional<Circuit::Time> Circuit::probe_at() const {
    if (!is_open()) return std::nullopt;
    return probe_at_;
}

void Circuit::probe_failed(Time now, std::optional<std::chrono::seconds> retry_after) {
    if (!is_open()) return;
    set_outage(true, now);
    open(now, retry_after);
}

void Circuit::probe_passed(Time now) {
    if (!is_open()) return;
    state_ = std::exchange(doubted_, false) ? State::closed : State::half_open;
    // Who was away is back; who fails everybody's jobs may go on doing so.
    set_outage(troubled_.size() >= kKeysInARow, now);
}

}  // namespace isocenter::fhir
