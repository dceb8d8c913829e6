#include "net/http_client.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <future>
#include <optional>
#include <thread>

#include "net/test_request.h"

namespace isocenter::net {
namespace {

using std::chrono::milliseconds;

/// Accepts connections one after another; reads one request from each and answers what the test wants. An
/// empty answer: nothing is sent until the client gives up.
class OneShotServer {
  public:
    explicit OneShotServer(std::vector<std::string> answers) : answers_(std::move(answers)) {
        listener_ = ::socket(AF_INET, SOCK_STREAM, 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        ::bind(listener_, reinterpret_cast<const sockaddr*>(&address), sizeof address);
        ::listen(listener_, 8);
        socklen_t length = sizeof address;
        ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &length);
        port_ = ntohs(address.sin_port);
        thread_ = std::thread([this] { serve(); });
    }
    ~OneShotServer() {
        ::shutdown(listener_, SHUT_RDWR);
        thread_.join();
        ::close(listener_);
    }
    std::string url(const std::string& path) const {
        return "http://127.0.0.1:" + std::to_string(port_) + path;
    }
    /// The requests as they came; call when the client has its answer.
    const std::vector<std::string>& requests() const { return requests_; }

  private:
    void serve() {
        for (const std::string& answer : answers_) {
            const int connection = ::accept(listener_, nullptr, nullptr);
            if (connection < 0) return;
            requests_.push_back(read_request(connection));
            if (answer.empty()) {
                char byte = 0;
                static_cast<void>(::recv(connection, &byte, 1, 0));
            } else {
                static_cast<void>(::send(connection, answer.data(), answer.size(), MSG_NOSIGNAL));
            }
            ::close(connection);
        }
    }

    std::vector<std::string> answers_;
    std::vector<std::string> requests_;
    int listener_ = -1;
    std::uint16_t port_ = 0;
    std::thread thread_;
};

constexpr const char* kOk =
    "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nETag: W/\"7\"\r\nRetry-After:  12 \r\nContent-Length: "
    "2\r\n"
    "Connection: close\r\n\r\nhi";

TEST(HttpClient, gives_the_headers_of_a_reply_by_lower_case_name) {
    const OneShotServer server({kOk});
    HttpClient client;
    const auto reply = client.send({.url = server.url("/x")});
    ASSERT_TRUE(reply.ok()) << reply.error().message;
    EXPECT_EQ(reply->status, 200U);
    EXPECT_EQ(reply->content_type, "text/plain");
    EXPECT_EQ(reply->header("etag"), "W/\"7\"");
    EXPECT_EQ(reply->header("retry-after"), "12");
    EXPECT_EQ(reply->header("location"), "");
    EXPECT_EQ(reply->body, "hi");
}

TEST(HttpClient, sends_every_method_with_its_body) {
    const OneShotServer server({kOk, kOk, kOk, kOk, kOk});
    HttpClient client;
    for (const char* method : {"GET", "POST", "PUT", "PATCH", "DELETE"}) {
        HttpRequest request{.method = method, .url = server.url("/y")};
        request.headers = {{"If-Match", "W/\"1\""}, {"Content-Type", "application/fhir+json"}};
        const std::string_view name(method);
        if (name != "GET" && name != "DELETE") request.body = "{\"a\":1}";
        ASSERT_TRUE(client.send(request).ok()) << method;
    }
    ASSERT_EQ(server.requests().size(), 5U);
    for (const std::string& request : server.requests()) {
        EXPECT_NE(request.find("If-Match: W/\"1\""), std::string::npos) << request;
        const bool has_body = request.find("{\"a\":1}") != std::string::npos;
        EXPECT_EQ(has_body, request[0] == 'P') << request;
    }
    EXPECT_EQ(server.requests()[3].substr(0, 8), "PATCH /y");
    EXPECT_EQ(server.requests()[4].find("Content-Length"), std::string::npos);
}

TEST(HttpClient, tells_a_time_out_from_a_missing_server) {
    const OneShotServer server({""});
    HttpClient client;
    const auto slow = client.send({.url = server.url("/slow"), .timeout = milliseconds(50)});
    ASSERT_FALSE(slow.ok());
    EXPECT_EQ(slow.error().code, ErrorCode::timed_out);
    const auto missing = client.send({.url = "http://127.0.0.1:1/"});
    ASSERT_FALSE(missing.ok());
    EXPECT_EQ(missing.error().code, ErrorCode::unavailable);
}

TEST(HttpClient, a_cut_reply_and_a_reply_beyond_the_limit_are_errors) {
    const OneShotServer server({"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhalf", kOk});
    HttpClient client({.max_reply_bytes = 1});
    HttpClient patient;
    const auto cut = patient.send({.url = server.url("/cut")});
    ASSERT_FALSE(cut.ok());
    EXPECT_EQ(cut.error().code, ErrorCode::unavailable);
    const auto large = client.send({.url = server.url("/large")});
    ASSERT_FALSE(large.ok());
    EXPECT_EQ(large.error().code, ErrorCode::too_large);
}

/// Sets a variable of the environment, or takes it away, for a test.
class Variable {
  public:
    Variable(const char* name, const char* value) : name_(name) {
        if (const char* old = ::getenv(name)) old_ = old;
        set(value);
    }
    ~Variable() { set(old_ ? old_->c_str() : nullptr); }
    Variable(const Variable&) = delete;
    Variable& operator=(const Variable&) = delete;

  private:
    void set(const char* value) const {
        if (value == nullptr)
            ::unsetenv(name_);
        else
            ::setenv(name_, value, 1);
    }
    const char* name_;
    std::optional<std::string> old_;
};

TEST(HttpClient, a_direct_request_passes_by_the_proxy_of_the_environment) {
    const Variable proxy("http_proxy", "http://127.0.0.1:1");
    const Variable none("no_proxy", nullptr);
    const Variable capital("NO_PROXY", nullptr);
    const OneShotServer server({kOk});
    HttpClient client;
    EXPECT_FALSE(client.send({.url = server.url("/x")}).ok()) << "the proxy is not there";
    EXPECT_TRUE(client.send({.url = server.url("/x"), .direct = true}).ok());
}

TEST(HttpClient, a_stop_ends_a_call_under_way) {
    const OneShotServer server({""});
    std::stop_source stop;
    HttpClient::Options options;
    options.stop = stop.get_token();
    HttpClientPool pool(options);
    auto call = std::async(std::launch::async, [&] { return pool.send({.url = server.url("/never")}); });
    stop.request_stop();
    const auto reply = call.get();
    ASSERT_FALSE(reply.ok());
    EXPECT_EQ(reply.error().code, ErrorCode::cancelled);
}

}  // namespace
}  // namespace isocenter::net
