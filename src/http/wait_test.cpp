#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <thread>
#include <vector>

#include "http/server.h"
#include "http/signal.h"
#include "http/testing/raw_client.h"
#include "http/testing/test_server.h"

namespace isocenter::http {
namespace {

using testing::RawClient;
using testing::TestServer;
using Clock = std::chrono::steady_clock;

/// What the exchanges of a test look at.
struct Watched {
    std::shared_ptr<Signal> signal = std::make_shared<Signal>();
    std::atomic<int> value{0};
    std::atomic<int> asked{0};
    std::chrono::milliseconds patience{30'000};
};

/// Waits until the value is not zero.
class WaitingExchange final : public Exchange {
  public:
    explicit WaitingExchange(Watched& watched)
        : watched_(watched), deadline_(Clock::now() + watched.patience) {}
    Status on_body(ByteView) override { return {}; }
    std::optional<WaitFor> wait_before_finish() override {
        WaitFor wait{watched_.signal, watched_.signal->generation(), deadline_};
        ++watched_.asked;
        if (watched_.value != 0 || Clock::now() >= deadline_) return std::nullopt;
        return wait;
    }
    Response finish() override { return text_response(200, "text/plain", std::to_string(watched_.value)); }

  private:
    Watched& watched_;
    const Clock::time_point deadline_;
};

void add_route(TestServer& test, Watched& watched, net::Lane* lane) {
    test.mount.routes.push_back(testing::exchange_route(
        Method::get, "/wait", lane, [&watched](const RequestContext&) -> Result<std::unique_ptr<Exchange>> {
            return std::unique_ptr<Exchange>(std::make_unique<WaitingExchange>(watched));
        }));
}

const std::string kRequest = "GET /wait HTTP/1.1\r\nHost: x\r\n\r\n";

void wait_until_asked(const Watched& watched, int times) {
    for (int i = 0; i < 5000 && watched.asked < times; ++i)
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    ASSERT_GE(watched.asked, times);
}

TEST(Wait, TheSignalEndsItAndNoThreadWaits) {
    for (const bool on_lane : {true, false}) {
        Watched watched;
        TestServer test;
        add_route(test, watched, on_lane ? &test.narrow : nullptr);
        test.get("/hello", [](const RequestContext&) { return text_response(200, "text/plain", "hello"); });
        const std::uint16_t port = test.start();
        std::vector<std::unique_ptr<RawClient>> clients;
        for (int i = 0; i < 8; ++i) {
            clients.push_back(std::make_unique<RawClient>(port));
            clients.back()->send(kRequest);
            wait_until_asked(watched, i + 1);
        }
        // More clients wait than there are threads, and others are still served.
        RawClient other(port);
        EXPECT_EQ(other.ask("GET /hello HTTP/1.1\r\nHost: x\r\n\r\n").body, "hello");
        watched.value = 7;
        watched.signal->fire();
        for (const auto& client : clients)
            EXPECT_EQ(client->receive().body, "7");
    }
}

TEST(Wait, ASignalWithoutNewsIsFollowedByAnotherWait) {
    Watched watched;
    TestServer test;
    add_route(test, watched, &test.lane);
    RawClient client(test.start());
    client.send(kRequest);
    wait_until_asked(watched, 1);
    watched.signal->fire();
    wait_until_asked(watched, 2);
    watched.value = 1;
    watched.signal->fire();
    EXPECT_EQ(client.receive().body, "1");
    EXPECT_EQ(client.ask("GET /wait HTTP/1.1\r\nHost: x\r\n\r\n").body, "1");
}

TEST(Wait, TheDeadlineEndsIt) {
    Watched watched;
    watched.patience = std::chrono::milliseconds(50);
    TestServer test;
    add_route(test, watched, &test.lane);
    RawClient client(test.start());
    EXPECT_EQ(client.ask(kRequest).body, "0");
    // A signal that outlives the wait finds nobody.
    watched.signal->fire();
}

TEST(Wait, AServerThatStopsDoesNotWait) {
    Watched watched;
    TestServer test;
    add_route(test, watched, &test.lane);
    RawClient client(test.start());
    client.send(kRequest);
    wait_until_asked(watched, 1);
    const auto begin = Clock::now();
    test.server->stop(std::chrono::milliseconds(10'000));
    EXPECT_LT(Clock::now() - begin, std::chrono::seconds(5));
    EXPECT_EQ(client.receive().body, "0");
}

}  // namespace
}  // namespace isocenter::http
