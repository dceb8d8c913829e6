#include "api/manage/cohorts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/manage/service_catalog.h"
#include "api/route_caller.h"

namespace isocenter::api {
namespace {

class TextSource : public ByteSource {
  public:
    explicit TextSource(std::string text) : text_(std::move(text)) {}
    Result<std::size_t> read(MutableBytes into) override {
        const std::size_t size = std::min(into.size(), text_.size());
        std::copy_n(as_bytes(text_).begin(), size, into.begin());
        text_.erase(0, size);
        return size;
    }

  private:
    std::string text_;
};

/// Says what it was asked.
class FakeCohorts : public Cohorts {
  public:
    CohortAnswer<std::string> post(std::string_view definition, const CohortPage& page) override {
        return answer("post " + std::string(definition), page);
    }
    CohortAnswer<std::string> get(const std::string& name, const CohortPage& page) override {
        return answer("get " + name, page);
    }
    CohortAnswer<std::unique_ptr<ByteSource>> post_lines(std::string_view definition,
                                                         const CohortPage&) override {
        return std::make_unique<TextSource>("lines of " + std::string(definition));
    }
    CohortAnswer<std::unique_ptr<ByteSource>> get_lines(const std::string& name, const CohortPage&) override {
        return std::make_unique<TextSource>("lines of " + name);
    }
    CohortAnswer<std::string> list() override { return answer("list", {}); }
    CohortAnswer<std::vector<CohortStudy>> studies(const std::string&, const CohortPage&) override {
        return std::vector<CohortStudy>{{"Microsoft.Default", "1.2"}, {"north \"wing\"", "1.3"}};
    }
    CohortAnswer<std::string> freeze(const std::string& name, const CohortPage& page) override {
        return answer("freeze " + name, page);
    }
    CohortAnswer<void> remove(const std::string& name, const CohortPage&) override {
        if (name == "gone") return tl::unexpected(CohortRefusal{404, "no such cohort", {}});
        return {};
    }
    std::optional<CohortRefusal> refusal;
    std::string token;  ///< of the last request

  private:
    CohortAnswer<std::string> answer(const std::string& what, const CohortPage& page) {
        if (refusal) return tl::unexpected(*refusal);
        token = page.token;
        return what + ' ' + page.as_of + ' ' + std::to_string(page.limit) + ' ' + page.cursor +
               (page.frozen ? " frozen" : "");
    }
};

class CohortRoutes : public testing::Test {
  protected:
    http::Response call(http::Method method, const std::string& pattern, const std::string& query = {},
                        const std::string& accept = {}, const std::string& authorization = {}) {
        http::Request request = RouteCaller::request();
        request.method = method;
        request.query = query;
        request.headers = {};
        if (!accept.empty()) request.headers.add("Accept", accept);
        if (!authorization.empty()) request.headers.add("Authorization", authorization);
        http::PathParams params;
        params.set("name", "a");
        const auto routes = routes_of(cohorts);
        const http::Route& route = RouteCaller::find(routes, method, pattern);
        if (route.handler) return route.handler({request, params});
        auto exchange = route.exchange({request, params});
        EXPECT_TRUE((*exchange)->on_body(as_bytes("{x}")).ok());
        return (*exchange)->finish();
    }
    std::vector<http::Route> routes_of(Cohorts& of) { return cohort_routes(of, {run, list, remove}); }

    Metrics metrics;
    net::Lane run{"run", {}, metrics};
    net::Lane list{"list", {}, metrics};
    net::Lane remove{"remove", {}, metrics};
    FakeCohorts cohorts;
};

TEST_F(CohortRoutes, hand_over_what_the_query_says) {
    using http::Method;
    EXPECT_EQ(body_of(call(Method::get, "/cohorts/{name}", "asOf=2026-01-01&limit=7&cursor=k-1")),
              "get a 2026-01-01 7 k-1");
    EXPECT_EQ(body_of(call(Method::get, "/cohorts/{name}", "limit=7&frozen=true")), "get a  7  frozen");
    for (const char* zone : {"+01:00", "%2B01:00", "%2b01:00"})
        EXPECT_EQ(
            body_of(call(Method::get, "/cohorts/{name}", std::string("asOf=2026-01-01T10:00:00") + zone)),
            "get a 2026-01-01T10:00:00+01:00 50 ");
    EXPECT_EQ(body_of(call(Method::post, "/cohorts")), "post {x}  50 ");
    EXPECT_EQ(body_of(call(Method::get, "/cohorts")), "list  50 ");
    EXPECT_EQ(call(Method::post, "/cohorts/{name}/freeze").status, 201U);
    EXPECT_EQ(call(Method::delete_, "/cohorts/{name}").status, 204U);
    for (const char* query : {"limit=0", "limit=1001", "limit=x", "frozen=maybe", "page=2", "cursor=", "%4"})
        EXPECT_EQ(call(Method::get, "/cohorts/{name}", query).status, 400U) << query;
}

TEST_F(CohortRoutes, refuse_what_would_have_no_effect_and_name_it) {
    using http::Method;
    const auto refused = [&](Method method, const std::string& pattern, const std::string& query) {
        const http::Response response = call(method, pattern, query);
        if (response.status != 400) return "taken: " + query;
        const std::string detail(json_of(response).at("detail").as_string());
        return detail.substr(0, detail.find(' '));
    };
    EXPECT_EQ(refused(Method::post, "/cohorts", "frozen=true"), "frozen");
    EXPECT_EQ(refused(Method::get, "/cohorts/{name}", "asOf=2026-01-01&frozen=true"), "asOf");
    EXPECT_EQ(refused(Method::get, "/cohorts/{name}/studies", "frozen=true&asOf=2026-01-01"), "asOf");
    EXPECT_EQ(refused(Method::get, "/cohorts/{name}/studies", "limit=5"), "limit");
    for (const char* name : {"frozen", "cursor", "limit"})
        EXPECT_EQ(refused(Method::post, "/cohorts/{name}/freeze", std::string(name) + "=1"), name);
    EXPECT_EQ(refused(Method::delete_, "/cohorts/{name}", "frozen=true"), "frozen");
}

TEST_F(CohortRoutes, describe_the_parameters_that_they_take) {
    for (const http::Route& route : routes_of(cohorts)) {
        const auto about = describe_service_route(route);
        ASSERT_TRUE(about) << route.pattern;
        for (const ParameterDescription& parameter : about->query_parameters) {
            const std::string value = parameter.name == "limit"    ? "1"
                                      : parameter.name == "frozen" ? "true"
                                                                   : "2026-01-01";
            const auto status =
                call(route.method, route.pattern, std::string(parameter.name) + '=' + value).status;
            EXPECT_LT(status, 300U) << route.pattern << ' ' << parameter.name;
        }
    }
}

TEST_F(CohortRoutes, studies_are_text_unless_json_is_asked_for) {
    const auto get = [&](const char* accept) {
        return call(http::Method::get, "/cohorts/{name}/studies", "", accept);
    };
    EXPECT_EQ(body_of(get("")), "1.2\n1.3\n");
    EXPECT_EQ(get("").headers.get("Content-Type"), "text/plain; charset=utf-8");
    const auto document = json_of(get("application/json"));
    EXPECT_EQ(document.at(1).at("partitionName"), boost::json::value("north \"wing\""));
    EXPECT_EQ(document.at(1).at("studyInstanceUid"), boost::json::value("1.3"));
}

TEST_F(CohortRoutes, lines_are_a_stream_for_those_who_ask) {
    const http::Response response = call(http::Method::post, "/cohorts", "", "application/x-ndjson");
    EXPECT_EQ(response.headers.get("Content-Type"), "application/x-ndjson; charset=utf-8");
    EXPECT_TRUE(std::holds_alternative<std::unique_ptr<ByteSource>>(response.body));
}

TEST_F(CohortRoutes, refusals_are_problems_with_their_status) {
    cohorts.refusal = CohortRefusal{503, "/clinical/0: away", std::chrono::seconds(7)};
    const http::Response response = call(http::Method::get, "/cohorts/{name}");
    EXPECT_EQ(response.status, 503U);
    EXPECT_EQ(response.headers.get("Retry-After"), "7");
    EXPECT_EQ(response.headers.get("Content-Type"), "application/problem+json");
    EXPECT_EQ(json_of(response).at("detail"), boost::json::value("/clinical/0: away"));
}

TEST_F(CohortRoutes, hand_over_the_token_of_the_caller) {
    const auto token_of = [&](const char* authorization) {
        cohorts.token = "none asked";
        call(http::Method::get, "/cohorts/{name}", "", "", authorization);
        return cohorts.token;
    };
    EXPECT_EQ(token_of("Bearer a.b-c"), "a.b-c");
    EXPECT_EQ(token_of("bearer abc"), "abc");
    for (const char* other : {"", "Basic YTpi", "Bearer", "Bearer ", "Bearer a b", "Bearerabc"})
        EXPECT_EQ(token_of(other), "") << other;
    call(http::Method::post, "/cohorts", "", "", "Bearer abc");
    EXPECT_EQ(cohorts.token, "abc");
    cohorts.refusal = CohortRefusal{401, "a token is needed", {}};
    EXPECT_EQ(call(http::Method::get, "/cohorts/{name}").headers.get("WWW-Authenticate"), "Bearer");
}

TEST_F(CohortRoutes, a_definition_of_more_than_a_megabyte_is_refused) {
    const auto routes = routes_of(cohorts);
    const http::Request request = RouteCaller::request();
    const http::PathParams params;
    auto exchange = *RouteCaller::find(routes, http::Method::post, "/cohorts").exchange({request, params});
    const std::string half((1U << 19U) + 1, ' ');
    EXPECT_TRUE(exchange->on_body(as_bytes(half)).ok());
    EXPECT_EQ(exchange->on_body(as_bytes(half)).error().code, ErrorCode::too_large);
}

TEST_F(CohortRoutes, what_runs_a_cohort_holds_up_neither_the_list_nor_a_deletion) {
    for (const http::Route& route : routes_of(cohorts)) {
        const bool is_list = route.method == http::Method::get && route.pattern == "/cohorts";
        const net::Lane* lane = is_list ? &list : route.method == http::Method::delete_ ? &remove : &run;
        EXPECT_EQ(route.lane, lane) << route.pattern;
    }
}

TEST_F(CohortRoutes, are_all_described) {
    for (const http::Route& route : routes_of(cohorts))
        EXPECT_TRUE(describe_service_route(route)) << route.pattern;
}

}  // namespace
}  // namespace isocenter::api
