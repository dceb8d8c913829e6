#include "app/cohort_remote.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <deque>

namespace isocenter::app {
namespace {

/// Answers from a script.
class Server : public net::HttpSender {
  public:
    Result<net::HttpReply> send(const net::HttpRequest& request) override {
        asked.push_back(request.url + ' ' + request.headers.at(0).second);
        if (answers.empty()) return fail(ErrorCode::unavailable, "refused");
        net::HttpReply answer = answers.front();
        answers.pop_front();
        return answer;
    }
    void give(unsigned status, const std::string& body) { answers.push_back({status, "", {}, body}); }
    std::deque<net::HttpReply> answers;
    std::vector<std::string> asked;
};

class RemoteCohorts : public testing::Test {
  protected:
    Status run(CohortFormat format, const std::string& as_of = {}) {
        text.clear();
        return run_remote_cohort(server, {"http://pacs.test/", "a b", as_of}, format,
                                 [this](std::string_view piece) -> Status {
                                     text += piece;
                                     return {};
                                 });
    }
    void give_pages() {
        server.give(200,
                    R"({"name":"a b","asOf":"2026-01-01","total":{"patients":2},"next":"k-1",
                        "stats":{"fhirRequests":3,"milliseconds":10},"patients":[{"patient":{"id":"p1"}}]})");
        server.give(200,
                    R"({"name":"a b","asOf":"2026-01-01","total":{"patients":2},
                        "stats":{"fhirRequests":1,"milliseconds":5},"patients":[{"patient":{"id":"p2"}}]})");
    }
    Server server;
    std::string text;
};

TEST(RemoteCohort, a_server_that_works_on_an_answer_is_waited_for) {
    EXPECT_GE(patient_client().stall_timeout, std::chrono::hours(12));
}

TEST_F(RemoteCohorts, pages_become_one_document) {
    give_pages();
    ASSERT_TRUE(run(CohortFormat::json, "2026-01-01").ok());
    EXPECT_EQ(boost::json::parse(text),
              boost::json::parse(R"({"name":"a b","asOf":"2026-01-01","total":{"patients":2},
                  "patients":[{"patient":{"id":"p1"}},{"patient":{"id":"p2"}}],
                  "stats":{"fhirRequests":4,"milliseconds":15}})"));
    EXPECT_EQ(server.asked, (std::vector<std::string>{
                                "http://pacs.test/cohorts/a%20b?limit=100&asOf=2026-01-01 application/json",
                                "http://pacs.test/cohorts/a%20b?limit=100&cursor=k-1 application/json"}));
}

TEST_F(RemoteCohorts, pages_become_lines) {
    give_pages();
    ASSERT_TRUE(run(CohortFormat::ndjson).ok());
    EXPECT_EQ(text,
              "{\"patient\":{\"id\":\"p1\"}}\n{\"patient\":{\"id\":\"p2\"}}\n"
              "{\"total\":{\"patients\":2},\"stats\":{\"fhirRequests\":4,\"milliseconds\":15}}\n");
}

TEST_F(RemoteCohorts, decimals_of_resources_pass_as_they_are) {
    const std::string dose = R"({"patient":{"id":"p1"},"resources":{"doses":[{"value":1.50}]}})";
    for (const CohortFormat format : {CohortFormat::json, CohortFormat::ndjson}) {
        server.give(200, R"({"asOf":"2026-01-01","total":{},"stats":{},"patients":[)" + dose + "]}");
        ASSERT_TRUE(run(format).ok());
        EXPECT_NE(text.find(dose), std::string::npos) << text;
    }
}

TEST_F(RemoteCohorts, studies_are_handed_over_as_they_are) {
    server.give(200, "1.2\n1.3\n");
    ASSERT_TRUE(run(CohortFormat::studies, "2026-01-01").ok());
    EXPECT_EQ(text, "1.2\n1.3\n");
    EXPECT_EQ(server.asked.at(0), "http://pacs.test/cohorts/a%20b/studies?asOf=2026-01-01 text/plain");
}

TEST_F(RemoteCohorts, refusals_keep_their_meaning_and_words) {
    const auto refusal = [&](unsigned status) {
        server.give(status, R"({"status":1,"detail":"/clinical/0: no"})");
        const Status done = run(CohortFormat::json);
        EXPECT_EQ(done.error().message, "the server says: /clinical/0: no");
        return done.error().code;
    };
    EXPECT_EQ(refusal(400), ErrorCode::invalid_request);
    EXPECT_EQ(refusal(404), ErrorCode::not_found);
    EXPECT_EQ(refusal(410), ErrorCode::unavailable);
    EXPECT_EQ(refusal(422), ErrorCode::too_large);
    EXPECT_EQ(refusal(424), ErrorCode::unsupported);
    EXPECT_EQ(refusal(503), ErrorCode::unavailable);
    server.give(502, "<html>");
    EXPECT_EQ(run(CohortFormat::json).error().message, "the server answered 502");
    EXPECT_EQ(run(CohortFormat::json).error().message, "the server does not answer: refused");
}

TEST_F(RemoteCohorts, what_is_no_page_is_an_error) {
    for (const char* body : {"", "[]", "{}", R"({"total":{},"stats":{},"patients":[1]})", R"({"total":1})"}) {
        server.give(200, body);
        EXPECT_EQ(run(CohortFormat::json).error().message, "the server's answer is no page of a cohort");
    }
}

}  // namespace
}  // namespace isocenter::app
