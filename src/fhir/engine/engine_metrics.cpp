#include "fhir/engine/engine_metrics.h"

#include "fhir/engine/engine.h"

namespace isocenter::fhir {

EngineMetrics::EngineMetrics(Metrics& metrics, const std::string& target)
    : target_(target),
      jobs_(metrics.counter("isocenter_cast_jobs_total", "Studies recomputed, by outcome")),
      bundles_(metrics.counter("isocenter_cast_bundles_total", "Transactions that wrote")
                   .Add({{"target", target}})),
      retries_(metrics.counter("isocenter_cast_retries_total", "Jobs that must be run again")
                   .Add({{"target", target}})),
      letters_(metrics.counter("isocenter_cast_dead_letters_total", "Dead letters recorded, by class")),
      feed_failures_(metrics.counter("isocenter_cast_feed_failures_total",
                                     "Reads of the change feed that failed, by reason")),
      seconds_(metrics.histogram("isocenter_cast_job_seconds", "Duration of jobs")
                   .Add({{"target", target}}, latency_buckets())),
      lag_entries_(metrics.gauge("isocenter_cast_lag_entries", "Feed entries that are not settled yet")
                       .Add({{"target", target}})),
      lag_seconds_(metrics.gauge("isocenter_cast_lag_seconds", "Age of the oldest unsettled feed entry")
                       .Add({{"target", target}})),
      dirty_keys_(metrics.gauge("isocenter_cast_dirty_studies", "Studies waiting for a job or having one")
                      .Add({{"target", target}})),
      active_(metrics.gauge("isocenter_cast_active", "1 when this engine holds the lease")
                  .Add({{"target", target}})),
      target_up_(metrics.gauge("isocenter_cast_target_up", "0 while the FHIR server is taken to be down")
                     .Add({{"target", target}})),
      archive_up_(metrics.gauge("isocenter_cast_archive_up", "0 while the archive is taken to be down")
                      .Add({{"target", target}})),
      open_letters_(
          metrics.gauge("isocenter_cast_open_dead_letters", "Dead letters that are open, by class")) {
    show(LetterCounts());
}

Metrics::Labels EngineMetrics::with(const char* name, std::string_view value) const {
    return {{"target", target_}, {name, std::string(value)}};
}

void EngineMetrics::job(std::string_view outcome, double seconds) {
    jobs_.Add(with("outcome", outcome)).Increment();
    seconds_.Observe(seconds);
}

void EngineMetrics::letter(LetterClass letter_class) {
    letters_.Add(with("class", to_string(letter_class))).Increment();
}

void EngineMetrics::feed_failure(ErrorCode reason) {
    feed_failures_.Add(with("reason", to_string(reason))).Increment();
}

void EngineMetrics::show(const EngineStatus& status) {
    lag_entries_.Set(static_cast<double>(status.lag_entries));
    lag_seconds_.Set(status.lag_seconds);
    dirty_keys_.Set(static_cast<double>(status.dirty_keys));
    active_.Set(status.active ? 1 : 0);
    target_up_.Set(status.target_reachable ? 1 : 0);
    archive_up_.Set(status.archive_reachable ? 1 : 0);
}

void EngineMetrics::show(const LetterCounts& open) {
    for (const LetterClass letter_class : letter_classes()) {
        const auto found = open.find(letter_class);
        const double count = found == open.end() ? 0 : static_cast<double>(found->second);
        open_letters_.Add(with("class", to_string(letter_class))).Set(count);
    }
}

}  // namespace isocenter::fhir
