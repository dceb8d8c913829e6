#include "fhir/auth/managed_identity.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <deque>
#include <filesystem>
#include <fstream>
#include <numeric>

#include "fhir/auth/auth.h"

namespace isocenter::fhir {
namespace {

constexpr std::int64_t kStart = 1'800'000'000;
const std::string kEndpoint = "http://169.254.169.254/metadata/identity/oauth2/token";

/// Answers from a script.
class Endpoint : public net::HttpSender {
  public:
    Result<net::HttpReply> send(const net::HttpRequest& request) override {
        requests.push_back(request);
        if (answers.empty()) return fail(ErrorCode::unavailable, "no route");
        auto answer = std::move(answers.front());
        answers.pop_front();
        return answer;
    }
    void give(const std::string& token, const std::string& more) {
        answers.emplace_back(
            net::HttpReply{200, "", {}, R"({"access_token":")" + token + "\"," + more + '}'});
    }
    void refuse(unsigned status, const std::string& body = "") {
        answers.emplace_back(net::HttpReply{status, "", {}, body});
    }
    std::deque<Result<net::HttpReply>> answers;
    std::vector<net::HttpRequest> requests;
};

class ManagedIdentities : public testing::Test {
  protected:
    ManagedIdentities() {
        options.kind = AuthKind::managed_identity;
        options.identity_endpoint = kEndpoint;
        options.resource = "https://fhir.test";
    }
    std::unique_ptr<TokenSource> source() {
        const Pause pause = [this](std::chrono::seconds time) {
            waits.push_back(time.count());
            return !stopping;
        };
        return make_token_source(options, endpoint, {pause, [this] { return now; }});
    }
    AuthOptions options;
    Endpoint endpoint;
    std::vector<std::int64_t> waits;
    std::int64_t now = kStart;
    bool stopping = false;
};

TEST_F(ManagedIdentities, the_metadata_of_the_machine_is_asked) {
    endpoint.give("t1", R"("expires_in":"3599","expires_on":"1800003599","token_type":"Bearer")");
    EXPECT_EQ(*source()->token(), "t1");
    const net::HttpRequest& request = endpoint.requests.at(0);
    EXPECT_EQ(request.method, "GET");
    EXPECT_EQ(request.url, kEndpoint + "?api-version=2018-02-01&resource=https%3A%2F%2Ffhir.test");
    EXPECT_EQ(request.headers, (net::HttpHeaders{{"Metadata", "true"}}));
    EXPECT_TRUE(request.direct);
}

TEST_F(ManagedIdentities, one_of_several_is_named) {
    options.client_id = "a&b";
    endpoint.give("t1", R"("expires_in":3599)");
    EXPECT_EQ(*source()->token(), "t1");
    EXPECT_TRUE(endpoint.requests.at(0).url.ends_with("&client_id=a%26b"));
}

TEST_F(ManagedIdentities, a_hosting_service_has_its_own_request) {
    const auto file = std::filesystem::temp_directory_path() / ("identity-" + std::to_string(getpid()));
    std::ofstream(file) << "s3cret\n";
    options.identity_endpoint = "http://127.0.0.1:41709/msi/token?x=1";
    options.identity_header.file = file.string();
    endpoint.give("t1", R"("expires_on":"1800001000")");
    endpoint.give("t2", R"("expires_on":"1800009000")");
    const auto tokens = source();
    EXPECT_EQ(*tokens->token(), "t1");
    EXPECT_EQ(endpoint.requests.at(0).url,
              "http://127.0.0.1:41709/msi/token?x=1&api-version=2019-08-01&resource=https%3A%2F%2Ffhir.test");
    EXPECT_EQ(endpoint.requests.at(0).headers, (net::HttpHeaders{{"X-IDENTITY-HEADER", "s3cret"}}));
    now += 699;
    EXPECT_EQ(*tokens->token(), "t1");
    now += 1;
    EXPECT_EQ(*tokens->token(), "t2") << "five minutes before expires_on";
    std::filesystem::remove(file);
    tokens->discard("t2");
    EXPECT_FALSE(tokens->token().ok());
    EXPECT_EQ(endpoint.requests.size(), 2U);
}

TEST_F(ManagedIdentities, passing_refusals_are_waited_out_within_a_bound) {
    for (const unsigned status : {404U, 410U, 429U, 500U, 503U})
        endpoint.refuse(status);
    endpoint.give("t1", R"("expires_in":3599)");
    EXPECT_EQ(*source()->token(), "t1");
    EXPECT_EQ(endpoint.requests.size(), 6U);
    EXPECT_GE(std::accumulate(waits.begin(), waits.end(), std::int64_t{0}), 70);
    for (int tries = 0; tries < 6; ++tries)
        endpoint.refuse(410);
    EXPECT_EQ(source()->token().error().message,
              "no access token: the endpoint of the managed identity answered 410");
    EXPECT_EQ(endpoint.requests.size(), 12U);
}

TEST_F(ManagedIdentities, other_refusals_and_silence_are_final) {
    endpoint.refuse(400, R"({"error":"invalid_request","error_description":"Identity not found"})");
    EXPECT_EQ(source()->token().error().message,
              "no access token: the endpoint of the managed identity answered 400 invalid_request");
    EXPECT_EQ(source()->token().error().message,
              "no access token: the endpoint of the managed identity did not answer");
    EXPECT_TRUE(waits.empty());
}

TEST_F(ManagedIdentities, nobody_waits_while_a_token_serves) {
    endpoint.give("t1", R"("expires_in":1000)");
    const auto tokens = source();
    ASSERT_TRUE(tokens->token().ok());
    now += 800;
    endpoint.refuse(503);
    EXPECT_EQ(*tokens->token(), "t1");
    EXPECT_TRUE(waits.empty());
}

TEST_F(ManagedIdentities, the_end_of_the_process_ends_the_wait) {
    stopping = true;
    endpoint.refuse(429);
    EXPECT_EQ(source()->token().error().code, ErrorCode::cancelled);
    EXPECT_EQ(endpoint.requests.size(), 1U);
}

TEST(IdentityEndpoint, stays_near_or_is_encrypted) {
    for (const char* url : {"http://169.254.169.254/metadata", "http://169.254.130.3:8081/msi/token",
                            "http://127.0.0.1:41709/", "http://localhost:42356/msi/token",
                            "http://[::1]:80/t", "http://[fe80::1]/t", "https://identity.test/token"})
        EXPECT_TRUE(is_identity_endpoint(url)) << url;
    for (const char* url :
         {"", "http://", "http://identity.test/token", "http://10.0.0.1/", "http://127.0.0.1.test/",
          "http://127.0.0.1@evil.test/", "http://169.254.169.254:80@evil.test/", "http://evil.test/127.0.0.1",
          "http://[2001:db8::1]/", "http://[::1", "http://169.255.0.1/", "ftp://127.0.0.1/"})
        EXPECT_FALSE(is_identity_endpoint(url)) << url;
}

TEST(Pauses, end_when_the_process_stops) {
    std::stop_source stop;
    EXPECT_TRUE(pause_until(stop.get_token())(std::chrono::seconds(0)));
    stop.request_stop();
    EXPECT_FALSE(pause_until(stop.get_token())(std::chrono::hours(1)));
}

}  // namespace
}  // namespace isocenter::fhir
