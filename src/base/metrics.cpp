#include "base/metrics.h"

#include <prometheus/text_serializer.h>

namespace isocenter {

prometheus::Family<prometheus::Counter>& Metrics::counter(const std::string& name, const std::string& help) {
    return prometheus::BuildCounter().Name(name).Help(help).Register(registry_);
}

prometheus::Family<prometheus::Gauge>& Metrics::gauge(const std::string& name, const std::string& help) {
    return prometheus::BuildGauge().Name(name).Help(help).Register(registry_);
}

prometheus::Family<prometheus::Histogram>& Metrics::histogram(const std::string& name,
                                                              const std::string& help) {
    return prometheus::BuildHistogram().Name(name).Help(help).Register(registry_);
}

std::string Metrics::to_text() const {
    return prometheus::TextSerializer().Serialize(registry_.Collect());
}

prometheus::Histogram::BucketBoundaries latency_buckets() {
    return {0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05,
            0.1,    0.25,    0.5,    1,     2.5,    5,     10,   30,    60};
}

}  // namespace isocenter
