#include "api/manage/cast.h"

#include <gtest/gtest.h>

#include "api/manage/health.h"
#include "api/manage/service_catalog.h"
#include "api/route_caller.h"
#include "fhir/engine/engine_fakes.h"

namespace isocenter::api {
namespace {

namespace json = boost::json;

class CastRoutes : public testing::Test {
  protected:
    CastRoutes() {
        for (const int number : {1, 2, 3}) {
            fhir::DeadLetter letter;
            letter.key = {"Microsoft.Default", "1." + std::to_string(number)};
            letter.letter_class = number == 3 ? fhir::LetterClass::dicom : fhir::LetterClass::fhir;
            letter.first_sequence = letter.last_sequence = number;
            letter.error = "no \"such\" code";
            EXPECT_TRUE(bench.state.record(0, letter).ok());
        }
    }
    http::Response call(http::Method method, const std::string& pattern, const std::string& query = {},
                        const std::string& id = {}) {
        http::Request request = RouteCaller::request(query);
        request.method = method;
        http::PathParams params;
        if (!id.empty()) params.set("id", id);
        return RouteCaller::call(RouteCaller::find(routes, method, pattern), request, params);
    }
    json::array list(const std::string& query = {}) {
        return json_of(call(http::Method::get, "/cast/dead-letters", query)).at("deadLetters").as_array();
    }

    fhir::EngineBench bench;
    Metrics metrics;
    net::Lane lane{"test", {}, metrics};
    CastView cast{bench.engine, bench.state};
    std::vector<http::Route> routes = cast_routes(cast, lane);
};

TEST_F(CastRoutes, are_all_described) {
    for (const std::vector<http::Route>& each : {routes, cast_health_routes(cast)}) {
        for (const http::Route& route : each)
            EXPECT_TRUE(describe_service_route(route)) << route.pattern;
    }
}

TEST_F(CastRoutes, letters_are_listed_newest_first_by_filter_and_page) {
    const json::array all = list();
    ASSERT_EQ(all.size(), 3U);
    EXPECT_EQ(all[0].at("study"), "1.3");
    EXPECT_EQ(all[0].at("error"), "no \"such\" code");
    EXPECT_EQ(list("class=fhir").size(), 2U);
    EXPECT_EQ(list("state=resolved").size(), 0U);
    EXPECT_EQ(list("study=1.2&state=open").size(), 1U);
    const json::value page = json_of(call(http::Method::get, "/cast/dead-letters", "limit=2"));
    EXPECT_EQ(page.at("deadLetters").as_array().size(), 2U);
    const json::array rest = list("limit=2&cursor=" + std::string(page.at("next").as_string()));
    ASSERT_EQ(rest.size(), 1U);
    EXPECT_EQ(rest[0].at("study"), "1.1");
    EXPECT_FALSE(json_of(call(http::Method::get, "/cast/dead-letters")).as_object().contains("next"));
}

TEST_F(CastRoutes, what_is_asked_wrongly_is_refused) {
    for (const char* query :
         {"class=none", "state=", "limit=0", "limit=1001", "cursor=x", "study=", "klass=fhir", "study=%4"}) {
        EXPECT_EQ(call(http::Method::get, "/cast/dead-letters", query).status, 400U) << query;
        EXPECT_EQ(call(http::Method::post, "/cast/dead-letters/replay", query).status, 400U) << query;
    }
    for (const char* id : {"4711", "0", "-1", "x", "1x"}) {
        EXPECT_EQ(call(http::Method::get, "/cast/dead-letters/{id}", "", id).status, 404U) << id;
        EXPECT_EQ(call(http::Method::delete_, "/cast/dead-letters/{id}", "", id).status, 404U) << id;
        EXPECT_EQ(call(http::Method::post, "/cast/dead-letters/{id}/replay", "", id).status, 404U) << id;
    }
    EXPECT_EQ(list("state=open").size(), 3U);
}

TEST_F(CastRoutes, a_backfill_is_asked_for_and_shown) {
    bench.keep();
    bench.engine.read_step();
    const auto status = [&] { return json_of(call(http::Method::get, "/cast/status")); };
    EXPECT_FALSE(status().as_object().contains("backfill"));
    for (const char* query : {"date=2024", "modality=", "study=1.2", "date=%4", "date=20240229-20240101",
                              "date=99999999", "partition=nope"})
        EXPECT_EQ(call(http::Method::post, "/cast/backfill", query).status, 400U) << query;
    EXPECT_FALSE(status().as_object().contains("backfill"));
    bench.studies.uids = {"1.1", "1.2", "1.3"};
    EXPECT_EQ(call(http::Method::post, "/cast/backfill", "date=20240101-&modality=CT&patientId=P%201").status,
              202U);
    while (bench.engine.backfill_step()) {
    }
    EXPECT_EQ(bench.studies.filters.front(), (fhir::StudyFilter{"20240101-", "CT", "P 1", ""}));
    EXPECT_EQ(status().at("backfill").at("done"), 0);
    EXPECT_EQ(status().at("backfill").at("total"), 3);
    EXPECT_EQ(status().at("backfill").at("counted"), true);
}

TEST_F(CastRoutes, the_status_says_why_a_server_is_not_used) {
    using std::chrono::seconds;
    const auto status = [&] { return json_of(call(http::Method::get, "/cast/status")); };
    bench.pass(seconds(1));
    EXPECT_FALSE(status().as_object().contains("trouble"));
    bench.feed.add(1, "1.7");
    bench.jobs.act = [](const fhir::JobRequest&) {
        return fhir::failing(fhir::FailureKind::target_down, 401);
    };
    bench.pass(seconds(3));
    EXPECT_EQ(status().at("trouble").at("fhir"), "the FHIR server answered 401");
    bench.jobs.probe_failure = fhir::Failure{fhir::FailureKind::target_down, "refused", 0, std::nullopt, {}};
    bench.pass(seconds(5));
    EXPECT_EQ(status().at("trouble").at("fhir"), "refused");
    bench.feed.failure = fail(ErrorCode::unavailable, "the DICOM server answered 404 to the change feed");
    bench.pass(seconds(3));
    EXPECT_EQ(status().at("trouble").at("archive"), "the DICOM server answered 404 to the change feed");
    bench.feed.failure.reset();
    bench.jobs.probe_failure.reset();
    bench.jobs.act = nullptr;
    bench.pass(seconds(130));
    EXPECT_FALSE(status().as_object().contains("trouble"));
}

TEST_F(CastRoutes, a_further_target_is_chosen_by_name) {
    fhir::EngineBench other;
    fhir::DeadLetter of_other;
    of_other.key = {"north", "9.9"};
    ASSERT_TRUE(other.state.record(0, of_other).ok());
    cast.further.push_back({"research", other.engine, other.state});
    routes = cast_routes(cast, lane);
    EXPECT_EQ(list().size(), 3U);
    EXPECT_EQ(list("target=default").size(), 3U);
    ASSERT_EQ(list("target=research").size(), 1U);
    EXPECT_EQ(list("target=research")[0].at("study"), "9.9");
    EXPECT_EQ(call(http::Method::get, "/cast/status", "target=none").status, 404U);
    EXPECT_EQ(json_of(call(http::Method::get, "/cast/status")).at("targets"), json::array{"research"});
    EXPECT_EQ(call(http::Method::post, "/cast/backfill", "target=research&modality=CT").status, 202U);
    EXPECT_FALSE(bench.engine.status().backfill);
    EXPECT_TRUE(other.engine.status().backfill);
    EXPECT_TRUE(cast_health(cast).working);
    other.feed.failure = fail(ErrorCode::unavailable, "away");
    other.keep();
    other.engine.read_step();
    EXPECT_EQ(cast_health(cast).reason, "research: the archive does not answer");
}

TEST_F(CastRoutes, a_letter_is_shown_replayed_and_discarded) {
    const std::string id = std::to_string(list("study=1.2")[0].at("id").as_int64());
    const http::Response shown = call(http::Method::get, "/cast/dead-letters/{id}", "", id);
    EXPECT_EQ(shown.status, 200U);
    EXPECT_EQ(json_of(shown).at("firstSequence"), 2);
    EXPECT_EQ(call(http::Method::post, "/cast/dead-letters/{id}/replay", "", id).status, 202U);
    EXPECT_EQ(bench.state.list({.replay_only = true})->size(), 1U);
    EXPECT_EQ(call(http::Method::delete_, "/cast/dead-letters/{id}", "", id).status, 204U);
    EXPECT_EQ(list("study=1.2")[0].at("state"), "discarded");
    EXPECT_EQ(bench.state.list({.replay_only = true})->size(), 0U);
}

TEST_F(CastRoutes, letters_are_replayed_by_filter) {
    const http::Response replayed = call(http::Method::post, "/cast/dead-letters/replay", "class=fhir");
    EXPECT_EQ(replayed.status, 202U);
    EXPECT_EQ(json_of(replayed).at("replayed"), 2);
    EXPECT_EQ(bench.state.list({.replay_only = true})->size(), 2U);
}

TEST_F(CastRoutes, the_status_tells_position_lag_circuit_and_letters) {
    bench.keep();
    bench.feed.add(1, "1.1");
    bench.feed.add(2, "1.2");
    bench.read_all();
    const json::value status = json_of(call(http::Method::get, "/cast/status"));
    EXPECT_EQ(status.at("position"), 0);
    EXPECT_EQ(status.at("latest"), 2);
    EXPECT_EQ(status.at("lagEntries"), 2);
    EXPECT_TRUE(status.at("lagSeconds").is_int64());
    EXPECT_EQ(status.at("dirtyStudies"), 2);
    EXPECT_EQ(status.at("circuit").at("fhir"), "closed");
    EXPECT_EQ(status.at("deadLetters").at("fhir"), 2);
    EXPECT_EQ(status.at("deadLetters").at("feed"), 0);
    EXPECT_EQ(status.at("lease").at("owner"), "me");
    EXPECT_EQ(status.at("working"), true);
}

TEST_F(CastRoutes, who_stands_by_tells_for_whom_and_until_when) {
    const Ticks now = bench.clock.wall();
    ASSERT_TRUE(bench.state.acquire("other", now, now + 15 * kTicksPerSecond).ok());
    ASSERT_TRUE(bench.state.save(0, 7, 9, now).ok());
    bench.keep();
    const json::value status = json_of(call(http::Method::get, "/cast/status"));
    EXPECT_EQ(status.at("lease").at("active"), false);
    EXPECT_EQ(status.at("lease").at("owner"), "other");
    EXPECT_EQ(status.at("lease").at("until"), json::value(to_iso8601(now + 15 * kTicksPerSecond)));
    EXPECT_EQ(status.at("position"), 7);
}

// Obligation: 19.health
TEST_F(CastRoutes, a_process_of_its_own_is_not_ready_while_the_fhir_server_is_away) {
    const auto health = cast_health_routes(cast);
    const http::Route& ready = RouteCaller::find(health, http::Method::get, "/health/ready");
    bench.keep();
    EXPECT_EQ(RouteCaller::call(ready, RouteCaller::request()).status, 200U);
    bench.feed.add(1, "1.1");
    bench.jobs.act = [](const fhir::JobRequest&) { return fhir::failing(fhir::FailureKind::target_down); };
    bench.pass(std::chrono::seconds(4));
    const http::Response down = RouteCaller::call(ready, RouteCaller::request());
    EXPECT_EQ(down.status, 503U);
    EXPECT_EQ(json_of(down).at("ready"), false);
    const json::value status = json_of(call(http::Method::get, "/cast/status"));
    EXPECT_EQ(status.at("circuit").at("fhir"), "open");
    EXPECT_EQ(status.at("working"), false);
    const http::Route& live = RouteCaller::find(health, http::Method::get, "/health/live");
    EXPECT_EQ(RouteCaller::call(live, RouteCaller::request()).status, 200U);
}

TEST(SideHealth, trouble_beside_the_archive_degrades_the_server_and_no_more) {
    const auto probe = std::make_shared<ReadinessProbe>([] { return Status(); },
                                                        [](std::function<void()> task) {
                                                            task();
                                                            return true;
                                                        });
    probe->refresh(ReadinessProbe::Clock::now());
    bool working = true;
    const auto routes =
        health_routes(probe, {[&] {
                          return SideHealth{"CastHealthCheck", working, working ? "fine" : "away"};
                      }});
    const auto ask = [&](const char* path) {
        const http::Route& route = RouteCaller::find(routes, http::Method::get, path);
        const http::Request request = RouteCaller::request();
        auto exchange = route.exchange({request, {}});
        while ((*exchange)->wait_before_finish()) {
        }
        return (*exchange)->finish();
    };
    EXPECT_EQ(json_of(ask("/health/check")).at("overallStatus"), "Healthy");
    working = false;
    const http::Response degraded = ask("/health/check");
    EXPECT_EQ(degraded.status, 200U);
    const json::value body = json_of(degraded);
    EXPECT_EQ(body.at("overallStatus"), "Degraded");
    EXPECT_EQ(body.at("details").as_array().back().at("name"), "CastHealthCheck");
    EXPECT_EQ(body.at("details").as_array().back().at("status"), "Degraded");
    EXPECT_EQ(body.at("details").at(0).at("status"), "Healthy");
    EXPECT_EQ(ask("/health/ready").status, 200U);
}

}  // namespace
}  // namespace isocenter::api
