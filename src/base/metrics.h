#pragma once

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <map>
#include <memory>
#include <string>

namespace isocenter {

/// The process's metrics (Prometheus). Families are made once where the metric is owned; label values must
/// come from small fixed sets (route patterns, status codes), never from a request. Thread-safe.
class Metrics {
  public:
    using Labels = std::map<std::string, std::string>;
    prometheus::Family<prometheus::Counter>& counter(const std::string& name, const std::string& help);
    prometheus::Family<prometheus::Gauge>& gauge(const std::string& name, const std::string& help);
    prometheus::Family<prometheus::Histogram>& histogram(const std::string& name, const std::string& help);
    /// Text exposition format 0.0.4.
    std::string to_text() const;

  private:
    prometheus::Registry registry_;
};

/// Upper bounds in seconds that fit requests from 100 microseconds to a minute.
prometheus::Histogram::BucketBoundaries latency_buckets();

}  // namespace isocenter
