#include <mutex>
#include <unordered_map>

#include "http/middleware/middleware.h"

namespace isocenter::http {
namespace {

double seconds_since(std::chrono::steady_clock::time_point start) {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

class RequestMetrics final : public Middleware {
  public:
    explicit RequestMetrics(Metrics& metrics)
        : requests_(metrics.counter("isocenter_http_requests_total",
                                    "Requests answered; status 0: the client went away before an answer.")),
          durations_(metrics.histogram("isocenter_http_request_duration_seconds",
                                       "From the request's head to the last byte of its answer.")),
          in_flight_(metrics.gauge("isocenter_http_requests_in_flight", "Requests being answered.").Add({})),
          bytes_in_(
              metrics.counter("isocenter_http_received_bytes_total", "Bytes of request bodies.").Add({})),
          bytes_out_(metrics.counter("isocenter_http_sent_bytes_total", "Bytes of responses.").Add({})) {}

    Status before(Call&) override {
        in_flight_.Increment();
        return {};
    }

    void done(const Call& call) override {
        in_flight_.Decrement();
        bytes_in_.Increment(static_cast<double>(call.bytes_in));
        bytes_out_.Increment(static_cast<double>(call.bytes_out));
        const Series series = find(call);
        series.count->Increment();
        series.duration->Observe(seconds_since(call.started));
    }

  private:
    struct Series {
        prometheus::Counter* count = nullptr;
        prometheus::Histogram* duration = nullptr;
    };

    /// The registry's own look-up by labels is slow; this one is by route, method and status.
    Series find(const Call& call) {
        const auto route = reinterpret_cast<std::uintptr_t>(call.match.route);
        const std::uint64_t key = (static_cast<std::uint64_t>(route) << 16U) ^
                                  (static_cast<std::uint64_t>(call.request.method) << 10U) ^ call.status;
        const std::lock_guard lock(mutex_);
        Series& series = known_[key];
        if (series.count == nullptr) {
            const std::string label(call.label());
            series.count = &requests_.Add({{"route", label},
                                           {"method", std::string(to_string(call.request.method))},
                                           {"status", std::to_string(call.status)}});
            series.duration = &durations_.Add({{"route", label}}, latency_buckets());
        }
        return series;
    }

    prometheus::Family<prometheus::Counter>& requests_;
    prometheus::Family<prometheus::Histogram>& durations_;
    prometheus::Gauge& in_flight_;
    prometheus::Counter& bytes_in_;
    prometheus::Counter& bytes_out_;
    std::mutex mutex_;
    std::unordered_map<std::uint64_t, Series> known_;
};

}  // namespace

std::unique_ptr<Middleware> make_request_metrics(Metrics& metrics) {
    return std::make_unique<RequestMetrics>(metrics);
}

}  // namespace isocenter::http
