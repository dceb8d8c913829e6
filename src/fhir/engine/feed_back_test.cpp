#include <gtest/gtest.h>

#include <functional>
#include <utility>

#include "fhir/engine/engine_fakes.h"

namespace isocenter::fhir {
namespace {

using std::chrono::seconds;

/// An archive of five studies that are done; then its feed begins anew, as after a restore.
class FeedBack : public testing::Test {
  protected:
    void follow(EngineBench& bench) {
        for (std::int64_t n = 1; n <= 5; ++n)
            bench.feed.add(n, "1." + std::to_string(n));
        bench.pass(seconds(5));
        ASSERT_EQ(bench.stored_low(), 5);
        bench.jobs.runs.clear();
        bench.jobs.requests.clear();
    }
    static void begin_anew(EngineBench& bench) {
        bench.feed.entries.clear();
        bench.feed.add(1, "2.1");
        bench.feed.add(2, "2.2");
    }
};

TEST_F(FeedBack, everything_in_it_is_done_again_and_it_is_told) {
    EngineBench bench;
    follow(bench);
    EXPECT_FALSE(bench.engine.status().feed_reset);
    begin_anew(bench);
    bench.pass(seconds(28));
    EXPECT_FALSE(bench.engine.status().feed_reset);
    EXPECT_TRUE(bench.jobs.runs.empty());
    bench.pass(seconds(4));
    ASSERT_TRUE(bench.engine.status().feed_reset);
    EXPECT_EQ(bench.engine.status().feed_reset->position, 5);
    EXPECT_EQ(bench.engine.status().feed_reset->latest, 2);
    EXPECT_TRUE(bench.engine.status().recovering);
    bench.pass(seconds(6));
    EXPECT_EQ(bench.jobs.runs, (std::vector<std::string>{"2.1", "2.2"}));
    EXPECT_EQ(bench.stored_low(), 2);
    EXPECT_EQ((*bench.state.load())->latest, 2);
    EXPECT_FALSE(bench.engine.status().recovering);
    bench.feed.add(3, "2.3");
    bench.pass(seconds(5));
    EXPECT_EQ(bench.stored_low(), 3);
}

TEST_F(FeedBack, so_it_is_after_a_start) {
    MemoryState state;
    {
        EngineBench before({}, &state);
        follow(before);
        before.engine.finish();
    }
    EngineBench bench({}, &state);
    begin_anew(bench);
    bench.pass(seconds(40));
    EXPECT_EQ(bench.jobs.runs.size(), 2U);
    EXPECT_EQ(bench.stored_low(), 2);
}

TEST_F(FeedBack, a_server_that_lags_for_a_moment_is_no_other_archive) {
    EngineBench bench;
    follow(bench);
    const auto entries = bench.feed.entries;
    begin_anew(bench);
    bench.pass(seconds(20));
    bench.feed.entries = entries;
    bench.feed.add(6, "1.6");
    bench.pass(seconds(5));
    EXPECT_FALSE(bench.engine.status().feed_reset);
    EXPECT_EQ(bench.jobs.runs, std::vector<std::string>{"1.6"});
}

TEST_F(FeedBack, looks_on_both_sides_of_an_outage_are_not_one) {
    EngineBench bench;
    follow(bench);
    const auto entries = bench.feed.entries;
    begin_anew(bench);
    bench.pass(seconds(10));
    bench.feed.failure = fail(ErrorCode::unavailable, "away");
    bench.pass(seconds(60));
    bench.feed.failure.reset();
    bench.pass(seconds(20));
    EXPECT_FALSE(bench.engine.status().feed_reset);
    bench.feed.entries = entries;
    bench.pass(seconds(60));
    EXPECT_FALSE(bench.engine.status().feed_reset);
    EXPECT_TRUE(bench.jobs.runs.empty());
}

TEST_F(FeedBack, work_of_the_former_feed_settles_nothing_of_the_new_one) {
    EngineBench bench;
    follow(bench);
    bench.feed.add(7, "1.7");
    bench.jobs.act = [](const JobRequest&) { return failing(FailureKind::transient, 503); };
    bench.pass(seconds(70));
    begin_anew(bench);
    for (std::int64_t n = 3; n <= 6; ++n)
        bench.feed.add(n, "2." + std::to_string(n));
    bench.jobs.act = [](const JobRequest& request) {
        return request.key.study_uid == "2.4" ? failing(FailureKind::transient, 503)
                                              : JobResult{1, {}, std::nullopt};
    };
    bench.pass(seconds(60));
    EXPECT_EQ(bench.stored_low(), 3);
}

/// During whose next save something else happens.
class InterruptedState : public MemoryState {
  public:
    Status save(std::int64_t token, std::int64_t low, std::int64_t latest, Ticks now) override {
        if (const auto meanwhile = std::exchange(during_save, nullptr)) meanwhile();
        return MemoryState::save(token, low, latest, now);
    }
    std::function<void()> during_save;
};

TEST_F(FeedBack, a_save_that_is_under_way_does_not_bring_the_former_newest_number_back) {
    InterruptedState state;
    EngineOptions options;
    options.lease = false;
    EngineBench bench(options, &state);
    follow(bench);
    bench.feed.add(6, "1.6");
    state.during_save = [&] {
        begin_anew(bench);
        bench.engine.read_step();
        bench.clock.advance(seconds(31));
        bench.engine.read_step();
    };
    bench.pass(seconds(8));
    ASSERT_TRUE(bench.engine.status().feed_reset);
    EXPECT_EQ(bench.stored_low(), 2);
    EXPECT_EQ((*bench.state.load())->latest, 2);
}

TEST_F(FeedBack, jobs_of_single_entries_are_not_repeated_but_a_backfill_begins) {
    EngineOptions options;
    options.settling.entry_by_entry = true;
    EngineBench bench(options);
    follow(bench);
    begin_anew(bench);
    bench.studies.uids = {"2.1", "2.2"};
    bench.pass(seconds(40));
    ASSERT_TRUE(bench.engine.status().feed_reset);
    EXPECT_EQ(bench.jobs.runs.size(), 2U);
    for (const JobRequest& request : bench.jobs.requests)
        EXPECT_EQ(request.sequence, 0) << "the study as a whole";
    EXPECT_EQ(bench.stored_low(), 2);
    EXPECT_FALSE(bench.engine.status().recovering);
}

TEST_F(FeedBack, jobs_of_single_entries_keep_their_position_until_it_is_certain) {
    EngineOptions options;
    options.settling.entry_by_entry = true;
    EngineBench bench(options);
    follow(bench);
    const auto entries = bench.feed.entries;
    bench.feed.entries.clear();
    ASSERT_TRUE(bench.engine.backfill({}).ok());
    bench.pass(seconds(5));
    EXPECT_FALSE(bench.engine.status().backfill) << "done";
    EXPECT_EQ(bench.stored_low(), 5);
    bench.feed.entries = entries;
    bench.pass(seconds(60));
    EXPECT_TRUE(bench.jobs.runs.empty()) << "nothing is repeated";
    EXPECT_EQ(bench.stored_low(), 5);
}

}  // namespace
}  // namespace isocenter::fhir
