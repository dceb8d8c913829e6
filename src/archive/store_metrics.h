#pragma once

#include "base/metrics.h"

namespace isocenter::archive {

/// What the archive counts; made once.
struct StoreMetrics {
    explicit StoreMetrics(Metrics& metrics);
    prometheus::Counter& stored_instances;
    prometheus::Counter& stored_bytes;
    prometheus::Counter& removed_instances;
    prometheus::Histogram& group_instances;
    prometheus::Histogram& commit_seconds;
    prometheus::Counter& location_hits;
    prometheus::Counter& location_misses;
};

}  // namespace isocenter::archive
