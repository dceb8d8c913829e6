// What long work is told when nobody waits for its answer any more.
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <chrono>
#include <future>
#include <thread>

#include "http/testing/raw_client.h"
#include "http/testing/test_server.h"

namespace isocenter::http {
namespace {

using testing::RawClient;
using testing::TestServer;
using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr const char* kRequest = "GET /long HTTP/1.1\r\nHost: x\r\n\r\n";

/// Works until told that nobody waits for it, or for ten seconds.
struct LongWork {
    std::promise<void> begun;
    std::promise<bool> told;
    Handler handler() {
        return [this](const RequestContext& context) {
            begun.set_value();
            const auto end = Clock::now() + milliseconds(10'000);
            while (!context.request.abandoned.stop_requested() && Clock::now() < end)
                std::this_thread::yield();
            told.set_value(context.request.abandoned.stop_requested());
            return empty_response(204);
        };
    }
};

TEST(Abandoned, StoppingTellsLongWork) {
    LongWork work;
    TestServer test;
    test.get("/long", work.handler());
    RawClient client(test.start());
    client.send(kRequest);
    work.begun.get_future().wait();
    EXPECT_TRUE(test.server->stop(milliseconds(50)));
    EXPECT_TRUE(work.told.get_future().get());
}

TEST(Abandoned, AResetConnectionTellsLongWorkAndAHalfClosedOneDoesNot) {
    LongWork work;
    TestServer test;
    test.options.header_timeout = milliseconds(100);  // sweeps are often then
    test.get("/long", work.handler());
    RawClient client(test.start());
    client.send(kRequest);
    work.begun.get_future().wait();
    auto told = work.told.get_future();
    client.half_close();
    EXPECT_EQ(told.wait_for(milliseconds(200)), std::future_status::timeout);
    const linger at_once{1, 0};
    ::setsockopt(client.descriptor(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    client.close();
    EXPECT_TRUE(told.get());
}

}  // namespace
}  // namespace isocenter::http
