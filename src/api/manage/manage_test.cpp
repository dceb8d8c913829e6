#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/dicomweb/capabilities.h"
#include "api/html.h"
#include "api/manage/health.h"
#include "api/manage/openapi.h"
#include "api/manage/start_page.h"
#include "api/route_caller.h"
#include "http/ascii.h"
#include "http/router.h"

namespace isocenter::api {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsSupersetOf;
using testing::Not;
namespace json = boost::json;

http::Route make_route(http::Method method, std::string pattern) {
    http::Route route;
    route.method = method;
    route.pattern = std::move(pattern);
    return route;
}

ApiDescription of_v2() {
    return {"Title", "2", "/v2", [](const http::Route& route) { return describe_route(route, false); }};
}

std::vector<http::Route> some_routes() {
    return {make_route(http::Method::get, "/studies"), make_route(http::Method::post, "/studies"),
            make_route(http::Method::get, "/studies/{study}/metadata"),
            make_route(http::Method::delete_, "/studies/{study}"),
            make_route(http::Method::get, "/changefeed")};
}

TEST(OpenApi, NamesEveryRouteOnceWithItsPathParameters) {
    const auto routes = some_routes();
    const json::value document = json::parse(openapi_json(of_v2(), routes));
    EXPECT_EQ(document.at("openapi"), json::value("3.0.1"));
    for (const http::Route& route : routes) {
        const json::object& item = document.at("paths").at("/v2" + route.pattern).as_object();
        const std::string method = route.method == http::Method::get    ? "get"
                                   : route.method == http::Method::post ? "post"
                                                                        : "delete";
        ASSERT_TRUE(item.contains(method)) << route.pattern;
        EXPECT_FALSE(item.at(method).at("responses").as_object().empty());
    }
    const json::value& study =
        document.at("paths").at("/v2/studies/{study}").at("delete").at("parameters").at(0);
    EXPECT_EQ(study.at("name"), json::value("study"));
    EXPECT_EQ(study.at("required"), json::value(true));
    const std::string yaml = openapi_yaml(of_v2(), routes);
    EXPECT_THAT(yaml, testing::StartsWith("openapi: \"3.0.1\"\n"));
    EXPECT_THAT(yaml, HasSubstr("\"/v2/studies/{study}/metadata\":\n"));
}

TEST(OpenApi, SaysWhatRetrievalsAnswerAndTake) {
    const std::string instance = "/studies/{study}/series/{series}/instances/{instance}";
    const auto about = [](const std::string& pattern, bool standard) {
        return describe_route(make_route(http::Method::get, pattern), standard);
    };
    for (const char* part : {"", "/frames/{frames}", "/bulkdata/{path...}", "/pixeldata"}) {
        EXPECT_THAT(about(instance + part, false).statuses, IsSupersetOf({200U, 206U, 304U, 416U})) << part;
        EXPECT_THAT(about(instance + part, true).statuses, IsSupersetOf({206U, 410U, 416U})) << part;
    }
    EXPECT_THAT(about("/studies/{study}", true).statuses, AllOf(Contains(206U), Not(Contains(416U))));
    EXPECT_THAT(about("/studies/{study}/metadata", true).statuses, Not(Contains(206U)));
    const auto names = [&about](const std::string& pattern, bool standard) {
        std::vector<std::string> list;
        for (const ParameterDescription& parameter : about(pattern, standard).query_parameters)
            list.push_back(parameter.name);
        return list;
    };
    EXPECT_THAT(names("/wado", true), IsSupersetOf({"contentType", "transferSyntax", "frameNumber"}));
    EXPECT_THAT(names(instance + "/rendered", true),
                IsSupersetOf({"quality", "window", "viewport", "accept"}));
    EXPECT_THAT(names(instance + "/rendered", false), ElementsAre("quality"));
}

TEST(OpenApi, SaysEveryTypeThatIsOffered) {
    const std::string instance = "/studies/{study}/series/{series}/instances/{instance}";
    const auto types = [](const std::string& pattern, bool standard) {
        return describe_route(make_route(http::Method::get, pattern), standard).response_types;
    };
    const std::string parts = "multipart/related; type=";
    EXPECT_THAT(types(instance, true),
                IsSupersetOf({parts + "\"application/dicom\"", std::string("application/dicom"),
                              std::string("application/zip"), parts + "\"image/jls\""}));
    EXPECT_THAT(types("/studies/{study}", true),
                AllOf(Contains("application/zip"), Not(Contains("application/dicom"))));
    EXPECT_THAT(types("/studies/{study}", false), ElementsAre(parts + "\"application/dicom\""));
    EXPECT_THAT(types(instance + "/frames/{frames}", true),
                IsSupersetOf({std::string("application/octet-stream"), std::string("image/jpeg"),
                              parts + "\"image/jphc\"", parts + "\"video/mp4\""}));
    EXPECT_THAT(types(instance + "/frames/{frames}", false),
                ElementsAre(parts + "\"application/octet-stream\"", "application/octet-stream",
                            parts + "\"image/jp2\""));
    EXPECT_THAT(types(instance + "/pixeldata", true),
                AllOf(Contains(parts + "\"image/jp2\""), Not(Contains("application/octet-stream"))));
    EXPECT_THAT(types(instance + "/bulkdata/{path...}", true), Contains("application/octet-stream"));
    EXPECT_THAT(types(instance + "/metadata", true), Contains("application/dicom+xml"));
    EXPECT_THAT(types("/studies/{study}/metadata", true), Not(Contains("application/dicom+xml")));
    EXPECT_THAT(types("/studies", true), Not(Contains("application/dicom+xml")));

    const auto store = describe_route(make_route(http::Method::post, "/studies"), true);
    EXPECT_THAT(store.request_types,
                IsSupersetOf({parts + "\"application/dicom+xml\"", std::string("application/dicom+json"),
                              std::string("application/dicom+xml")}));
    EXPECT_THAT(store.response_types, ElementsAre("application/dicom+json", "application/dicom+xml"));
    EXPECT_THAT(describe_route(make_route(http::Method::post, "/studies"), false).request_types,
                ElementsAre(parts + "\"application/dicom\"", "application/dicom"));
}

TEST(OpenApi, TheServersOwnRoutesHaveADocument) {
    std::vector<http::Route> routes = {
        make_route(http::Method::get, "/health/live"), make_route(http::Method::get, "/"),
        make_route(http::Method::get, "/cast/dead-letters/{id}"), make_route(http::Method::post, "/cohorts")};
    const auto documents = service_document_routes(routes);
    const json::value document = json_of(RouteCaller::call(
        RouteCaller::find(documents, http::Method::get, "/api.json"), RouteCaller::request()));
    const json::object& paths = document.at("paths").as_object();
    EXPECT_EQ(paths.size(), 3U) << "a page is for people";
    EXPECT_EQ(paths.at("/cast/dead-letters/{id}").at("get").at("parameters").at(0).at("name"),
              json::value("id"));
    EXPECT_TRUE(paths.at("/cohorts").at("post").as_object().contains("requestBody"));
}

/// The documents describe all but themselves.
TEST(OpenApi, NamesEveryRouteOfAFace) {
    for (const Profile* profile : {&v1_profile(), &v2_profile(), &standard_profile()}) {
        RouteCaller test(*profile);
        const auto routes = face_routes(test.face);
        const json::value document = json_of(RouteCaller::call(
            RouteCaller::find(routes, http::Method::get, "/api.json"), RouteCaller::request()));
        std::size_t described = 0;
        for (const http::Route& route : routes) {
            if (route.pattern.starts_with("/api.")) continue;
            const std::string path =
                test.face.prefix + (route.pattern == "/" ? "" : http::path_template(route.pattern));
            const json::value* item = document.at("paths").as_object().if_contains(path);
            ASSERT_NE(item, nullptr) << path;
            const std::string method = http::to_lower(to_string(route.method));
            EXPECT_TRUE(item->as_object().contains(method)) << method << ' ' << path;
            ++described;
        }
        std::size_t named = 0;
        for (const auto& path : document.at("paths").as_object())
            named += path.value().as_object().size();
        EXPECT_EQ(named, described);
    }
}

TEST(Capabilities, JsonAndWadlHoldTheSameTree) {
    const auto routes = some_routes();
    const json::value tree = json::parse(capabilities_json("http://test/dicom-web", routes));
    const json::value& resources = tree.at("application").at("resources");
    EXPECT_EQ(resources.at("@base"), json::value("http://test/dicom-web"));
    EXPECT_EQ(resources.at("resource").as_array().size(), 3U);
    const std::string wadl = capabilities_wadl("http://test/dicom-web", routes);
    for (const char* part : {"path=\"changefeed\"", "path=\"studies\"", "path=\"{study}\"",
                             "path=\"metadata\"", "name=\"DELETE\"", "name=\"POST\""})
        EXPECT_THAT(wadl, HasSubstr(part));
}

TEST(Capabilities, OptionsOfTheRootAndOfOtherPaths) {
    RouteCaller test(standard_profile());
    const auto routes = capabilities_routes(test.face, some_routes());
    http::Request request = RouteCaller::request();
    request.method = http::Method::options;
    request.headers = {};
    const http::Route& root = RouteCaller::find(routes, http::Method::options, "/");
    const http::Response first = RouteCaller::call(root, request);
    EXPECT_EQ(first.status, 200U);
    EXPECT_EQ(first.headers.get("Content-Type"), "application/json");
    request.headers.set("If-None-Match", std::string(first.headers.get("ETag")));
    EXPECT_EQ(RouteCaller::call(root, request).status, 304U);
    request.headers = {};
    request.headers.add("Accept", "application/vnd.sun.wadl+xml");
    EXPECT_EQ(RouteCaller::call(root, request).headers.get("Content-Type"), "application/vnd.sun.wadl+xml");
    request.headers.set("Accept", "image/png");
    EXPECT_EQ(RouteCaller::call(root, request).status, 406U);
    request.headers.set("Accept", "");
    EXPECT_EQ(RouteCaller::call(root, request).headers.get("Content-Type"), "application/json");
    const http::Response studies =
        RouteCaller::call(RouteCaller::find(routes, http::Method::options, "/studies"), request);
    EXPECT_EQ(studies.status, 204U);
    EXPECT_EQ(studies.headers.get("Allow"), "GET, HEAD, POST, OPTIONS");
    Profile strict_profile = standard_profile();
    strict_profile.strict_accept = true;
    RouteCaller strict(strict_profile);
    const auto strict_routes = capabilities_routes(strict.face, some_routes());
    request.headers = {};
    EXPECT_EQ(RouteCaller::call(RouteCaller::find(strict_routes, http::Method::options, "/"), request).status,
              406U);
    const auto all = face_routes(test.face);
    const http::Response document =
        RouteCaller::call(RouteCaller::find(all, http::Method::options, "/api.json"), request);
    EXPECT_EQ(document.status, 204U);
    EXPECT_EQ(document.headers.get("Allow"), "GET, HEAD, OPTIONS");
    RouteCaller other(v2_profile());
    EXPECT_TRUE(capabilities_routes(other.face, some_routes()).empty());
}

struct Posted {
    std::vector<std::function<void()>> tasks;
    bool full = false;
};

TEST(Readiness, ChecksElsewhereAndServesTheResultForASecond) {
    Posted posted;
    int checks = 0;
    const auto probe = std::make_shared<ReadinessProbe>(
        [&]() -> Status {
            ++checks;
            return {};
        },
        [&](std::function<void()> task) {
            if (posted.full) return false;
            posted.tasks.push_back(std::move(task));
            return true;
        });
    const auto now = ReadinessProbe::Clock::now();
    EXPECT_FALSE(probe->fresh(now).has_value());
    posted.full = true;
    probe->refresh(now);
    posted.full = false;
    probe->refresh(now);
    probe->refresh(now);
    ASSERT_EQ(posted.tasks.size(), 1U);
    const auto generation = probe->done()->generation();
    posted.tasks.front()();
    EXPECT_EQ(checks, 1);
    EXPECT_NE(probe->done()->generation(), generation);
    const auto later = ReadinessProbe::Clock::now();
    EXPECT_TRUE(probe->fresh(later).has_value());
    EXPECT_FALSE(probe->fresh(later + std::chrono::seconds(2)).has_value());
}

TEST(Readiness, AStuckLaneIsBusyAndAFailedCheckIsUnhealthy) {
    std::vector<std::function<void()>> tasks;
    const auto probe = std::make_shared<ReadinessProbe>(
        []() -> Status { return fail(ErrorCode::unavailable, "index failed"); },
        [&](std::function<void()> task) {
            tasks.push_back(std::move(task));
            return true;
        });
    const auto routes = health_routes(probe);
    const http::Route& ready = RouteCaller::find(routes, http::Method::get, "/health/ready");
    EXPECT_EQ(ready.lane, nullptr);
    const http::Request request = RouteCaller::request();
    const http::PathParams params;
    auto stuck = *ready.exchange({request, params});
    EXPECT_TRUE(stuck->wait_before_finish().has_value());
    const http::Response busy = stuck->finish();
    EXPECT_EQ(busy.status, 503U);
    EXPECT_THAT(body_of(busy), HasSubstr("busy"));
    tasks.front()();
    auto answered =
        *RouteCaller::find(routes, http::Method::get, "/health/check").exchange({request, params});
    EXPECT_FALSE(answered->wait_before_finish().has_value());
    const http::Response failed = answered->finish();
    EXPECT_EQ(failed.status, 503U);
    EXPECT_EQ(json_of(failed).at("overallStatus"), json::value("Unhealthy"));
}

TEST(StartPage, IsSelfContainedAndEscapesWhatItIsGiven) {
    index::Totals totals;
    totals.studies = 12;
    const http::Response page = start_page({"1.0", "3 min", "http://a<b", totals});
    const std::string body = body_of(page);
    EXPECT_THAT(body, HasSubstr("http://a&lt;b/dicom-web"));
    EXPECT_THAT(body, Not(HasSubstr("a<b")));
    EXPECT_THAT(body, HasSubstr("<dd>12</dd>"));
    EXPECT_THAT(body, Not(HasSubstr("src=")));
    EXPECT_THAT(std::string(page.headers.get("Content-Security-Policy")), HasSubstr("script-src 'sha256-"));
    EXPECT_THAT(std::string(page.headers.get("Content-Security-Policy")), Not(HasSubstr("unsafe")));
    const http::Response down = start_page({"1.0", "3 min", "http://a", fail(ErrorCode::unavailable, "x")});
    EXPECT_EQ(down.status, 200U);
    EXPECT_THAT(body_of(down), HasSubstr("does not answer"));
}

TEST(StartPage, WritesDurationsAndSizes) {
    EXPECT_EQ(to_duration_text(59), "59 s");
    EXPECT_EQ(to_duration_text(3599), "59 min");
    EXPECT_EQ(to_duration_text(11520), "3 h 12 min");
    EXPECT_EQ(to_duration_text(187200), "2 d 4 h");
    EXPECT_EQ(to_size_text(999), "999 B");
    EXPECT_EQ(to_size_text(1500000000), "1.5 GB");
}

TEST(Html, EscapesWhatIsMarkup) {
    EXPECT_EQ(html_escape("<a href=\"x\">'&"), "&lt;a href=&quot;x&quot;&gt;'&amp;");
}

}  // namespace
}  // namespace isocenter::api
