#include <gtest/gtest.h>

#include "api/dicomweb/feed_params.h"
#include "api/route_caller.h"
#include "base/clock.h"

namespace isocenter::api {
namespace {

namespace json = boost::json;

std::string object(const std::string& instance) {
    return archive::to_part10(archive::make_data_set("1.1", "1.1.1", instance));
}

http::Response get(RouteCaller& test, const std::string& query, const std::string& pattern = "/changefeed") {
    const auto routes = change_feed_routes(test.face);
    return RouteCaller::call(RouteCaller::find(routes, http::Method::get, pattern),
                             RouteCaller::request(query));
}

Result<FeedRequest> parse(const Profile& profile, std::string_view query) {
    std::string parameter;
    return parse_feed(profile, query, parameter);
}

TEST(FeedParams, TimeWindowsRefuseWhatTheTableRefuses) {
    for (const char* query :
         {"startTime=abc", "endTime=abc", "startTime=2023-05-03T10:58:00", "endTime=2023-05-03T10:58:00",
          "startTime=2023-05-03T10:58:00Z&endTime=2023-05-03T10:58:00Z",
          "startTime=2023-05-03T10:58:00Z&endTime=2023-05-03T10:57:00Z", "limit=-1", "limit=0", "limit=blah",
          "limit=", "limit=201", "offset=-1", "offset=92233720368547758070", "offset=blah",
          "includeMetadata=0", "includeMetadata=true-ish", "includeMetadata=boolean", "includeMetadata="}) {
        EXPECT_FALSE(parse(v2_profile(), query).ok()) << query;
        EXPECT_FALSE(parse(standard_profile(), query).ok()) << query;
    }
    std::string parameter;
    EXPECT_FALSE(parse_latest(v2_profile(), "includeMetadata=asdf", parameter).ok());
    EXPECT_EQ(parameter, "includeMetadata");
}

TEST(FeedParams, TimeWindowsTakeTheirDefaultsSpeltOut) {
    const auto spelt = parse(v2_profile(),
                             "STARTTIME=&endTime=9999-12-31T23:59:59.9999999%2b00:00&limit=200&"
                             "includemetadata=False&limit=7");
    ASSERT_TRUE(spelt.ok());
    EXPECT_TRUE(spelt->query.by_time);
    EXPECT_EQ(spelt->query.from, 0);
    EXPECT_EQ(spelt->query.until, kMaxTicks);
    EXPECT_EQ(spelt->query.limit, 200U);
    EXPECT_FALSE(spelt->query.with_documents);
    EXPECT_EQ(parse(v2_profile(), "")->query.limit, 100U);
}

TEST(FeedParams, SequenceWindowOfTheOlderVersion) {
    const auto window = parse(v1_profile(), "offset=5&startTime=nonsense");
    ASSERT_TRUE(window.ok());
    EXPECT_FALSE(window->query.by_time);
    EXPECT_EQ(window->query.after, 5);
    EXPECT_EQ(window->query.up_to, 15);
    EXPECT_FALSE(parse(v1_profile(), "limit=101").ok());
    EXPECT_EQ(parse(v1_profile(), "offset=9223372036854775807")->query.up_to, INT64_MAX);
}

TEST(FeedParams, CursorsAreForTheStandardFace) {
    EXPECT_FALSE(parse(v2_profile(), "cursor=0")->by_cursor);
    const auto first = parse(standard_profile(), "cursor=0&wait=60&limit=3");
    ASSERT_TRUE(first.ok());
    EXPECT_TRUE(first->by_cursor);
    EXPECT_EQ(first->wait_seconds, 60U);
    for (const char* query : {"cursor=", "cursor=1", "cursor=f1", "cursor=f1zz", "cursor=f1-1", "cursor=f11-",
                              "cursor=f11-zz", "cursor=0&wait=61", "cursor=0&wait=x", "cursor=0&limit=0"})
        EXPECT_FALSE(parse(standard_profile(), query).ok()) << query;
    const auto last = read_cursor(to_cursor({INT64_MAX, "0123456789ab"}));
    ASSERT_TRUE(last.has_value());
    EXPECT_EQ(last->sequence, INT64_MAX);
    EXPECT_EQ(last->mark, "0123456789ab");
    EXPECT_EQ(to_cursor(*read_cursor("0")), "0");
}

TEST(FeedParams, TheStandardFaceTellsWhatItDoesNotKnow) {
    const struct {
        const char* query;
        std::vector<std::string> names;
    } cases[] = {{"cursor=0&wait=1&LIMIT=3&includemetadata=false", {}},
                 {"startTime=&endTime=&offset=0&limit=1", {}},
                 {"foo=1&foo=2&b%0Da", {"foo", "b?a"}},
                 {"cursor=0&offset=3&startTime=", {"offset", "startTime"}}};
    Profile strict = standard_profile();
    strict.ignore_unknown_query = false;
    for (const auto& [query, names] : cases) {
        const auto feed = parse(standard_profile(), query);
        ASSERT_TRUE(feed.ok()) << query;
        std::vector<std::string> expected;
        for (const std::string& name : names)
            expected.push_back(name + " is not supported and was ignored");
        EXPECT_EQ(feed->warnings, expected) << query;
        EXPECT_EQ(parse(strict, query).ok(), names.empty()) << query;
        EXPECT_TRUE(parse(v2_profile(), query)->warnings.empty()) << query;
    }
    std::string parameter;
    EXPECT_FALSE(parse_latest(strict, "limit=3", parameter).ok());
    EXPECT_EQ(parameter, "limit");
    EXPECT_FALSE(parse_feed(standard_profile(), "wait=1", parameter).ok());
    EXPECT_EQ(parameter, "wait");
}

TEST(ChangeFeed, EntriesShowTheStateOfNow) {
    RouteCaller test(v2_profile());
    EXPECT_EQ(get(test, "", "/changefeed/latest").status, 204U);
    EXPECT_EQ(body_of(get(test, "")), "[]");
    test.stored.store({object("1.1.1.1")});
    ASSERT_TRUE(test.stored.archive->remove(archive::key_of("1.1")).ok());
    const json::value deleted = json_of(get(test, "", "/changefeed/latest"));
    EXPECT_EQ(deleted.at("action"), json::value("Delete"));
    EXPECT_EQ(deleted.at("state"), json::value("Deleted"));
    EXPECT_FALSE(deleted.as_object().contains("metadata"));
    test.stored.store({object("1.1.1.1")});
    const http::Response response = get(test, "");
    EXPECT_EQ(response.headers.get("Content-Type"), "application/json; charset=utf-8");
    const json::value all = json_of(response);
    ASSERT_EQ(all.as_array().size(), 3U);
    EXPECT_EQ(all.at(0).at("state"), json::value("Replaced"));
    EXPECT_EQ(all.at(1).at("state"), json::value("Replaced"));
    const json::object& current = all.at(2).as_object();
    EXPECT_EQ(current.at("state"), json::value("Current"));
    EXPECT_EQ(current.at("sequence"), json::value(3));
    EXPECT_EQ(current.at("partitionName"), json::value("Microsoft.Default"));
    EXPECT_EQ(current.at("studyInstanceUid"), json::value("1.1"));
    EXPECT_EQ(current.at("sopInstanceUid"), json::value("1.1.1.1"));
    EXPECT_TRUE(current.at("metadata").as_object().contains("00080018"));
    EXPECT_FALSE(current.contains("filePath"));
    EXPECT_FALSE(
        json_of(get(test, "includeMetadata=false", "/changefeed/latest")).as_object().contains("metadata"));
    EXPECT_EQ(json_of(get(test, "offset=2&limit=1")).as_array().size(), 1U);
}

TEST(ChangeFeed, ACursorNeverSkipsNorRepeats) {
    RouteCaller test(standard_profile());
    std::string cursor = "0";
    std::int64_t seen = 0;
    for (int round = 0; round < 3; ++round) {
        test.stored.store({object("1.1.1." + std::to_string(2 * round + 1)),
                           object("1.1.1." + std::to_string(2 * round + 2))});
        for (;;) {
            const json::value page = json_of(get(test, "limit=1&cursor=" + cursor));
            const json::array& entries = page.at("entries").as_array();
            cursor = std::string(std::string_view(page.at("next").as_string()));
            if (entries.empty()) break;
            EXPECT_EQ(entries.at(0).at("sequence").as_int64(), ++seen);
        }
    }
    EXPECT_EQ(seen, 6);
}

std::string next_of(const http::Response& page) {
    return json::value_to<std::string>(json_of(page).at("next"));
}

TEST(ChangeFeed, ACursorOfAnotherArchiveIsRefused) {
    Profile profile = standard_profile();
    profile.gone_for_deleted = false;
    RouteCaller before(profile);
    before.stored.store({object("1.1.1.1"), object("1.1.1.2"), object("1.1.1.3")});
    const std::string cursor = next_of(get(before, "cursor=0"));
    EXPECT_EQ(next_of(get(before, "cursor=" + cursor)), cursor);

    // Emptied: shorter than the cursor, then longer, with the same instances and with others.
    RouteCaller after(profile);
    EXPECT_EQ(next_of(get(after, "cursor=0")), "0");
    const auto refused = [&after](const std::string& query) {
        const http::Response response = get(after, query);
        EXPECT_EQ(response.status, 410U) << query;
        const json::value problem = json_of(response);
        EXPECT_EQ(problem.at("parameter"), json::value("cursor"));
        EXPECT_NE(problem.at("detail").as_string().find("cursor=0"), std::string::npos);
    };
    refused("cursor=" + cursor);
    refused("cursor=" + cursor + "&wait=60");
    for (const char* instance : {"1.1.1.1", "1.1.1.2", "1.1.1.3", "1.1.1.4"})
        after.stored.store({object(instance)});
    refused("cursor=" + cursor);
    // Nobody can tell what a cursor without a mark stands behind.
    refused("cursor=f13");
    EXPECT_EQ(json_of(get(after, "cursor=0")).at("entries").as_array().size(), 4U);
}

TEST(ChangeFeed, ARefusedCursorIsNotWaitedFor) {
    RouteCaller test(standard_profile());
    const auto routes = change_feed_routes(test.face);
    const http::Route& route = RouteCaller::find(routes, http::Method::get, "/changefeed");
    const http::Request request = RouteCaller::request("cursor=f13-0123456789ab&wait=30");
    const http::PathParams params;
    auto exchange = *route.exchange({request, params});
    EXPECT_FALSE(exchange->wait_before_finish().has_value());
    EXPECT_EQ(exchange->finish().status, 410U);
}

TEST(ChangeFeed, ALongPollWaitsForItsFirstEntry) {
    RouteCaller test(standard_profile());
    const auto routes = change_feed_routes(test.face);
    const http::Route& route = RouteCaller::find(routes, http::Method::get, "/changefeed");
    const http::Request request = RouteCaller::request("cursor=0&wait=30");
    const http::PathParams params;
    auto exchange = *route.exchange({request, params});
    const auto wait = exchange->wait_before_finish();
    ASSERT_TRUE(wait.has_value());
    EXPECT_EQ(wait->signal, test.face.change_signal);
    EXPECT_EQ(wait->generation, test.face.change_signal->generation());
    test.stored.store({object("1.1.1.1")});
    test.face.change_signal->fire();
    EXPECT_FALSE(exchange->wait_before_finish().has_value());
    EXPECT_EQ(json_of(exchange->finish()).at("entries").as_array().size(), 1U);
}

TEST(ChangeFeed, ALongPageIsHeldAPieceAtATimeAndCharged) {
    constexpr std::size_t kInstances = 12;
    RouteCaller test(standard_profile());
    store_long_ones(test.stored, kInstances);
    test.face.memory = std::make_shared<MemoryBudget>(6U << 20U);
    http::Response response = get(test, "cursor=0&limit=200");
    ASSERT_EQ(response.status, 200U);
    const HeldBody body = read_held(response, *test.face.memory);
    const json::value page = json::parse(body.text);
    ASSERT_EQ(page.at("entries").as_array().size(), kInstances);
    std::int64_t sequence = 0;
    for (const json::value& entry : page.at("entries").as_array()) {
        EXPECT_EQ(entry.at("sequence").as_int64(), ++sequence);
        EXPECT_EQ(json::value_to<std::string>(entry.at("metadata").at("00080018").at("Value").at(0)),
                  json::value_to<std::string>(entry.at("sopInstanceUid")));
    }
    EXPECT_TRUE(page.as_object().contains("next"));
    EXPECT_GE(body.most_held, 1U << 20U);
    response.body = {};
    EXPECT_EQ(test.face.memory->used_bytes(), 0U);
}

TEST(ChangeFeed, EntriesOfOneMomentComeAlsoWithoutMemory) {
    RouteCaller test(standard_profile());
    for (int i = 1; i <= 60; ++i)
        test.stored.store({object("1.1.1." + std::to_string(i))});
    ASSERT_TRUE(test.stored.archive->remove(archive::key_of("1.1", "1.1.1", "1.1.1.7")).ok());
    test.stored.store({object("1.1.1.7")});
    ASSERT_TRUE(test.stored.archive->remove(archive::key_of("1.1", "1.1.1", "1.1.1.9")).ok());
    const std::string whole = body_of(get(test, "cursor=0&limit=200"));
    test.face.memory = std::make_shared<MemoryBudget>(0);
    EXPECT_EQ(body_of(get(test, "cursor=0&limit=200")), whole);
    const json::value page = json::parse(whole);
    ASSERT_EQ(page.at("entries").as_array().size(), 63U);
    for (const json::value& entry : page.at("entries").as_array())
        EXPECT_EQ(entry.as_object().contains("metadata"), entry.at("state") != json::value("Deleted"));
}

}  // namespace
}  // namespace isocenter::api
