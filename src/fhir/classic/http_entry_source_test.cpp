#include "fhir/classic/http_entry_source.h"

#include <gtest/gtest.h>

#include <deque>

namespace isocenter::fhir::classic {
namespace {

/// Answers with the given replies, one after the other.
class ScriptedSender : public net::HttpSender {
  public:
    Result<net::HttpReply> send(const net::HttpRequest& request) override {
        urls.push_back(request.url);
        if (replies.empty()) return fail(ErrorCode::unavailable, "no connection");
        net::HttpReply reply{replies.front().first, "application/json", {}, replies.front().second};
        replies.pop_front();
        return reply;
    }
    std::deque<std::pair<unsigned, std::string>> replies;
    std::vector<std::string> urls;
};

std::string entry_text(int sequence, const std::string& more = R"("metadata":{"00100020":{"vr":"LO"}})") {
    return R"({"sequence":)" + std::to_string(sequence) +
           R"(,"studyInstanceUid":"1.1","seriesInstanceUid":"1.2","sopInstanceUid":"1.3","action":"Create",)" +
           R"("state":"Current",)" + more + "}";
}

struct Bench {
    ScriptedSender sender;
    HttpEntrySource source{sender, {.root = "http://pacs"}};
};

TEST(ClassicEntries, a_page_is_read_with_metadata_and_serves_what_follows) {
    Bench bench;
    bench.sender.replies = {{200, "[" + entry_text(5) + "," + entry_text(7) + "]"}};
    const auto first = bench.source.entry(5);
    ASSERT_TRUE(first && *first);
    EXPECT_EQ((*first)->sequence, 5);
    EXPECT_EQ((*first)->action, Action::create);
    EXPECT_FALSE((*first)->gone);
    EXPECT_EQ((*first)->study_uid, "1.1");
    EXPECT_EQ((*first)->series_uid, "1.2");
    EXPECT_EQ((*first)->sop_uid, "1.3");
    EXPECT_TRUE((*first)->metadata->contains("00100020"));
    const auto second = bench.source.entry(7);
    ASSERT_TRUE(second && *second);
    EXPECT_EQ(bench.sender.urls,
              std::vector<std::string>{"http://pacs/v1/changefeed?offset=4&limit=10&includeMetadata=true"});
}

TEST(ClassicEntries, an_entry_that_is_asked_for_again_is_read_again) {
    Bench bench;
    bench.sender.replies = {{200, "[" + entry_text(5) + "]"},
                            {200, "[" + entry_text(5, R"("metadata":null)") + "]"}};
    ASSERT_TRUE(bench.source.entry(5));
    const auto again = bench.source.entry(5);
    ASSERT_TRUE(again && *again);
    EXPECT_FALSE((*again)->metadata);
    EXPECT_EQ(bench.sender.urls.size(), 2U);
}

TEST(ClassicEntries, to_read_again_forgets_the_page) {
    Bench bench;
    bench.sender.replies = {{200, "[" + entry_text(5) + "," + entry_text(6) + "]"},
                            {200, "[" + entry_text(6, R"("metadata":null)") + "]"}};
    ASSERT_TRUE(bench.source.entry(5));
    const auto again = bench.source.reread(6);
    ASSERT_TRUE(again && *again);
    EXPECT_FALSE((*again)->metadata);
}

// Obligation: 19.feed.malformed-one-by-one
TEST(ClassicEntries, a_bad_page_is_read_one_by_one) {
    Bench bench;
    bench.sender.replies = {{200, "[" + entry_text(5) + ",{"}, {200, "[" + entry_text(5) + "]"}};
    const auto entry = bench.source.entry(5);
    ASSERT_TRUE(entry && *entry);
    EXPECT_EQ(bench.sender.urls.back(), "http://pacs/v1/changefeed?offset=4&limit=1&includeMetadata=true");
}

// Obligation: 19.feed.malformed-entry
TEST(ClassicEntries, an_entry_whose_metadata_cannot_be_read_is_unusable) {
    Bench bench;
    bench.sender.replies = {{200, "[{"}, {200, "[{"}};
    const auto entry = bench.source.entry(5);
    ASSERT_FALSE(entry);
    EXPECT_EQ(entry.error().kind, FailureKind::unusable);
}

TEST(ClassicEntries, an_entry_of_an_unknown_action_is_nothing) {
    Bench bench;
    std::string replaced = entry_text(5);
    replaced.replace(replaced.find("Create"), 6, "Replace");
    bench.sender.replies = {{200, "[" + replaced + "]"}};
    EXPECT_EQ(*bench.source.entry(5), std::nullopt);
}

TEST(ClassicEntries, what_is_not_there_is_nothing) {
    Bench bench;
    bench.sender.replies = {{200, "[" + entry_text(6) + "]"}, {204, ""}};
    EXPECT_EQ(*bench.source.entry(5), std::nullopt);
    EXPECT_EQ(*bench.source.entry(9), std::nullopt);
}

TEST(ClassicEntries, an_archive_that_is_away_is_no_fault_of_the_entry) {
    Bench bench;
    bench.sender.replies = {{503, ""}, {401, ""}};
    EXPECT_EQ(bench.source.entry(5).error().kind, FailureKind::archive_transient);
    EXPECT_EQ(bench.source.entry(5).error().kind, FailureKind::archive_down);
    EXPECT_EQ(bench.source.entry(5).error().kind, FailureKind::archive_down);
}

TEST(ClassicEntries, words_are_read_in_any_case_and_uids_are_needed) {
    boost::json::object object{{"sequence", 3},
                               {"action", "delete"},
                               {"state", "DELETED"},
                               {"studyInstanceUid", "1.1"},
                               {"seriesInstanceUid", "1.2"},
                               {"sopInstanceUid", "1.3"}};
    const auto entry = parse_entry(boost::json::object(object));
    ASSERT_TRUE(entry);
    EXPECT_EQ(entry->action, Action::remove);
    EXPECT_TRUE(entry->gone);
    for (const char* member :
         {"sequence", "action", "studyInstanceUid", "seriesInstanceUid", "sopInstanceUid"}) {
        auto partial = object;
        partial.erase(member);
        EXPECT_FALSE(parse_entry(std::move(partial))) << member;
    }
}

}  // namespace
}  // namespace isocenter::fhir::classic
