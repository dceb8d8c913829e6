#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "base/metrics.h"

namespace isocenter::net {

/// A bounded pool of worker threads for work that may block on disk, database or CPU; never for work that
/// waits for a client. Thread-safe.
class Lane {
  public:
    struct Limits {
        std::size_t threads = 1;
        std::size_t queue = 1024;  ///< tasks that wait; one more is refused
    };
    Lane(std::string name, Limits limits, Metrics& metrics);
    /// Runs what is queued, then joins.
    ~Lane();
    Lane(const Lane&) = delete;
    Lane& operator=(const Lane&) = delete;

    /// Queues `task`; false when the queue is full (the caller answers 503). A task must not throw.
    bool try_post(std::function<void()> task);
    /// As try_post, but for the continuation of work already admitted: never refused.
    void post_admitted(std::function<void()> task);
    const std::string& name() const;
    std::size_t queued() const;

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace isocenter::net
