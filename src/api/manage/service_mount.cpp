#include <chrono>
#include <memory>
#include <utility>

#include "api/errors.h"
#include "api/face.h"
#include "api/manage/cast.h"
#include "api/manage/health.h"
#include "api/manage/start_page.h"

namespace isocenter::api {
namespace {

http::Route simple_route(std::string pattern, net::Lane* lane, http::Handler handler) {
    http::Route route;
    route.pattern = std::move(pattern);
    route.lane = lane;
    route.access = http::Access::anonymous;
    route.handler = std::move(handler);
    return route;
}

http::Route page_route(archive::Archive& archive, const Lanes& lanes, const ApiOptions& options) {
    const auto started = std::chrono::steady_clock::now();
    http::Route route =
        simple_route("/", &lanes.query, [&archive, &options, started](const http::RequestContext& context) {
            const auto age = std::chrono::steady_clock::now() - started;
            const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(age).count();
            return start_page({options.server_version, to_duration_text(static_cast<std::uint64_t>(seconds)),
                               context.request.base_url, archive.totals()});
        });
    // The page tells how much is stored: that takes the right to read, unlike the other routes here.
    route.access = http::Access::read;
    return route;
}

SideCheck cast_check(const CastView& cast) {
    return [cast]() -> SideHealth {
        const CastHealth health = cast_health(cast);
        return {"CastHealthCheck", health.working, health.reason};
    };
}

}  // namespace

http::Mount make_service_mount(archive::Archive& archive, const Lanes& lanes, const ApiOptions& options,
                               Metrics& metrics, const CastView* cast) {
    http::Mount mount;
    mount.error = [](const http::Request& request, const Error& error, unsigned status) {
        if (auto response = unsupported_version(request)) return *std::move(response);
        // A path without the prefix of a face is no resource of any (dicomweb.md 2.3).
        if (status == 404) return http::empty_response(404);
        return error_response(standard_profile(), request, error, status, {});
    };
    net::Lane& lane = lanes.query;
    const auto probe = std::make_shared<ReadinessProbe>(
        [&archive] { return archive.check(); },
        [&lane](std::function<void()> task) { return lane.try_post(std::move(task)); });
    mount.routes = health_routes(
        probe, cast == nullptr ? std::vector<SideCheck>{} : std::vector<SideCheck>{cast_check(*cast)});
    if (cast != nullptr) {
        for (http::Route& route : cast_routes(*cast, lane))
            mount.routes.push_back(std::move(route));
    }
    mount.routes.push_back(simple_route("/metrics", nullptr, [&metrics](const http::RequestContext&) {
        return http::text_response(200, "text/plain; version=0.0.4; charset=utf-8", metrics.to_text());
    }));
    mount.routes.push_back(page_route(archive, lanes, options));
    for (const char* icon : {"/favicon.svg", "/favicon.ico"})
        mount.routes.push_back(
            simple_route(icon, nullptr, [](const http::RequestContext&) { return favicon(); }));
    // The only document whose name is not the prefix of a face.
    const Face prerelease{archive, v1_profile(), lanes, options, "/v1.0-prerelease"};
    for (http::Route& route : face_routes(prerelease)) {
        if (route.pattern != "/api.json" && route.pattern != "/api.yaml") continue;
        if (route.method != http::Method::get) continue;
        route.pattern = "/v1-prerelease" + route.pattern;
        mount.routes.push_back(std::move(route));
    }
    return mount;
}

}  // namespace isocenter::api
