#include "fhir/feed/http_change_source.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <functional>

namespace isocenter::fhir {
namespace {

/// Answers from a function of the path and query.
class FakeServer : public net::HttpSender {
  public:
    using Answer = std::function<net::HttpReply(const std::string&)>;
    explicit FakeServer(Answer answer) : answer_(std::move(answer)) {}
    Result<net::HttpReply> send(const net::HttpRequest& request) override {
        asked.push_back(request.url);
        return answer_(request.url);
    }
    std::vector<std::string> asked;

  private:
    Answer answer_;
};

net::HttpReply ok(std::string body) {
    return {200, "application/json", {}, std::move(body)};
}

std::string entry(std::int64_t sequence, const std::string& study = "1.2.3") {
    return fmt::format(
        R"({{"sequence":{},"partitionName":"Microsoft.Default","studyInstanceUid":"{}",)"
        R"("action":"Create","state":"Current","timestamp":"2026-01-02T03:04:05.1234567+00:00"}})",
        sequence, study);
}

/// Offset and limit of a window's URL.
std::pair<std::int64_t, std::int64_t> window_of(const std::string& url) {
    const auto number = [&](const char* name) {
        return std::stoll(url.substr(url.find(name) + std::string_view(name).size()));
    };
    return {number("offset="), number("limit=")};
}

TEST(HttpChangeSource, deletions_name_their_instance) {
    FakeServer server([](const std::string&) {
        return ok(R"([{"sequence":1,"studyInstanceUid":"1.2","sopInstanceUid":"1.2.3","action":"Delete"},)"
                  R"({"sequence":2,"studyInstanceUid":"1.2","sopInstanceUid":"1.2.4","action":"delete"},)"
                  R"({"sequence":3,"studyInstanceUid":"1.2","sopInstanceUid":"1.2.5","action":"Create"}])");
    });
    const auto window = HttpChangeSource(server, {.root = "http://pacs"}).read(0);
    ASSERT_EQ(window->entries.size(), 3U);
    EXPECT_EQ(window->entries[0].removed_instance, "1.2.3");
    EXPECT_EQ(window->entries[1].removed_instance, "1.2.4");
    EXPECT_EQ(window->entries[2].removed_instance, "");
}

// Obligation: 19.feed.window
TEST(HttpChangeSource, reads_a_window_of_100_numbers_without_metadata) {
    FakeServer server([](const std::string&) { return ok("[" + entry(42, "1.7") + "," + entry(41) + "]"); });
    HttpChangeSource source(server, {.root = "http://pacs"});
    const auto window = source.read(40);
    ASSERT_TRUE(window.ok());
    ASSERT_EQ(window->entries.size(), 2U);
    EXPECT_EQ(window->entries[0].sequence, 41);
    EXPECT_EQ(window->entries[1].study_uid, "1.7");
    EXPECT_EQ(window->entries[1].partition, "Microsoft.Default");
    EXPECT_GT(window->entries[1].time, 0);
    EXPECT_TRUE(window->unreadable.empty());
    EXPECT_EQ(server.asked, std::vector<std::string>{
                                "http://pacs/v1/changefeed?offset=40&limit=100&includeMetadata=false"});
}

// Obligation: 19.feed.latest-empty
TEST(HttpChangeSource, an_empty_reply_to_latest_is_0) {
    FakeServer server([](const std::string&) { return net::HttpReply{204, "", {}, ""}; });
    HttpChangeSource source(server, {.root = "http://pacs"});
    EXPECT_EQ(*source.latest(), 0);
    EXPECT_TRUE(source.read(0)->entries.empty());
    FakeServer other([](const std::string&) { return ok(entry(67)); });
    EXPECT_EQ(*HttpChangeSource(other, {.root = "http://pacs"}).latest(), 67);
}

TEST(HttpChangeSource, refusals_and_garbage_instead_of_latest_are_errors) {
    for (const unsigned status : {401U, 403U, 404U, 500U, 503U}) {
        FakeServer server([&](const std::string&) { return net::HttpReply{status, "", {}, "[]"}; });
        HttpChangeSource source(server, {.root = "http://pacs"});
        EXPECT_FALSE(source.latest().ok());
        EXPECT_FALSE(source.read(0).ok()) << "an outage is no malformed entry";
        EXPECT_EQ(server.asked.size(), 2U);
    }
    FakeServer server([](const std::string&) { return ok("<html>"); });
    EXPECT_FALSE(HttpChangeSource(server, {.root = "http://pacs"}).latest().ok());
}

/// A feed of numbers 1..100 but 50 to 55, whose entries `bad` break the JSON of every window that holds them.
FakeServer::Answer feed_with(std::vector<std::int64_t> bad) {
    return [bad = std::move(bad)](const std::string& url) {
        const auto [offset, limit] = window_of(url);
        std::string body = "[";
        for (std::int64_t n = offset + 1; n <= std::min<std::int64_t>(offset + limit, 100); ++n) {
            if (n >= 50 && n <= 55) continue;
            const bool broken = std::find(bad.begin(), bad.end(), n) != bad.end();
            body += (body.size() > 1 ? "," : "") + (broken ? R"({"sequence":)" : entry(n));
        }
        return ok(body + "]");
    };
}

// Obligation: 19.feed.malformed-window
TEST(HttpChangeSource, a_malformed_window_is_halved_until_the_bad_number_is_alone) {
    for (const std::vector<std::int64_t>& bad :
         std::vector<std::vector<std::int64_t>>{{1}, {49}, {56}, {100}, {3, 4, 99}}) {
        FakeServer server(feed_with(bad));
        HttpChangeSource source(server, {.root = "http://pacs"});
        const auto window = source.read(0);
        ASSERT_TRUE(window.ok());
        EXPECT_EQ(window->unreadable, bad);
        EXPECT_EQ(window->entries.size(), 94U - bad.size()) << "good entries are kept, also behind a gap";
    }
}

TEST(HttpChangeSource, an_entry_without_a_study_is_unreadable_by_its_number) {
    FakeServer server([](const std::string&) {
        return ok("[{\"sequence\":7},{\"sequence\":8,\"studyInstanceUid\":\"\"}]");
    });
    HttpChangeSource source(server, {.root = "http://pacs"});
    EXPECT_EQ(source.read(0)->unreadable, (std::vector<std::int64_t>{7, 8}));
    EXPECT_EQ(server.asked.size(), 1U);
}

TEST(HttpChangeSource, the_feed_lies_beside_the_version_of_the_service) {
    EXPECT_EQ(service_root("https://pacs.lakeside.test"), "https://pacs.lakeside.test");
    EXPECT_EQ(service_root("https://pacs.lakeside.test/"), "https://pacs.lakeside.test");
    EXPECT_EQ(service_root("https://pacs.lakeside.test/v2"), "https://pacs.lakeside.test");
    EXPECT_EQ(service_root("https://proxy/archive/v1.0-prerelease/"), "https://proxy/archive");
    EXPECT_EQ(service_root("https://proxy/archive/v2/partitions/north"), "https://proxy/archive");
    EXPECT_EQ(service_root("http://127.0.0.1:8080/dicom-web"), "http://127.0.0.1:8080");
    EXPECT_EQ(service_root("https://proxy/archive"), "https://proxy/archive");
    EXPECT_EQ(service_root("https://v2"), "https://v2");
}

// Obligation: 19.worker.poll
TEST(HttpChangeSource, waiting_ends_with_the_poll_interval_and_with_a_stop) {
    FakeServer server([](const std::string&) { return ok("[]"); });
    HttpChangeSource often(server, {.root = "http://pacs", .poll_interval = std::chrono::milliseconds(1)});
    const auto begin = std::chrono::steady_clock::now();
    often.wait_for_news({}, std::chrono::hours(1));
    HttpChangeSource seldom(server, {.root = "http://pacs", .poll_interval = std::chrono::hours(1)});
    std::stop_source stop;
    stop.request_stop();
    seldom.wait_for_news(stop.get_token(), std::chrono::hours(1));
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::minutes(10));
}

}  // namespace
}  // namespace isocenter::fhir
