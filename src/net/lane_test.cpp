#include "net/lane.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <memory>
#include <set>
#include <thread>
#include <vector>

namespace isocenter::net {
namespace {

/// Occupies one thread of a lane until released.
class Blocker {
  public:
    explicit Blocker(Lane& lane) {
        // The task may outlive this object: it holds all it touches.
        const auto started = std::make_shared<std::promise<void>>();
        lane.post_admitted([started, gate = gate_.get_future().share()] {
            started->set_value();
            gate.wait();
        });
        started->get_future().wait();
    }
    void release() { gate_.set_value(); }

  private:
    std::promise<void> gate_;
};

TEST(Lane, RunsEverythingBeforeItIsDestroyed) {
    Metrics metrics;
    std::atomic<int> ran{0};
    {
        Lane lane("work", {.threads = 3, .queue = 1000}, metrics);
        for (int i = 0; i < 500; ++i)
            ASSERT_TRUE(lane.try_post([&ran] { ++ran; }));
    }
    EXPECT_EQ(ran.load(), 500);
}

TEST(Lane, RefusesWhenTheQueueIsFullAndCounts) {
    Metrics metrics;
    std::atomic<int> ran{0};
    {
        Lane lane("small", {.threads = 1, .queue = 2}, metrics);
        Blocker blocker(lane);
        EXPECT_TRUE(lane.try_post([&ran] { ++ran; }));
        EXPECT_TRUE(lane.try_post([&ran] { ++ran; }));
        EXPECT_FALSE(lane.try_post([&ran] { ran += 100; }));
        EXPECT_EQ(lane.queued(), 2U);
        const std::string text = metrics.to_text();
        EXPECT_NE(text.find("isocenter_lane_queued{lane=\"small\"} 2"), std::string::npos) << text;
        EXPECT_NE(text.find("isocenter_lane_refused_total{lane=\"small\"} 1"), std::string::npos) << text;
        blocker.release();
    }
    EXPECT_EQ(ran.load(), 2);
}

TEST(Lane, AdmittedWorkIsNeverRefusedAndDoesNotTakeTheRoomOfNewWork) {
    Metrics metrics;
    std::atomic<int> ran{0};
    {
        Lane lane("small", {.threads = 1, .queue = 1}, metrics);
        Blocker blocker(lane);
        for (int i = 0; i < 10; ++i)
            lane.post_admitted([&ran] { ++ran; });
        EXPECT_TRUE(lane.try_post([&ran] { ++ran; }));
        EXPECT_FALSE(lane.try_post([&ran] { ran += 100; }));
        blocker.release();
    }
    EXPECT_EQ(ran.load(), 11);
}

TEST(Lane, OneThreadKeepsTheOrder) {
    Metrics metrics;
    std::vector<int> seen;
    {
        Lane lane("ordered", {.threads = 1, .queue = 100}, metrics);
        for (int i = 0; i < 100; ++i)
            lane.post_admitted([&seen, i] { seen.push_back(i); });
    }
    ASSERT_EQ(seen.size(), 100U);
    EXPECT_TRUE(std::is_sorted(seen.begin(), seen.end()));
}

}  // namespace
}  // namespace isocenter::net
