#include <gtest/gtest.h>

#include <semaphore>
#include <thread>

#include "fhir/engine/engine_fakes.h"

namespace isocenter::fhir {
namespace {

using std::chrono::seconds;

/// Counts what is written; `renewals` are those of the lease.
class CountingState : public MemoryState {
  public:
    Result<StateRow> acquire(const std::string& owner, Ticks now, Ticks until) override {
        ++renewals;
        return MemoryState::acquire(owner, now, until);
    }
    Status save(std::int64_t token, std::int64_t low, std::int64_t latest, Ticks now) override {
        positions.push_back(low);
        return MemoryState::save(token, low, latest, now);
    }
    Status record(std::int64_t token, const DeadLetter& letter) override {
        ++letters;
        return MemoryState::record(token, letter);
    }
    Status resolve(std::int64_t token, const Key& key, const std::vector<LetterClass>& keep,
                   Ticks now) override {
        ++letters;
        return MemoryState::resolve(token, key, keep, now);
    }

    Result<std::vector<DeadLetter>> list(const LetterFilter& filter) override {
        if (filter.limit > 500) ++whole_lists;
        return MemoryState::list(filter);
    }

    int renewals = 0;
    int whole_lists = 0;                  ///< of open letters
    std::vector<std::int64_t> positions;  ///< every one that was written
    int letters = 0;                      ///< writes about dead letters
};

class Idle : public testing::TestWithParam<bool> {
  protected:
    static EngineOptions with_lease(bool lease) {
        EngineOptions options;
        options.lease = lease;
        return options;
    }
    CountingState state;
};

// Obligation: 19.feed.state-idle
TEST_P(Idle, a_feed_without_news_is_read_and_no_position_is_written) {
    EngineBench bench(with_lease(GetParam()), &state);
    bench.feed.add(1, "1.1");
    bench.feed.add(2, "1.2");
    bench.pass(seconds(5));
    ASSERT_EQ(state.positions.back(), 2);
    const auto written = state.positions;
    const int renewals = state.renewals;
    const std::size_t looks = bench.feed.calls.size();
    bench.pass(seconds(300));
    EXPECT_EQ(state.positions, written);
    EXPECT_EQ(state.letters, 0);
    EXPECT_EQ(state.whole_lists, 1) << "at the start";
    EXPECT_EQ(state.renewals - renewals, GetParam() ? 60 : 0) << "the lease alone, every five seconds";
    EXPECT_GE(bench.feed.calls.size() - looks, 300U) << "it was looked at all the same";
    EXPECT_EQ(bench.jobs.runs.size(), 2U);
    EXPECT_EQ(bench.stored_low(), 2);
    bench.feed.add(3, "1.3");
    bench.pass(seconds(5));
    EXPECT_EQ(state.positions.size(), written.size() + 1);
    EXPECT_EQ(state.positions.back(), 3);
}

// Obligation: 19.feed.state-idle
TEST_P(Idle, a_feed_that_never_had_an_entry_leaves_no_position) {
    EngineBench bench(with_lease(GetParam()), &state);
    bench.pass(seconds(60));
    EXPECT_TRUE(state.positions.empty());
    EXPECT_GE(bench.feed.calls.size(), 60U);
}

/// Has news behind the third wait, and wakes at once.
class WaitingFeed : public FakeFeed {
  public:
    void wait_for_news(std::stop_token, std::chrono::milliseconds longest) override {
        calls += 'W';
        waits.push_back(longest);
        if (waits.size() == 3) add(1, "1.1");
        if (waits.size() == 8) enough.release();
    }
    std::vector<std::chrono::milliseconds> waits;
    std::binary_semaphore enough{0};
};

// Obligation: 19.worker.poll
TEST(Polling, a_look_is_followed_by_a_wait_and_every_wait_by_a_look) {
    EngineBench bench;
    WaitingFeed feed;
    const Clock clock;
    EngineOptions options;
    options.workers = 1;
    Engine engine(EngineBench::with_owner(options), {feed, bench.studies, bench.jobs, bench.state,
                                                     bench.state, bench.state, clock, bench.metrics});
    std::jthread thread([&](std::stop_token stop) { engine.run(stop); });
    EXPECT_TRUE(feed.enough.try_acquire_for(seconds(60)));
    thread.request_stop();
    thread.join();
    // L: the newest number, R: a window, W: a wait. The news are read once, then there is nothing up to them.
    const std::string begin = feed.calls.substr(0, feed.calls.find("LR"));
    EXPECT_EQ(begin, "LWLWLW");
    std::string rest = feed.calls.substr(begin.size());
    EXPECT_TRUE(rest.starts_with("LRLW")) << rest.substr(0, 20);
    EXPECT_EQ(feed.calls.find("WW"), std::string::npos);
    EXPECT_EQ(feed.calls.find("WR"), std::string::npos);
    for (const auto wait : feed.waits)
        EXPECT_GT(wait, std::chrono::milliseconds(0));
}

INSTANTIATE_TEST_SUITE_P(WithAndWithoutLease, Idle, testing::Bool());

}  // namespace
}  // namespace isocenter::fhir
