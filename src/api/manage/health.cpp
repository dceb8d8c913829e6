#include "api/manage/health.h"

#include <iterator>
#include <string_view>
#include <utility>

#include "base/log.h"

namespace isocenter::api {
namespace {

constexpr auto kResultServes = std::chrono::seconds(1);
constexpr auto kPatience = std::chrono::seconds(2);
constexpr std::string_view kJson = "application/json";

/// What is said about the state of the server.
struct Verdict {
    bool ready = false;
    std::string reason;
    std::vector<SideHealth> sides{};
};

Verdict judge(const std::optional<Status>& result) {
    if (!result) return {false, "busy: the check did not finish in time"};
    if (!result->ok()) return {false, result->error().message};
    return {true, "store and index answer"};
}

/// Once for every change: probes come every few seconds.
void log_readiness(const Status& result) {
    if (result) return log_event(LogLevel::info, "ready_again");
    log_event(LogLevel::error, "not_ready",
              {{"message", result.error().message}, {"detail", result.error().detail}});
}

http::Response check_response(const Verdict& verdict) {
    const std::string status = verdict.ready ? "Healthy" : "Unhealthy";
    std::string overall = status;
    std::string details;
    const auto add = [&](std::string_view name, std::string_view state, std::string_view why) {
        details += (details.empty() ? "{\"name\":" : ",{\"name\":") + json_quote(name) +
                   ",\"status\":" + json_quote(state) + ",\"description\":" + json_quote(why) + '}';
    };
    for (const char* name : {"DataStoreHealthCheck", "MetadataHealthCheck", "DcmHealthCheck"})
        add(name, status, verdict.reason);
    for (const SideHealth& side : verdict.sides) {
        add(side.name, side.working ? "Healthy" : "Degraded", side.reason);
        if (!side.working && verdict.ready) overall = "Degraded";
    }
    const std::string body = "{\"overallStatus\":\"" + overall + "\",\"details\":[" + details;
    return http::text_response(verdict.ready ? 200 : 503, kJson, body + "]}");
}

http::Response ready_response(const Verdict& verdict) {
    return http::text_response(verdict.ready ? 200 : 503, kJson,
                               std::string("{\"ready\":") + (verdict.ready ? "true" : "false") +
                                   ",\"reason\":" + json_quote(verdict.reason) + '}');
}

using Write = http::Response (*)(const Verdict&);

class ProbeExchange : public http::Exchange {
  public:
    ProbeExchange(std::shared_ptr<ReadinessProbe> probe, Write write, std::vector<SideCheck> sides)
        : probe_(std::move(probe)),
          write_(write),
          sides_(std::move(sides)),
          deadline_(ReadinessProbe::Clock::now() + kPatience) {}

    Status on_body(ByteView) override { return {}; }

    std::optional<http::WaitFor> wait_before_finish() override {
        const auto now = ReadinessProbe::Clock::now();
        http::WaitFor wait{probe_->done(), probe_->done()->generation(), deadline_};
        result_ = probe_->fresh(now);
        if (result_ || now >= deadline_) return std::nullopt;
        probe_->refresh(now);
        return wait;
    }

    http::Response finish() override {
        Verdict verdict = judge(result_);
        for (const SideCheck& side : sides_)
            verdict.sides.push_back(side());
        http::Response response = write_(verdict);
        response.headers.add("Cache-Control", "no-store");
        return response;
    }

  private:
    const std::shared_ptr<ReadinessProbe> probe_;
    const Write write_;
    const std::vector<SideCheck> sides_;
    const ReadinessProbe::Clock::time_point deadline_;
    std::optional<Status> result_;
};

http::Route probe_route(std::string pattern, const std::shared_ptr<ReadinessProbe>& probe, Write write,
                        const std::vector<SideCheck>& sides = {}) {
    http::Route route;
    route.pattern = std::move(pattern);
    route.access = http::Access::anonymous;
    route.exchange = [probe, write,
                      sides](const http::RequestContext&) -> Result<std::unique_ptr<http::Exchange>> {
        return std::make_unique<ProbeExchange>(probe, write, sides);
    };
    return route;
}

}  // namespace

ReadinessProbe::ReadinessProbe(std::function<Status()> check, std::function<bool(std::function<void()>)> post)
    : check_(std::move(check)), post_(std::move(post)) {}

std::optional<Status> ReadinessProbe::fresh(Clock::time_point now) const {
    const std::lock_guard lock(mutex_);
    if (!result_ || now - checked_ >= kResultServes) return std::nullopt;
    return result_;
}

void ReadinessProbe::refresh(Clock::time_point now) {
    {
        const std::lock_guard lock(mutex_);
        if (under_way_ || (result_ && now - checked_ < kResultServes)) return;
        under_way_ = true;
    }
    if (post_([self = shared_from_this()] { self->run(); })) return;
    const std::lock_guard lock(mutex_);
    under_way_ = false;
}

void ReadinessProbe::run() {
    Status result = check_();
    {
        const std::lock_guard lock(mutex_);
        const bool was_ready = !result_ || result_->ok();
        if (was_ready != result.ok()) log_readiness(result);
        result_ = std::move(result);
        checked_ = Clock::now();
        under_way_ = false;
    }
    done_->fire();
}

std::vector<http::Route> health_routes(const std::shared_ptr<ReadinessProbe>& probe,
                                       const std::vector<SideCheck>& sides) {
    http::Route live;
    live.pattern = "/health/live";
    live.access = http::Access::anonymous;
    live.handler = [](const http::RequestContext&) {
        http::Response response = http::text_response(200, kJson, "{\"live\":true}");
        response.headers.add("Cache-Control", "no-store");
        return response;
    };
    return {live, probe_route("/health/check", probe, check_response, sides),
            probe_route("/health/ready", probe, ready_response)};
}

}  // namespace isocenter::api
