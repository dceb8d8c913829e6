#pragma once

#include <chrono>
#include <optional>
#include <set>

#include "fhir/engine/dirty_keys.h"

namespace isocenter::fhir {

/// Tells an outage of a whole server from the trouble of single studies. While it is open no jobs run and no
/// budgets are spent; a probe closes it. Not thread-safe.
class Circuit {
  public:
    using Time = std::chrono::steady_clock::time_point;

    bool is_open() const { return open_; }
    /// Something went through.
    void succeeded();
    /// Nobody can be served: opens.
    void down(Time now, std::optional<std::chrono::seconds> retry_after);
    /// This key had 403, 408, 429, 5xx or a time-out: the fifth key in a row opens.
    void trouble(const Key& key, Time now, std::optional<std::chrono::seconds> retry_after);

    /// When to probe next; nothing while closed.
    std::optional<Time> probe_at() const;
    void probe_failed(Time now, std::optional<std::chrono::seconds> retry_after);

  private:
    void schedule(Time now, std::optional<std::chrono::seconds> retry_after);

    bool open_ = false;
    unsigned probes_ = 0;
    Time probe_at_;
    std::set<Key> troubled_;
};

/// min(60, 2^attempt) seconds, attempts counted from 1; `retry_after` when that is longer.
std::chrono::seconds back_off(unsigned attempt, std::optional<std::chrono::seconds> retry_after = {});

}  // namespace isocenter::fhir
