#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "http/exchange.h"
#include "http/signal.h"

namespace isocenter::api {

/// Looks after the answer to "can this server work?" without ever blocking the asker: the check runs
/// elsewhere and its result serves for a second. Thread-safe.
class ReadinessProbe : public std::enable_shared_from_this<ReadinessProbe> {
  public:
    using Clock = std::chrono::steady_clock;
    /// `check` may block; `post` queues it on a lane and is false when that is full.
    ReadinessProbe(std::function<Status()> check, std::function<bool(std::function<void()>)> post);

    /// The result when it is less than a second old.
    std::optional<Status> fresh(Clock::time_point now) const;
    /// Starts a check unless one is under way or a fresh result is there.
    void refresh(Clock::time_point now);
    /// Fires after every check.
    const std::shared_ptr<http::Signal>& done() const { return done_; }

  private:
    void run();

    const std::function<Status()> check_;
    const std::function<bool(std::function<void()>)> post_;
    const std::shared_ptr<http::Signal> done_ = std::make_shared<http::Signal>();
    mutable std::mutex mutex_;
    std::optional<Status> result_;
    Clock::time_point checked_{};
    bool under_way_ = false;
};

/// Something beside the archive that the server runs.
struct SideHealth {
    std::string name;
    bool working = true;
    std::string reason;
};
/// Must not block.
using SideCheck = std::function<SideHealth()>;

/// `/health/check` (management.md section 9), `/health/live`, `/health/ready`. They run on io threads and
/// wait at most two seconds for the probe; a lane that is stuck longer is reported as busy. `sides` are told
/// of in `/health/check`; their trouble makes the server Degraded, never Unhealthy.
std::vector<http::Route> health_routes(const std::shared_ptr<ReadinessProbe>& probe,
                                       const std::vector<SideCheck>& sides = {});

}  // namespace isocenter::api
