#pragma once

#include <chrono>
#include <optional>
#include <set>

#include "fhir/engine/dirty_keys.h"

namespace isocenter::fhir {

/// What the end of a job says of a server that it needs.
enum class Sign {
    passed,    ///< the whole job succeeded
    answered,  ///< the server judged the study's content: it is there
    trouble,   ///< 403, 408, 429, 5xx or a time-out
    broken,    ///< the connection was refused or ended without an answer: it is away, or dies of this study
    down,      ///< it answers, and serves nobody
    none,      ///< the job did not get as far
};

/// Tells an outage of a whole server from the trouble of single studies. While it is open no jobs run; a
/// probe that passes makes it half-open: one job at a time is tried, whose end closes it or opens it again,
/// for longer. A connection that breaks is an outage once for each study; broken again by the same one,
/// though the server served a probe or another study meanwhile, it is the study's trouble. Not thread-safe.
class Circuit {
  public:
    using Time = std::chrono::steady_clock::time_point;

    /// `probed_at_will`: a probe can be had at once. Without, a study of which the connection dies again
    /// is not taken for an outage even for the time of a probe.
    explicit Circuit(bool probed_at_will = true) : probed_at_will_(probed_at_will) {}

    bool is_closed() const { return state_ == State::closed; }
    bool is_open() const { return state_ == State::open; }
    bool is_half_open() const { return state_ == State::half_open; }
    /// Open for the time of one probe, which mostly will pass: the connection broke of a study of which it
    /// had broken before.
    bool is_doubted() const { return doubted_; }
    /// Everybody would fail, so no study is to blame: the server was away when last heard of, or five
    /// different keys in a row had trouble.
    bool is_outage() const { return outage_since_.has_value(); }
    /// What all outages until `now` took.
    std::chrono::steady_clock::duration outages(Time now) const;

    /// `trial`: the job was let through while half-open. Any other that ends while this is not closed began
    /// before the outage was known, and changes nothing.
    void job_ended(const Key& key, Sign sign, bool trial, Time now,
                   std::optional<std::chrono::seconds> retry_after = {});
    /// Nobody can be served: opens.
    void down(Time now, std::optional<std::chrono::seconds> retry_after);

    /// When to probe next; nothing unless open.
    std::optional<Time> probe_at() const;
    void probe_failed(Time now, std::optional<std::chrono::seconds> retry_after);
    /// The server answers, though perhaps not to jobs: an open circuit is half-open, one that was but doubted
    /// is closed.
    void probe_passed(Time now);

  private:
    enum class State { closed, open, half_open };
    void open(Time now, std::optional<std::chrono::seconds> retry_after);
    void close(Time now);
    void note_break(const Key& key, Time now, std::optional<std::chrono::seconds> retry_after);
    void note_trouble(const Key& key, Time now);
    void set_outage(bool outage, Time now);

    const bool probed_at_will_;
    State state_ = State::closed;
    bool doubted_ = false;
    unsigned probes_ = 0;  ///< since it opened, failed trials among them
    Time probe_at_;
    std::set<Key> troubled_;  ///< since a job passed
    std::set<Key> broken_;    ///< keys whose connection broke, until the server answers to them
    std::optional<Time> outage_since_;
    std::chrono::steady_clock::duration past_outages_{0};
};

/// min(60, 2^attempt) seconds, attempts counted from 1; `retry_after` when that is longer.
std::chrono::seconds back_off(unsigned attempt, std::optional<std::chrono::seconds> retry_after = {});

}  // namespace isocenter::fhir
