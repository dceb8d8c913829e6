#include "fhir/client/fhir_client.h"

#include <gtest/gtest.h>

#include <deque>

namespace isocenter::fhir {
namespace {

namespace json = boost::json;

/// Gives its answers one after another and keeps what was asked.
class ScriptedServer : public net::HttpSender {
  public:
    Result<net::HttpReply> send(const net::HttpRequest& request) override {
        requests.push_back(request);
        if (answers.empty()) return fail(ErrorCode::unavailable, "connection refused");
        auto answer = std::move(answers.front());
        answers.pop_front();
        return answer;
    }
    void answer(unsigned status, std::string body, net::HttpHeaders headers = {}) {
        answers.emplace_back(
            net::HttpReply{status, "application/fhir+json", std::move(headers), std::move(body)});
    }
    std::deque<Result<net::HttpReply>> answers;
    std::vector<net::HttpRequest> requests;
};

class Client : public testing::Test {
  protected:
    ScriptedServer server;
    FhirClient client{server, {.base = "http://fhir.test/fhir/"}};
};

std::string patient(const std::string& id, const std::string& meta = R"({"versionId":"1"})") {
    return R"({"resource":{"resourceType":"Patient","id":")" + id + R"(","meta":)" + meta + "}}";
}

std::string page(const std::string& entries, const std::string& next = {}) {
    const std::string link = next.empty() ? "" : R"("link":[{"relation":"next","url":")" + next + R"("}],)";
    return R"({"resourceType":"Bundle",)" + link + R"("entry":[)" + entries + "]}";
}

// Obligation: 19.search.none, 19.search.pages, 19.validator.complete
TEST_F(Client, search_results_none_one_and_many_over_pages) {
    server.answer(200, R"({"resourceType":"Bundle"})");
    EXPECT_TRUE(client.search("Patient", "identifier=a")->empty());
    EXPECT_EQ(server.requests[0].url, "http://fhir.test/fhir/Patient?identifier=a");
    EXPECT_EQ(server.requests[0].headers[1].second, "no-cache");
    server.answer(200, page(patient("1"), "http://fhir.test/fhir?_getpages=7"));
    server.answer(200, page(patient("2")));
    EXPECT_EQ(client.search("Patient", "identifier=a")->size(), 2U);
    EXPECT_EQ(server.requests[2].url, "http://fhir.test/fhir?_getpages=7");
}

TEST_F(Client, a_search_that_is_not_found_is_trouble_of_the_server) {
    const auto kind_of = [&](unsigned status, const std::string& body) {
        server.answer(status, body);
        return client.search("Patient", "identifier=a").error().kind;
    };
    EXPECT_EQ(kind_of(404, "<html>no upstream</html>"), FailureKind::transient);
    EXPECT_EQ(kind_of(405, ""), FailureKind::transient);
    EXPECT_EQ(kind_of(400, ""), FailureKind::refused);
    EXPECT_EQ(kind_of(404, R"({"resourceType":"OperationOutcome","issue":[{"code":"not-supported"}]})"),
              FailureKind::refused);
}

TEST_F(Client, retry_after_is_a_number_or_a_date_and_has_a_limit) {
    const auto wait = [&](net::HttpHeaders headers) {
        server.answer(503, "", std::move(headers));
        return client.capability().error().retry_after;
    };
    EXPECT_EQ(wait({{"retry-after", "17"}}), std::chrono::seconds(17));
    EXPECT_EQ(
        wait({{"date", "Sun, 06 Nov 1994 08:49:37 GMT"}, {"retry-after", "Sun, 06 Nov 1994 08:51:07 GMT"}}),
        std::chrono::seconds(90));
    EXPECT_EQ(
        wait({{"date", "Sun, 06 Nov 1994 08:49:37 GMT"}, {"retry-after", "Sun, 06 Nov 1994 08:49:00 GMT"}}),
        std::chrono::seconds(0));
    EXPECT_EQ(wait({{"retry-after", "Sun, 06 Nov 1994 08:49:37 GMT"}}), std::chrono::seconds(0));
    EXPECT_EQ(wait({{"retry-after", "99999999"}}), std::chrono::seconds(3600));
    EXPECT_EQ(wait({{"retry-after", "-5"}}), std::chrono::seconds(0));
    EXPECT_EQ(wait({{"retry-after", "soon"}}), std::nullopt);
    EXPECT_EQ(wait({}), std::nullopt);
}

TEST_F(Client, a_search_is_bounded_by_what_it_finds_not_by_its_pages) {
    const std::string next = "http://fhir.test/fhir?_getpages=7";
    for (int at = 0; at < 1100; ++at)
        server.answer(200, page(patient("1"), next));
    server.answer(200, page(patient("1")));
    EXPECT_EQ(client.search("Patient", "x")->size(), 1101U);
    std::string many = patient("1");
    for (int at = 1; at < 10'000; ++at)
        many += ',' + patient("1");
    for (int at = 0; at < 20; ++at)
        server.answer(200, page(many, next));
    EXPECT_EQ(client.search("Patient", "x").error().kind, FailureKind::refused);
    EXPECT_EQ(server.answers.size(), 9U);
}

TEST_F(Client, a_search_by_post_hands_over_page_after_page_until_the_visitor_fails) {
    std::vector<std::string> seen;
    const auto visit = [&](json::object&& resource) -> Attempt<void> {
        seen.emplace_back(resource.at("id").as_string());
        if (seen.size() == 3) return failed(FailureKind::cancelled, "enough");
        return {};
    };
    server.answer(200, page(patient("1") + "," + patient("2"), "http://fhir.test/fhir?_getpages=7"));
    server.answer(200, page(patient("3") + "," + patient("4"), "http://fhir.test/fhir?_getpages=8"));
    const auto status = client.search_each("Patient", "_id=1,2", visit);
    EXPECT_EQ(status.error().kind, FailureKind::cancelled);
    EXPECT_EQ(seen, (std::vector<std::string>{"1", "2", "3"}));
    ASSERT_EQ(server.requests.size(), 2U);
    EXPECT_EQ(server.requests[0].method + server.requests[0].url,
              "POSThttp://fhir.test/fhir/Patient/_search");
    EXPECT_EQ(server.requests[0].body, "_id=1,2");
    EXPECT_EQ(server.requests[0].headers[0].second, "application/x-www-form-urlencoded");
    EXPECT_EQ(server.requests[1].method, "GET");
    EXPECT_EQ(server.requests[1].body, "");
}

TEST_F(Client, a_search_by_post_needs_no_versions) {
    std::size_t seen = 0;
    const auto visit = [&](json::object&&) -> Attempt<void> {
        ++seen;
        return {};
    };
    server.answer(200, page(patient("1", "{}") + R"(,{"resource":{"resourceType":"Patient","id":"2"}})"));
    EXPECT_TRUE(client.search_each("Patient", "x", visit));
    EXPECT_EQ(seen, 2U);
    server.answer(200, page(patient("")));
    EXPECT_EQ(client.search_each("Patient", "x", visit).error().kind, FailureKind::refused);
}

TEST_F(Client, count_needs_a_total) {
    server.answer(200, R"({"resourceType":"Bundle","total":12})");
    EXPECT_EQ(client.count("Patient", "gender=male").value(), 12U);
    EXPECT_EQ(server.requests[0].url, "http://fhir.test/fhir/Patient?_summary=count&gender=male");
    for (const char* body : {R"({"resourceType":"Bundle"})", R"({"total":-1})", R"({"total":"1"})", "[]"}) {
        server.answer(200, body);
        EXPECT_FALSE(client.count("Patient", "").has_value()) << body;
    }
    EXPECT_EQ(server.requests[1].url, "http://fhir.test/fhir/Patient?_summary=count");
}

// Obligation: 19.search.type
TEST_F(Client, search_counts_entries_of_the_wanted_type_only) {
    server.answer(200,
                  page(R"({"resource":{"resourceType":"OperationOutcome"},"search":{"mode":"outcome"}},)" +
                       patient("1")));
    EXPECT_EQ(client.search("Patient", "x")->size(), 1U);
}

// Obligation: 19.validator.no-id, 19.validator.no-meta, 19.validator.no-version
TEST_F(Client, resource_validator_wants_id_meta_and_version) {
    for (const std::string& entry : {patient(""), patient(" "), patient("1", "{}"),
                                     patient("1", R"({"versionId":" "})"), patient("1", "1")}) {
        server.answer(200, page(entry));
        const auto found = client.search("Patient", "x");
        ASSERT_FALSE(found.has_value()) << entry;
        EXPECT_EQ(found.error().kind, FailureKind::refused);
    }
}

TEST_F(Client, a_next_link_to_elsewhere_is_not_followed) {
    server.answer(200, page(patient("1"), "http://evil.test/fhir?page=2"));
    EXPECT_FALSE(client.search("Patient", "x").has_value());
    EXPECT_EQ(server.requests.size(), 1U);
}

TEST_F(Client, next_links_may_spell_the_server_in_another_way_or_leave_it_out) {
    const auto second_page = [](const std::string& base, const std::string& link) {
        ScriptedServer scripted;
        FhirClient speller{scripted, {.base = base}};
        scripted.answer(200, page(patient("1"), link));
        scripted.answer(200, page(patient("2")));
        const auto found = speller.search("Patient", "x");
        EXPECT_TRUE(found && found->size() == 2) << base << ' ' << link;
        return scripted.requests.back().url;
    };
    EXPECT_EQ(second_page("http://LOCALHOST:8080/fhir", "http://localhost:8080/fhir?p=2"),
              "http://LOCALHOST:8080/fhir?p=2");
    EXPECT_EQ(second_page("http://h:80/fhir", "http://h/fhir?p=2"), "http://h:80/fhir?p=2");
    EXPECT_EQ(second_page("https://h/fhir", "HTTPS://h:443/fhir?p=2"), "https://h/fhir?p=2");
    EXPECT_EQ(second_page("http://h", "http://h?p=2"), "http://h?p=2");
    EXPECT_EQ(second_page("http://h/fhir/", "/fhir?p=2"), "http://h/fhir?p=2");
    EXPECT_EQ(second_page("http://h/fhir", "?p=2"), "http://h/fhir/Patient?p=2");
    EXPECT_EQ(second_page("http://h/fhir", "Patient?p=a:b"), "http://h/fhir/Patient?p=a:b");
    EXPECT_EQ(second_page("https://h/fhir", "//H/fhir?p=2"), "https://h/fhir?p=2");
}

TEST_F(Client, next_links_that_only_look_like_the_server_are_not_followed) {
    for (const char* link : {"//evil.test/fhir?p=2", "http://fhir.test:81/fhir?p=2",
                             "https://fhir.test/fhir?p=2", "http://fhir.test@evil.test/", "ftp:fhir.test"}) {
        ScriptedServer scripted;
        FhirClient wary{scripted, {.base = "http://fhir.test/fhir"}};
        scripted.answer(200, page(patient("1"), link));
        EXPECT_FALSE(wary.search("Patient", "x").has_value());
        EXPECT_EQ(scripted.requests.size(), 1U) << link;
    }
}

// Obligation: 19.capability.versions, 19.capability.no-transaction
TEST_F(Client, capability_versions_and_transaction_interaction) {
    const auto usable = [&](const std::string& version, const std::string& interaction) {
        server.answer(
            200, R"({"fhirVersion":")" + version + R"(","rest":[{"interaction":[{"code":")" + interaction +
                     R"("}],"resource":[{"type":"Patient","updateCreate":true},{"type":"Group"}]}]})");
        const auto capability = client.capability();
        EXPECT_TRUE(capability->update_creates.contains("Patient") &&
                    !capability->update_creates.contains("Group"));
        return capability->usable();
    };
    EXPECT_TRUE(usable("4.0.0", "transaction"));
    EXPECT_TRUE(usable("4.0.1", "transaction"));
    EXPECT_FALSE(usable("5.0.0", "transaction"));
    EXPECT_FALSE(usable("4.0.1", "batch"));
}

TEST_F(Client, read_of_what_is_gone_is_nothing) {
    server.answer(410, "");
    server.answer(404, "");
    EXPECT_FALSE(client.read("Patient", "1")->has_value());
    EXPECT_FALSE(client.read("Patient", "1")->has_value());
    EXPECT_FALSE(client.read("Patient", "1").has_value()) << "no answer";
}

std::string reply_of(const std::vector<std::string>& statuses) {
    std::string entries;
    for (const std::string& status : statuses)
        entries += (entries.empty() ? "" : ",") +
                   (R"({"response":{"status":")" + status + R"(","etag":"W/\"3\""}})");
    return R"({"resourceType":"Bundle","type":"transaction-response","entry":[)" + entries + "]}";
}

json::array entries_of(const std::string& method, bool conditional = false) {
    json::object request{{"method", method}, {"url", "Patient"}};
    if (conditional) request["ifNoneExist"] = "identifier=a";
    return {json::object{{"request", request}}};
}

TEST_F(Client, decimals_of_others_are_written_as_they_were_found) {
    const std::string decimals =
        R"("extension":[{"valueDecimal":1.5690000},{"valueDecimal":0.1234567890123456789},)"
        R"({"valueDecimal":-0.0},{"valueDecimal":1.0e+10},{"valueInteger":3}])";
    const std::string found =
        R"({"resourceType":"Patient","id":"1","meta":{"versionId":"1"},)" + decimals + "}";
    const auto written = [&](const json::object& resource) {
        server.answer(200, R"({"resourceType":"Bundle","entry":[{"response":{"status":"200"}}]})");
        const json::object request{{"method", "PUT"}, {"url", "Patient/1"}};
        EXPECT_TRUE(client.transact({json::object{{"resource", resource}, {"request", request}}}));
        return server.requests.back().body;
    };
    server.answer(200, found);
    EXPECT_NE(written(**client.read("Patient", "1")).find(decimals), std::string::npos);
    server.answer(200, R"({"resourceType":"Bundle","entry":[{"resource":)" + found + "}]}");
    EXPECT_NE(written(client.search("Patient", "identifier=a")->at(0)).find(decimals), std::string::npos);
}

// Obligation: 19.executor.status-passes, 19.executor.status-malformed, 19.executor.status-refused
TEST_F(Client, transaction_statuses_of_an_entry) {
    struct Case {
        std::string status;
        bool passes;
    };
    for (const Case& c : std::vector<Case>{{"200", true},
                                           {"201 Created", true},
                                           {"204 No Content", true},
                                           {"", false},
                                           {"20", false},
                                           {"2000", false},
                                           {"20a", false},
                                           {"200a", false},
                                           {"404 Not Found", false},
                                           {"299", false},
                                           {"302", false}}) {
        server.answer(200, reply_of({c.status}));
        const auto replies = client.transact(entries_of("PUT"));
        EXPECT_EQ(replies.has_value(), c.passes) << c.status;
        if (replies) {
            EXPECT_EQ(replies->front().version, "3");
        } else {
            EXPECT_EQ(replies.error().kind, FailureKind::refused) << c.status;
        }
    }
    server.answer(200, reply_of({"404 Not Found"}));
    server.answer(200, reply_of({"410"}));
    EXPECT_TRUE(client.transact(entries_of("DELETE")).has_value()) << "gone is gone";
    EXPECT_TRUE(client.transact(entries_of("DELETE")).has_value());
}

TEST_F(Client, transaction_create_answered_200_is_a_conflict) {
    server.answer(200, reply_of({"200 OK"}));
    EXPECT_EQ(client.transact(entries_of("POST", true)).error().kind, FailureKind::conflict);
    server.answer(200, reply_of({"201"}));
    EXPECT_TRUE(client.transact(entries_of("POST", true)).has_value());
}

// Obligation: 19.executor.no-bundle, 19.executor.count, 19.executor.no-response
TEST_F(Client, transaction_replies_that_do_not_fit_the_request) {
    server.answer(200, reply_of({}));
    EXPECT_EQ(client.transact(entries_of("PUT")).error().kind, FailureKind::refused);
    server.answer(200, reply_of({"200", "200"}));
    EXPECT_EQ(client.transact(entries_of("PUT")).error().kind, FailureKind::refused);
    json::array two = entries_of("PUT");
    two.push_back(two.front());
    server.answer(200, reply_of({"201"}));
    EXPECT_EQ(client.transact(two).error().kind, FailureKind::conflict) << "merged: look again";
    for (const char* body :
         {"", "<html>", "[]", R"({"resourceType":"Patient"})", R"({"resourceType":"Bundle","entry":[null]})",
          R"({"resourceType":"Bundle","entry":[{}]})",
          R"({"resourceType":"Bundle","entry":[{"response":{}}]})"}) {
        server.answer(200, body);
        EXPECT_EQ(client.transact(entries_of("PUT")).error().kind, FailureKind::refused) << body;
    }
}

std::string outcome(const std::string& text) {
    return R"({"resourceType":"OperationOutcome","issue":[{"code":"processing","diagnostics":")" + text +
           R"("}]})";
}

// Obligation: 19.executor.conflict, 19.executor.too-busy, 19.executor.outcome
TEST_F(Client, transaction_error_statuses_by_class) {
    struct Case {
        unsigned status;
        std::string body;
        std::string method;
        FailureKind kind;
    };
    for (const Case& c : std::vector<Case>{
             {302, "", "PUT", FailureKind::transient},
             {307, "<html>", "DELETE", FailureKind::transient},
             {400, outcome("bad"), "PUT", FailureKind::refused},
             {401, outcome("who"), "PUT", FailureKind::target_down},
             {403, "", "PUT", FailureKind::transient},
             {400,
              outcome("HAPI-1094: Resource Endpoint/1 not found, specified in path: ImagingStudy.endpoint"),
              "PUT", FailureKind::missing_reference},
             {400,
              outcome("HAPI-1096: Resource Endpoint/1 is deleted, specified in path: ImagingStudy.endpoint"),
              "POST", FailureKind::missing_reference},
             {422, outcome("Endpoint/1 does not exist"), "PUT", FailureKind::missing_reference},
             {404, "", "PUT", FailureKind::transient},
             {404, outcome("no such thing"), "PUT", FailureKind::refused},
             {405, outcome("injected"), "PUT", FailureKind::refused},
             {405, "<html>", "PUT", FailureKind::transient},
             {405, R"({"resourceType":"OperationOutcome"})", "PUT", FailureKind::transient},
             {404, outcome("Endpoint/1 not found"), "PUT", FailureKind::missing_reference},
             {404, outcome("HAPI-0302: Unknown resource type 'Bundel'"), "PUT", FailureKind::refused},
             {408, "", "PUT", FailureKind::transient},
             {409, outcome("HAPI-0550: version"), "PUT", FailureKind::conflict},
             {409, "not even JSON", "PUT", FailureKind::conflict},
             {409, outcome("HAPI-0550: HAPI-0515: has reference"), "DELETE", FailureKind::referenced},
             {409, outcome("HAPI-0989"), "DELETE", FailureKind::conflict},
             {412, outcome("precondition"), "PUT", FailureKind::conflict},
             {412, outcome("HAPI-0958: several matches"), "POST", FailureKind::refused},
             {412, outcome("HAPI-0539"), "POST", FailureKind::refused},
             {422, outcome("invalid"), "PUT", FailureKind::refused},
             {429, "", "PUT", FailureKind::transient},
             {500, outcome("oops"), "PUT", FailureKind::transient},
             {503, "", "PUT", FailureKind::transient}}) {
        server.answer(c.status, c.body, {{"retry-after", "17"}});
        const auto replies = client.transact(entries_of(c.method));
        ASSERT_FALSE(replies.has_value());
        EXPECT_EQ(replies.error().kind, c.kind) << c.status << c.body;
        EXPECT_EQ(replies.error().status, c.status);
        EXPECT_EQ(replies.error().retry_after, std::chrono::seconds(17));
    }
}

TEST_F(Client, web_pages_and_redirections_of_a_gateway_are_trouble_of_the_server) {
    const auto web_page = [&] {
        server.answers.emplace_back(
            net::HttpReply{200, "text/html; charset=utf-8", {}, "<html>log in</html>"});
    };
    web_page();
    EXPECT_EQ(client.search("Patient", "x").error().kind, FailureKind::transient);
    web_page();
    EXPECT_EQ(client.read("Patient", "1").error().kind, FailureKind::transient);
    web_page();
    EXPECT_EQ(client.transact(entries_of("PUT")).error().kind, FailureKind::transient);
    server.answer(200, "<html>");
    EXPECT_EQ(client.search("Patient", "x").error().kind, FailureKind::refused) << "it says that it is FHIR";
    server.answer(302, "");
    EXPECT_EQ(client.search("Patient", "x").error().kind, FailureKind::transient);
    server.answer(308, "");
    EXPECT_EQ(client.read("Patient", "1").error().kind, FailureKind::transient);
}

// Obligation: 19.executor.transport, 19.pipeline.retry-timeout
TEST_F(Client, no_answer_and_a_late_answer_differ) {
    EXPECT_EQ(client.transact(entries_of("PUT")).error().kind, FailureKind::target_down);
    server.answers.emplace_back(fail(ErrorCode::timed_out, "late"));
    EXPECT_EQ(client.transact(entries_of("PUT")).error().kind, FailureKind::transient);
    server.answers.emplace_back(fail(ErrorCode::cancelled, "stop"));
    EXPECT_EQ(client.transact(entries_of("PUT")).error().kind, FailureKind::cancelled);
}

TEST(ReplyCheck, versions_of_etags) {
    EXPECT_EQ(version_of_etag("W/\"7\""), "7");
    EXPECT_EQ(version_of_etag("\"7\""), "7");
    EXPECT_EQ(version_of_etag("7"), "7");
    EXPECT_EQ(version_of_etag(""), "");
}

}  // namespace
}  // namespace isocenter::fhir
