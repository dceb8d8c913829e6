#include "fhir/engine/circuit.h"

#include <algorithm>

namespace isocenter::fhir {
namespace {

constexpr std::size_t kKeysInARow = 5;
constexpr std::chrono::seconds kLongestWait{60};

}  // namespace

std::chrono::seconds back_off(unsigned attempt, std::optional<std::chrono::seconds> retry_after) {
    const std::chrono::seconds wait(attempt >= 6 ? kLongestWait.count() : 1LL << attempt);
    return std::max(std::min(wait, kLongestWait), retry_after.value_or(std::chrono::seconds(0)));
}

void Circuit::succeeded() {
    open_ = false;
    probes_ = 0;
    troubled_.clear();
}

void Circuit::schedule(Time now, std::optional<std::chrono::seconds> retry_after) {
    ++probes_;
    probe_at_ = now + (retry_after ? *retry_after : back_off(probes_));
}

void Circuit::down(Time now, std::optional<std::chrono::seconds> retry_after) {
    if (open_) return;
    open_ = true;
    schedule(now, retry_after);
}

void Circuit::trouble(const Key& key, Time now, std::optional<std::chrono::seconds> retry_after) {
    troubled_.insert(key);
    if (troubled_.size() >= kKeysInARow) down(now, retry_after);
}

std::optional<Circuit::Time> Circuit::probe_at() const {
    if (!open_) return std::nullopt;
    return probe_at_;
}

void Circuit::probe_failed(Time now, std::optional<std::chrono::seconds> retry_after) {
    if (open_) schedule(now, retry_after);
}

}  // namespace isocenter::fhir
