#pragma once

#include <chrono>
#include <cstdint>
#include <stop_token>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace isocenter::fhir {

/// What the engine takes from an entry of the change feed: which study changed. State and metadata are hints
/// of no use to it, since a job recomputes the study from the archive; that an instance is gone says more
/// than that only where another archive may hold the same series.
struct FeedEntry {
    std::int64_t sequence = 0;
    std::string partition;
    std::string study_uid;
    Ticks time = 0;                  ///< of the change; 0 when the feed's text is no time
    std::string removed_instance{};  ///< SOPInstanceUID, of a deletion; else empty
};

/// The entries of one window, by ascending sequence, and the numbers whose entry could not be read.
struct FeedWindow {
    std::vector<FeedEntry> entries;
    std::vector<std::int64_t> unreadable;
};

/// Where changes come from. Used by one thread. Two implementations: any server's feed over HTTP
/// (http_change_source.h), and the archive of this process (app).
class ChangeSource {
  public:
    /// Sequence numbers of one window.
    static constexpr std::int64_t kWindow = 100;

    virtual ~ChangeSource() = default;
    /// The newest sequence; 0 for an empty feed.
    virtual Result<std::int64_t> latest() = 0;
    /// Existing entries with `after < sequence <= after + kWindow`.
    virtual Result<FeedWindow> read(std::int64_t after) = 0;
    /// How long a missing number below a seen one may still appear.
    virtual std::chrono::seconds gap_grace() const = 0;
    /// Returns when there may be news, `longest` is over, or a stop is asked for.
    virtual void wait_for_news(std::stop_token stop, std::chrono::milliseconds longest) = 0;
};

}  // namespace isocenter::fhir
