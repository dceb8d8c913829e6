#include "fhir/auth/auth.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <deque>
#include <filesystem>
#include <fstream>

#include "dicom/base64.h"
#include "fhir/auth/authorizing_sender.h"
#include "fhir/auth/given_token.h"

namespace isocenter::fhir {
namespace {

constexpr std::int64_t kStart = 1'800'000'000;
const std::string kTokenUri = "https://login.test/token";

/// Answers token requests and calls, each from its own script.
class Server : public net::HttpSender {
  public:
    Result<net::HttpReply> send(const net::HttpRequest& request) override {
        const bool token = request.url == kTokenUri;
        (token ? token_requests : calls).push_back(request);
        auto& script = token ? token_answers : call_answers;
        if (script.empty() && !token) return net::HttpReply{200, "", {}, ""};
        if (script.empty()) return fail(ErrorCode::unavailable, "connection to login.test refused");
        auto answer = std::move(script.front());
        script.pop_front();
        return answer;
    }
    void give(const std::string& token, const std::string& more = R"(,"expires_in":3600)") {
        token_answers.emplace_back(
            net::HttpReply{200, "application/json", {}, R"({"access_token":")" + token + '"' + more + '}'});
    }
    void refuse_call() { call_answers.emplace_back(net::HttpReply{401, "", {}, ""}); }
    std::string authorization(std::size_t call) const {
        for (const auto& [name, value] : calls.at(call).headers)
            if (name == "Authorization") return value;
        return {};
    }
    std::deque<Result<net::HttpReply>> token_answers;
    std::deque<Result<net::HttpReply>> call_answers;
    std::vector<net::HttpRequest> token_requests;
    std::vector<net::HttpRequest> calls;
};

class Auth : public testing::Test {
  protected:
    Auth() { std::filesystem::create_directories(folder); }
    ~Auth() override { std::filesystem::remove_all(folder); }
    std::unique_ptr<TokenSource> source(AuthKind kind) {
        options.kind = kind;
        return make_token_source(options, server, {.clock = [this] { return now; }});
    }
    std::string write(const std::string& name, const std::string& text) const {
        std::ofstream(folder / name) << text;
        return (folder / name).string();
    }
    static AuthOptions filled() {
        AuthOptions options;
        options.token_uri = kTokenUri;
        options.client_id = "cast & co";
        options.client_secret.value = "s3cret";
        options.scope = "system/*.cruds";
        options.resource = "https://fhir.test";
        options.username = "ada";
        options.password.value = "pa=ss";
        return options;
    }

    const std::filesystem::path folder =
        std::filesystem::temp_directory_path() / ("isocenter-auth-" + std::to_string(getpid()));
    Server server;
    std::int64_t now = kStart;
    AuthOptions options = filled();
};

std::string jwt(std::int64_t end) {
    std::string claims;
    dicom::append_base64(claims, R"({"exp":)" + std::to_string(end) + '}');
    claims.resize(claims.find_last_not_of('=') + 1);
    return "e30." + claims + ".c2ln";
}

TEST_F(Auth, none_sends_no_header) {
    AuthorizingSender sender(server, source(AuthKind::none));
    server.refuse_call();
    EXPECT_EQ(sender.send({.url = "https://fhir.test/metadata"})->status, 401U);
    EXPECT_EQ(server.calls.size(), 1U);
    EXPECT_EQ(server.authorization(0), "");
}

TEST_F(Auth, client_credentials_form) {
    server.give("t1");
    EXPECT_EQ(*source(AuthKind::client_credentials)->token(), "t1");
    const net::HttpRequest& request = server.token_requests.at(0);
    EXPECT_EQ(request.method, "POST");
    EXPECT_EQ(request.headers.at(0).second, "application/x-www-form-urlencoded");
    EXPECT_EQ(request.body,
              "grant_type=client_credentials&client_id=cast%20%26%20co&client_secret=s3cret&"
              "scope=system%2F%2A.cruds&resource=https%3A%2F%2Ffhir.test");
}

TEST_F(Auth, password_form) {
    server.give("t1");
    EXPECT_EQ(*source(AuthKind::password)->token(), "t1");
    EXPECT_EQ(server.token_requests.at(0).body,
              "grant_type=password&client_id=cast%20%26%20co&client_secret=s3cret&"
              "scope=system%2F%2A.cruds&resource=https%3A%2F%2Ffhir.test&username=ada&password=pa%3Dss");
}

TEST_F(Auth, secrets_are_read_from_files_at_each_request) {
    options.client_secret = {"", write("secret", "first\n")};
    options.scope.clear();
    options.resource.clear();
    const auto tokens = source(AuthKind::client_credentials);
    server.give("t1");
    ASSERT_TRUE(tokens->token().ok());
    write("secret", "second\n");
    tokens->discard("t1");
    server.give("t2");
    ASSERT_TRUE(tokens->token().ok());
    const std::string begin = "grant_type=client_credentials&client_id=cast%20%26%20co&client_secret=";
    EXPECT_EQ(server.token_requests.at(0).body, begin + "first");
    EXPECT_EQ(server.token_requests.at(1).body, begin + "second");
    std::filesystem::remove(options.client_secret.file);
    tokens->discard("t2");
    EXPECT_EQ(tokens->token().error().code, ErrorCode::unavailable);
    EXPECT_EQ(server.token_requests.size(), 2U);
}

TEST_F(Auth, a_jwt_is_renewed_five_minutes_before_its_end) {
    const auto tokens = source(AuthKind::client_credentials);
    const std::string first = jwt(kStart + 1000);
    server.give(first, R"(,"expires_in":"99999")");
    server.give("t2");
    EXPECT_EQ(*tokens->token(), first);
    now = kStart + 699;
    EXPECT_EQ(*tokens->token(), first);
    now = kStart + 700;
    EXPECT_EQ(*tokens->token(), "t2");
}

TEST_F(Auth, an_opaque_token_is_renewed_by_expires_in) {
    const auto tokens = source(AuthKind::client_credentials);
    server.give("t1", R"(,"expires_in":1000)");
    server.give("t2", R"(,"expires_in":"100")");
    server.give("t3", "");
    EXPECT_EQ(*tokens->token(), "t1");
    now += 699;
    EXPECT_EQ(*tokens->token(), "t1");
    now += 1;
    EXPECT_EQ(*tokens->token(), "t2");
    now += 49;
    EXPECT_EQ(*tokens->token(), "t2") << "a short life is not used up by the margin";
    now += 1;
    EXPECT_EQ(*tokens->token(), "t3");
    now += 1'000'000;
    EXPECT_EQ(*tokens->token(), "t3") << "nothing says when it ends";
}

TEST_F(Auth, a_token_serves_to_its_end_when_renewal_fails) {
    const auto tokens = source(AuthKind::client_credentials);
    server.give("t1", R"(,"expires_in":1000)");
    ASSERT_TRUE(tokens->token().ok());
    now += 800;
    EXPECT_EQ(*tokens->token(), "t1");
    EXPECT_EQ(*tokens->token(), "t1");
    EXPECT_EQ(server.token_requests.size(), 2U) << "the identity provider is not asked at each call";
    now += 199;
    EXPECT_EQ(*tokens->token(), "t1");
    now += 1;
    EXPECT_FALSE(tokens->token().ok());
}

TEST_F(Auth, a_refused_call_is_repeated_once_with_a_new_token) {
    AuthorizingSender sender(server, source(AuthKind::client_credentials));
    server.give("t1");
    server.give("t2");
    server.give("t3");
    server.refuse_call();
    EXPECT_EQ(sender.send({.method = "POST", .url = "https://fhir.test", .body = "x"})->status, 200U);
    ASSERT_EQ(server.calls.size(), 2U);
    EXPECT_EQ(server.authorization(0), "Bearer t1");
    EXPECT_EQ(server.authorization(1), "Bearer t2");
    EXPECT_EQ(server.calls[1].body, "x");
    server.refuse_call();
    server.refuse_call();
    EXPECT_EQ(sender.send({.url = "https://fhir.test"})->status, 401U);
    EXPECT_EQ(server.calls.size(), 4U) << "not a third time";
}

TEST_F(Auth, a_refusal_of_an_older_token_keeps_the_new_one) {
    const auto tokens = source(AuthKind::client_credentials);
    server.give("t1");
    server.give("t2");
    ASSERT_TRUE(tokens->token().ok());
    tokens->discard("t1");
    ASSERT_TRUE(tokens->token().ok());
    tokens->discard("t1");
    EXPECT_EQ(*tokens->token(), "t2");
    EXPECT_EQ(server.token_requests.size(), 2U);
}

TEST_F(Auth, errors_hold_no_secret) {
    const auto tokens = source(AuthKind::client_credentials);
    const auto text_of = [&](unsigned status, const std::string& body) {
        server.token_answers.emplace_back(net::HttpReply{status, "application/json", {}, body});
        const auto token = tokens->token();
        EXPECT_FALSE(token.ok());
        EXPECT_EQ(token.error().code, ErrorCode::unavailable);
        return token.error().message + token.error().detail;
    };
    EXPECT_EQ(text_of(400, R"({"error":"invalid_client","error_description":"s3cret is wrong"})"),
              "no access token: the identity provider answered 400 invalid_client");
    EXPECT_EQ(text_of(400, R"({"error":"s3cret"})"), "no access token: the identity provider answered 400");
    EXPECT_EQ(text_of(200, R"({"token":"s3cret"})"),
              "no access token: the identity provider's answer holds none");
    EXPECT_EQ(text_of(200, R"({"access_token":"a\r\nHost: b"})"),
              "no access token: the identity provider's answer holds none");
    EXPECT_EQ(tokens->token().error().message, "no access token: the identity provider did not answer");
}

TEST_F(Auth, the_end_of_the_process_is_told_from_an_outage) {
    server.token_answers.emplace_back(fail(ErrorCode::cancelled, "stopped"));
    EXPECT_EQ(source(AuthKind::password)->token().error().code, ErrorCode::cancelled);
}

TEST_F(Auth, a_given_token_is_the_only_one) {
    AuthorizingSender sender(server, std::make_unique<GivenToken>("abc"));
    server.refuse_call();
    server.refuse_call();
    EXPECT_EQ(sender.send({.url = "https://fhir.test"})->status, 401U);
    ASSERT_EQ(server.calls.size(), 2U);
    EXPECT_EQ(server.authorization(0), "Bearer abc");
    EXPECT_EQ(server.authorization(1), "Bearer abc");
    EXPECT_TRUE(server.token_requests.empty());
}

TEST_F(Auth, token_file_is_read_again_when_it_changes) {
    options.token_file = write("token", "abc\n");
    const auto tokens = source(AuthKind::token_file);
    EXPECT_EQ(*tokens->token(), "abc");
    write("token", "abcdef\n");
    EXPECT_EQ(*tokens->token(), "abcdef");
    write("token", "two words");
    EXPECT_FALSE(tokens->token().ok());
    std::filesystem::remove(options.token_file);
    EXPECT_FALSE(tokens->token().ok());
    EXPECT_EQ(tokens->token().error().message.find(folder.string()), std::string::npos);
}

TEST_F(Auth, token_file_is_read_again_after_a_refusal) {
    options.token_file = write("token", "abc");
    const auto time = std::filesystem::last_write_time(options.token_file);
    AuthorizingSender sender(server, source(AuthKind::token_file));
    ASSERT_TRUE(sender.send({.url = "https://fhir.test"}).ok());
    write("token", "xyz");
    std::filesystem::last_write_time(options.token_file, time);
    ASSERT_TRUE(sender.send({.url = "https://fhir.test"}).ok());
    EXPECT_EQ(server.authorization(1), "Bearer abc") << "nothing tells that the file changed";
    server.refuse_call();
    ASSERT_TRUE(sender.send({.url = "https://fhir.test"}).ok());
    EXPECT_EQ(server.authorization(3), "Bearer xyz");
}

}  // namespace
}  // namespace isocenter::fhir
