#pragma once

#include <string>
#include <string_view>

#include "base/error.h"
#include "base/metrics.h"
#include "fhir/engine/state_store.h"

namespace isocenter::fhir {

struct EngineStatus;

/// What one engine counts. Label values are fixed words but for the target's name, which is configuration.
class EngineMetrics {
  public:
    EngineMetrics(Metrics& metrics, const std::string& target);

    /// `outcome`: written, unchanged, or the kind of a failure.
    void job(std::string_view outcome, double seconds);
    /// A transaction that wrote; it may have held several studies.
    void bundle() { bundles_.Increment(); }
    void retry() { retries_.Increment(); }
    void letter(LetterClass letter_class);
    void feed_failure(ErrorCode reason);
    void show(const EngineStatus& status);
    void show(const LetterCounts& open);

  private:
    Metrics::Labels with(const char* name, std::string_view value) const;

    std::string target_;
    prometheus::Family<prometheus::Counter>& jobs_;
    prometheus::Counter& bundles_;
    prometheus::Counter& retries_;
    prometheus::Family<prometheus::Counter>& letters_;
    prometheus::Family<prometheus::Counter>& feed_failures_;
    prometheus::Histogram& seconds_;
    prometheus::Gauge& lag_entries_;
    prometheus::Gauge& lag_seconds_;
    prometheus::Gauge& dirty_keys_;
    prometheus::Gauge& active_;
    prometheus::Gauge& target_up_;
    prometheus::Gauge& archive_up_;
    prometheus::Family<prometheus::Gauge>& open_letters_;
};

}  // namespace isocenter::fhir
