#pragma once

#include <chrono>
#include <mutex>
#include <optional>
#include <set>
#include <string>

#include "fhir/client/failure.h"
#include "net/http_client.h"

namespace isocenter::fhir {

/// Where the resources of a partition lie on a server. One that keeps partitions apart wants the default one
/// in the path as well; whether it does is asked once, of `/partitions`. Thread-safe when the sender is.
class PartitionPaths {
  public:
    struct Options {
        std::string root{};  ///< DICOMweb root without '/' at the end
        std::chrono::milliseconds timeout{120'000};
    };
    PartitionPaths(net::HttpSender& sender, Options options)
        : sender_(sender), options_(std::move(options)) {}

    /// What follows the root: `/partitions/north%20wing`, or nothing. Failures: those of names().
    Attempt<std::string> path_of(const std::string& partition);
    /// The partitions that are there; none where the server has no such thing. `archive_down`, `transient`,
    /// `cancelled`.
    Attempt<std::set<std::string>> names();
    /// The server has refused a path: it is asked again before the next one.
    void forget();

  private:
    net::HttpSender& sender_;
    const Options options_;
    std::mutex mutex_;
    std::optional<bool> partitioned_;  ///< whether the server has partitions; nothing: to be asked
};

}  // namespace isocenter::fhir
