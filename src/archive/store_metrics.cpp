#include "archive/store_metrics.h"

namespace isocenter::archive {

StoreMetrics::StoreMetrics(Metrics& metrics)
    : stored_instances(metrics.counter("isocenter_stored_instances_total", "Instances stored").Add({})),
      stored_bytes(metrics.counter("isocenter_stored_bytes_total", "Bytes of stored instances").Add({})),
      removed_instances(metrics.counter("isocenter_removed_instances_total", "Instances removed").Add({})),
      group_instances(
          metrics.histogram("isocenter_commit_group_instances", "Instances made durable together")
              .Add({}, prometheus::Histogram::BucketBoundaries{1, 2, 4, 8, 16, 32, 64, 128, 256})),
      commit_seconds(metrics.histogram("isocenter_commit_seconds", "From a group's start to its durability")
                         .Add({}, latency_buckets())),
      location_hits(metrics.counter("isocenter_location_cache_total", "Look-ups of instances by result")
                        .Add({{"result", "hit"}})),
      location_misses(metrics.counter("isocenter_location_cache_total", "Look-ups of instances by result")
                          .Add({{"result", "miss"}})) {}

}  // namespace isocenter::archive
