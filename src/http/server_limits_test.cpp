// What keeps the server alive: full and stuck lanes, exceptions, deadlines, connection limits, stopping.
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/resource.h>

#include <chrono>
#include <future>
#include <stdexcept>
#include <thread>

#include "http/server.h"
#include "http/testing/pattern_source.h"
#include "http/testing/raw_client.h"
#include "http/testing/test_server.h"

namespace isocenter::http {
namespace {

using testing::handler_route;
using testing::RawClient;
using testing::RawResponse;
using testing::TestServer;
using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

std::string get(const std::string& path) {
    return "GET " + path + " HTTP/1.1\r\nHost: x\r\n\r\n";
}

/// Holds the lane's threads until opened; must outlive the server.
struct Gate {
    std::promise<void> promise;
    std::shared_future<void> opened{promise.get_future()};
    std::atomic<int> inside{0};
    bool open_now = false;
    ~Gate() { open(); }
    void open() {
        if (!std::exchange(open_now, true)) promise.set_value();
    }
    Handler handler() {
        return [this](const RequestContext&) {
            ++inside;
            opened.wait();
            return text_response(200, "text/plain", "through");
        };
    }
    void wait_until_inside(int count) const {
        while (inside.load() < count)
            std::this_thread::yield();
    }
};

TEST(ServerLimits, AFullLaneIsAnsweredAndHealthStillWorks) {
    Gate gate;
    TestServer test;  // `narrow`: one thread, one in the queue
    test.mount.routes.push_back(handler_route(Method::get, "/stuck", &test.narrow, gate.handler()));
    test.mount.routes.push_back(handler_route(Method::get, "/health", nullptr, [](const RequestContext&) {
        return text_response(200, "text/plain", "fine");
    }));
    const std::uint16_t port = test.start();
    RawClient running(port);
    running.send(get("/stuck"));
    gate.wait_until_inside(1);
    RawClient queued(port);
    queued.send(get("/stuck"));
    while (test.narrow.queued() == 0)
        std::this_thread::yield();
    RawClient third(port);
    const RawResponse busy = third.ask(get("/stuck"));
    EXPECT_EQ(busy.status, 503U);
    EXPECT_EQ(busy.headers.get("Retry-After"), "1");
    EXPECT_EQ(busy.body, "overloaded The server is busy.");
    EXPECT_EQ(third.ask(get("/health")).body, "fine");
    EXPECT_NE(test.metrics.to_text().find("isocenter_lane_refused_total{lane=\"narrow\"} 1"),
              std::string::npos);
    gate.open();
    EXPECT_EQ(running.receive().body, "through");
    EXPECT_EQ(queued.receive().body, "through");
}

TEST(ServerLimits, AnExceptionIsAnErrorWithTheRequestsId) {
    TestServer test;
    test.get("/throw", [](const RequestContext&) -> Response { throw std::runtime_error("secret"); });
    test.get("/odd", [](const RequestContext&) -> Response { throw 7; });
    RawClient client(test.start());
    for (const std::string path : {"/throw", "/odd"}) {
        const RawResponse response = client.ask(get(path));
        EXPECT_EQ(response.status, 500U);
        const std::string id(response.headers.get("X-Request-Id"));
        EXPECT_EQ(id.size(), 24U);
        EXPECT_EQ(response.body, "internal Internal error; request " + id + ".");
    }
    EXPECT_EQ(client.ask("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nx").body, "1:x");
}

TEST(ServerLimits, CountsRequestsAndBytes) {
    TestServer test;
    {
        RawClient client(test.start());
        for (int i = 0; i < 3; ++i)
            client.ask("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n12345");
        client.ask(get("/nothing"));
    }
    ASSERT_TRUE(test.server->stop(milliseconds(5000)));
    const std::string text = test.metrics.to_text();
    const auto has = [&text](const std::string& line) { return text.find(line + "\n") != std::string::npos; };
    EXPECT_TRUE(has(R"(isocenter_http_requests_total{method="POST",route="/echo",status="200"} 3)")) << text;
    EXPECT_TRUE(has("isocenter_http_received_bytes_total 15")) << text;
    EXPECT_TRUE(has("isocenter_http_requests_in_flight 0")) << text;
    EXPECT_TRUE(has("isocenter_http_connections 0")) << text;
    EXPECT_NE(text.find(R"(status="404"} 1)"), std::string::npos) << text;
}

TEST(ServerLimits, HeadsMustArriveInTime) {
    TestServer test;
    test.options.header_timeout = milliseconds(150);
    const std::uint16_t port = test.start();
    RawClient silent(port);
    EXPECT_TRUE(silent.at_end());
    RawClient half(port);
    const auto begin = Clock::now();
    const RawResponse late = half.ask("GET / HTTP/1.1\r\nHo");
    EXPECT_EQ(late.status, 408U);
    EXPECT_EQ(late.body, "invalid_request The request's head did not arrive in time.");
    EXPECT_GE(Clock::now() - begin, milliseconds(100));
    EXPECT_TRUE(half.at_end());
    // Bytes that drip do not move the deadline.
    RawClient dripping(port);
    const auto start = Clock::now();
    dripping.send("GET /");
    pollfd answer{dripping.descriptor(), POLLIN, 0};
    while (Clock::now() - start < milliseconds(4000) && ::poll(&answer, 1, 20) == 0)
        dripping.send("x");
    EXPECT_EQ(dripping.receive().status, 408U);
    EXPECT_LT(Clock::now() - start, milliseconds(3000));
}

TEST(ServerLimits, BodiesMustGoOn) {
    TestServer test;
    test.options.body_timeout = milliseconds(150);
    const std::uint16_t port = test.start();
    RawClient client(port);
    const RawResponse late = client.ask("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n12");
    EXPECT_EQ(late.status, 408U);
    EXPECT_TRUE(client.at_end());
    RawClient chunks(port);
    EXPECT_EQ(
        chunks.ask("POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab").status,
        408U);
    EXPECT_TRUE(test.server->stop(milliseconds(5000)));
    EXPECT_EQ(test.unfinished.load(), 2);
}

/// Keeps what has come of a body that breaks off.
class KeepingExchange final : public Exchange {
  public:
    explicit KeepingExchange(std::atomic<int>& cut) : cut_(cut) {}
    Status on_body(ByteView bytes) override {
        body_ += as_text(bytes);
        return {};
    }
    std::unique_ptr<Response> on_body_cut(const Error& why) override {
        ++cut_;
        const std::string kept = why.code == ErrorCode::timed_out || why.code == ErrorCode::cancelled
                                     ? "kept "
                                     : std::string(to_string(why.code)) + " ";
        return std::make_unique<Response>(text_response(202, "text/plain", kept + body_));
    }
    Response finish() override { return text_response(200, "text/plain", "whole " + body_); }

  private:
    std::atomic<int>& cut_;
    std::string body_;
};

TEST(ServerLimits, AnExchangeMayKeepABodyThatBreaksOff) {
    std::atomic<int> cut{0};
    TestServer test;
    test.options.body_timeout = milliseconds(500);
    test.mount.routes.push_back(
        testing::exchange_route(Method::post, "/keep", &test.lane,
                                [&cut](const RequestContext&) -> Result<std::unique_ptr<Exchange>> {
                                    return std::unique_ptr<Exchange>(std::make_unique<KeepingExchange>(cut));
                                }));
    const std::uint16_t port = test.start();
    const std::string head = "POST /keep HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n";
    RawClient slow(port);
    EXPECT_EQ(slow.ask(head + "\r\n12").body, "kept 12");
    EXPECT_TRUE(slow.at_end());
    RawClient half(port);
    half.send(head + "\r\n123");
    half.half_close();
    const RawResponse answer = half.receive();
    EXPECT_EQ(answer.status, 202U);
    EXPECT_EQ(answer.body, "kept 123");
    {
        RawClient gone(port);
        gone.send(head + "Expect: 100-continue\r\n\r\n");
        ASSERT_EQ(gone.receive().status, 100U);  // the exchange exists
        gone.send("1234");
    }
    RawClient whole(port);
    EXPECT_EQ(whole.ask(head + "\r\n12345").body, "whole 12345");
    RawClient packed(port);
    // A gzip member whose end is missing: what it gives until there counts.
    const std::string stream("\x1f\x8b\x08\0\0\0\0\0\2\3\x4a\x4c\x4a\6\0\0\0\xff\xff", 19);
    const std::string packed_head =
        "POST /keep HTTP/1.1\r\nHost: x\r\nContent-Encoding: gzip\r\nContent-Length: 19\r\n\r\n";
    EXPECT_EQ(packed.ask(packed_head + stream).body, "invalid_request abc");
    EXPECT_TRUE(test.server->stop(milliseconds(5000)));
    EXPECT_EQ(cut.load(), 4);
}

TEST(ServerLimits, AnExchangeMayKeepABodyWhoseFramingBreaks) {
    std::atomic<int> cut{0};
    TestServer test;
    test.options.max_body_bytes = 100;
    test.mount.routes.push_back(
        testing::exchange_route(Method::post, "/keep", &test.lane,
                                [&cut](const RequestContext&) -> Result<std::unique_ptr<Exchange>> {
                                    return std::unique_ptr<Exchange>(std::make_unique<KeepingExchange>(cut));
                                }));
    const std::uint16_t port = test.start();
    const std::string head = "POST /keep HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n";
    RawClient chunks(port);
    EXPECT_EQ(chunks.ask(head + "\r\n3\r\nabc\r\nzz\r\n").body, "invalid_request abc");
    RawClient large(port);
    EXPECT_EQ(large.ask(head + "\r\n3\r\nabc\r\n64\r\n" + std::string(100, 'x')).body,
              "too_large abc" + std::string(97, 'x'));
    RawClient packed(port);
    // Behind the first deflate block comes one of a type that does not exist.
    const std::string stream("\x1f\x8b\x08\0\0\0\0\0\2\3\x4a\x4c\x4a\6\0\0\0\xff\xff\xff\xff", 21);
    const std::string packed_head =
        "POST /keep HTTP/1.1\r\nHost: x\r\nContent-Encoding: gzip\r\nContent-Length: 21\r\n\r\n";
    EXPECT_EQ(packed.ask(packed_head + stream).body, "invalid_request abc");
    EXPECT_EQ(cut.load(), 3);
}

/// All of it has been sent before anything is read: a server that closed meanwhile would have cut the sender
/// off, and its answer with it.
void expect_answer_after_a_long_body(RawClient& client, const std::string& head, const std::string& body,
                                     unsigned status = 413) {
    EXPECT_TRUE(client.send(head));
    EXPECT_TRUE(client.send(body)) << head;
    const RawResponse answer = client.receive();
    EXPECT_EQ(answer.status, status) << head;
    EXPECT_TRUE(answer.complete);
    EXPECT_EQ(answer.headers.get("Connection"), "close");
    EXPECT_TRUE(client.at_end());
}

TEST(ServerLimits, BodiesOverTheLimitAreReadToTheEndOfTheBound) {
    TestServer test;
    test.options.max_body_bytes = 1000;
    const std::uint16_t port = test.start();
    const std::string head = "POST /echo HTTP/1.1\r\nHost: x\r\nConnection: close\r\n";
    const std::string body(7'000'000, 'x');
    RawClient whole(port);
    expect_answer_after_a_long_body(
        whole, head + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n", body);
    std::string chunks;
    for (int i = 0; i < 70; ++i)
        chunks += "186a0\r\n" + body.substr(0, 100'000) + "\r\n";
    RawClient chunked(port);
    expect_answer_after_a_long_body(chunked, head + "Transfer-Encoding: chunked\r\n\r\n",
                                    chunks + "0\r\n\r\n");
}

TEST(ServerLimits, WhatFollowsBrokenChunksIsReadToTheEndOfTheBound) {
    TestServer test;
    test.options.max_body_bytes = 1'000'000;
    const std::uint16_t port = test.start();
    const std::string head =
        "POST /echo HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n";
    const std::string rest(7'000'000, 'x');
    RawClient at_once(port);
    expect_answer_after_a_long_body(at_once, head, "3\r\nabc\r\nzz\r\n" + rest, 400);
    RawClient over_the_limit(port);
    const std::string chunk = "1e8480\r\n" + std::string(2'000'000, 'x') + "\r\n";
    expect_answer_after_a_long_body(over_the_limit, head, chunk + "zz\r\n" + rest, 413);
}

TEST(ServerLimits, ChunksOverTheLimitAreNotReadForEver) {
    TestServer test;
    test.options.max_body_bytes = 10;
    test.options.max_drain_bytes = 1'000'000;
    RawClient client(test.start());
    client.send("POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
    const std::string chunk = "186a0\r\n" + std::string(100'000, 'x') + "\r\n";
    int sent = 0;
    while (sent < 1000 && client.send(chunk))
        ++sent;
    EXPECT_LT(sent, 1000);
}

TEST(ServerLimits, RefusedBodiesThatDripAreNotReadForEver) {
    TestServer test;
    test.options.body_timeout = milliseconds(200);
    RawClient client(test.start());
    client.send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\nREFUSE");
    EXPECT_EQ(client.receive().status, 409U);
    const auto start = Clock::now();
    pollfd closed{client.descriptor(), POLLIN, 0};
    while (Clock::now() - start < milliseconds(4000) && ::poll(&closed, 1, 20) == 0)
        client.send("x");
    EXPECT_LT(Clock::now() - start, milliseconds(3000));
}

TEST(ServerLimits, IdleConnectionsAreClosed) {
    TestServer test;
    test.options.keep_alive_timeout = milliseconds(150);
    RawClient client(test.start());
    EXPECT_EQ(client.ask("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nx").status, 200U);
    const auto begin = Clock::now();
    EXPECT_TRUE(client.at_end());
    EXPECT_GE(Clock::now() - begin, milliseconds(100));
    EXPECT_LT(Clock::now() - begin, milliseconds(4000));
}

TEST(ServerLimits, ReadersMustGoOn) {
    TestServer test;
    test.options.write_timeout = milliseconds(150);
    test.get("/file", [](const RequestContext&) {
        return testing::source_response(
            std::make_unique<testing::SliceSource>(testing::pattern(20 << 20), 0, 0));
    });
    test.get("/text", [](const RequestContext&) {
        return text_response(200, "application/octet-stream", testing::pattern(20 << 20));
    });
    const std::uint16_t port = test.start();
    for (const std::string path : {"/file", "/text"}) {
        RawClient client(port);
        client.send(get(path));
        char first = 0;
        ASSERT_EQ(::recv(client.descriptor(), &first, 1, MSG_PEEK), 1);
        RawClient other(port);
        EXPECT_EQ(other.ask(get("/nothing")).status, 404U);
        const auto begin = Clock::now();
        // The connection is counted until the server gives up on it.
        while (test.metrics.to_text().find("isocenter_http_connections 1\n") == std::string::npos) {
            ASSERT_LT(Clock::now() - begin, milliseconds(5000));
            std::this_thread::yield();
        }
        EXPECT_FALSE(client.receive().complete);
    }
}

TEST(ServerLimits, TooManyConnectionsAreTurnedAway) {
    TestServer test;
    test.options.max_connections = 2;
    const std::uint16_t port = test.start();
    const std::string ask = "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nx";
    auto first = std::make_unique<RawClient>(port);
    RawClient second(port);
    EXPECT_EQ(first->ask(ask).status, 200U);
    EXPECT_EQ(second.ask(ask).status, 200U);
    RawClient third(port);
    const RawResponse refused = third.receive();
    EXPECT_EQ(refused.status, 503U);
    EXPECT_EQ(refused.headers.get("Retry-After"), "1");
    EXPECT_EQ(refused.body, "The server has too many connections at the moment.");
    first.reset();
    const auto begin = Clock::now();
    while (RawClient(port).ask(ask).status != 200U)
        ASSERT_LT(Clock::now() - begin, milliseconds(5000));
}

TEST(ServerLimits, WithoutDescriptorsConnectionsWaitAndTheLogSaysSo) {
    TestServer test;
    const std::uint16_t port = test.start();
    ::testing::internal::CaptureStderr();
    RawClient open(port);
    EXPECT_EQ(open.ask(get("/nothing")).status, 404U);
    rlimit before{};
    ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
    RawClient waiting(port, false);
    const int next = ::dup(0);
    ::close(next);
    const rlimit tight{static_cast<rlim_t>(next), before.rlim_max};
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &tight), 0);
    waiting.connect();
    waiting.send(get("/nothing"));
    pollfd answer{waiting.descriptor(), POLLIN, 0};
    EXPECT_EQ(::poll(&answer, 1, 200), 0);
    EXPECT_EQ(open.ask(get("/nothing")).status, 404U);
    ::setrlimit(RLIMIT_NOFILE, &before);
    EXPECT_EQ(waiting.receive().status, 404U);
    const std::string log = ::testing::internal::GetCapturedStderr();
    const std::size_t line = log.find("\"accept_failed\"");
    EXPECT_NE(line, std::string::npos) << log;
    EXPECT_EQ(log.find("\"accept_failed\"", line + 1), std::string::npos) << log;
}

TEST(ServerLimits, StoppingLetsRequestsEnd) {
    Gate gate;
    TestServer test;
    test.get("/gate", gate.handler());
    const std::uint16_t port = test.start();
    RawClient idle(port);
    idle.ask("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nx");
    RawClient busy(port);
    busy.send(get("/gate"));
    gate.wait_until_inside(1);
    auto stopped =
        std::async(std::launch::async, [&test] { return test.server->stop(milliseconds(10'000)); });
    EXPECT_TRUE(idle.at_end());
    EXPECT_EQ(stopped.wait_for(milliseconds(50)), std::future_status::timeout);
    gate.open();
    const RawResponse answer = busy.receive();
    EXPECT_EQ(answer.body, "through");
    EXPECT_EQ(answer.headers.get("Connection"), "close");
    EXPECT_TRUE(stopped.get());
    EXPECT_FALSE(RawClient(port).connected());
}

TEST(ServerLimits, StoppingWaitsForNoRestOfAHead) {
    TestServer test;
    RawClient client(test.start());
    client.send(
        "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nxGET /echo HTTP/1.1\r\nHost: x\r\n");
    ASSERT_EQ(client.receive().status, 200U);
    auto stopped =
        std::async(std::launch::async, [&test] { return test.server->stop(milliseconds(20'000)); });
    EXPECT_TRUE(client.at_end());
    EXPECT_EQ(stopped.wait_for(milliseconds(1'000)), std::future_status::ready);
}

TEST(ServerLimits, StoppingDoesNotWaitForEver) {
    Gate gate;
    TestServer test;
    test.get("/gate", gate.handler());
    const std::uint16_t port = test.start();
    RawClient stuck(port);
    stuck.send(get("/gate"));
    RawClient half(port);
    half.send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n12");
    gate.wait_until_inside(1);
    const auto begin = Clock::now();
    EXPECT_FALSE(test.server->stop(milliseconds(50)));
    EXPECT_LT(Clock::now() - begin, milliseconds(10'000));
    EXPECT_TRUE(stuck.at_end());
    EXPECT_TRUE(half.at_end());
    gate.open();
    EXPECT_TRUE(test.server->stop(milliseconds(0)));
}

}  // namespace
}  // namespace isocenter::http
