#include "fhir/engine/engine.h"

#include <gtest/gtest.h>

#include <thread>

#include "fhir/engine/engine_fakes.h"

namespace isocenter::fhir {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// Obligation: 23.12.coalescing
TEST(Coalescing, n_instances_of_a_study_stored_within_settle_cause_one_job) {
    EngineBench bench;
    for (int n = 1; n <= 250; ++n)
        bench.feed.add(n, "1.1");
    bench.feed.add(251, "1.2");
    bench.pass(seconds(5));
    EXPECT_EQ(bench.jobs.runs, (std::vector<std::string>{"1.1", "1.2"}));
    EXPECT_EQ(bench.stored_low(), 251);
}

TEST(Coalescing, studies_that_are_ready_together_are_given_to_one_call) {
    class JointJobs : public FakeJobs {
      public:
        std::vector<JobResult> run_joint(const std::vector<JobRequest>& together) override {
            sizes.push_back(together.size());
            return FakeJobs::run_joint(together);
        }
        std::vector<std::size_t> sizes;
    };
    EngineOptions options;
    options.studies_per_bundle = 4;
    EngineBench bench;
    JointJobs jobs;
    jobs.act = [&](const JobRequest& request) {
        return request.key.study_uid == "1.2" ? failing(FailureKind::refused, 422)
                                              : JobResult{1, {}, std::nullopt};
    };
    Engine engine(EngineBench::with_owner(options), {bench.feed, bench.studies, jobs, bench.state,
                                                     bench.state, bench.state, bench.clock, bench.metrics});
    for (int n = 1; n <= 6; ++n)
        bench.feed.add(n, "1." + std::to_string(n));
    for (int second = 0; second < 4; ++second) {
        bench.clock.advance(seconds(1));
        engine.keep_step();
        while (engine.read_step()) {
        }
        while (engine.work_step()) {
        }
    }
    engine.keep_step();
    EXPECT_EQ(jobs.sizes, (std::vector<std::size_t>{4, 2}));
    EXPECT_EQ(bench.stored_low(), 6);
    ASSERT_EQ(bench.open_letters().size(), 1U);
    EXPECT_EQ(bench.open_letters()[0].key.study_uid, "1.2");
}

// Obligation: 19.feed.state-written
TEST(Engine, the_stored_position_is_where_it_goes_on) {
    MemoryState state;
    {
        EngineBench bench({}, &state);
        bench.feed.add(1, "1.1");
        bench.feed.add(2, "1.2");
        bench.pass(seconds(5));
        bench.engine.finish();
    }
    EngineBench bench({}, &state);
    bench.feed.add(1, "1.1");
    bench.feed.add(2, "1.2");
    bench.feed.add(3, "1.3");
    bench.pass(seconds(5));
    EXPECT_EQ(bench.jobs.runs, std::vector<std::string>{"1.3"});
    EXPECT_EQ(bench.stored_low(), 3);
}

TEST(Engine, from_0_replays_everything_once) {
    MemoryState state;
    ASSERT_TRUE(state.save(0, 2, 2, 1).ok());
    EngineBench bench(EngineOptions{.from = 0}, &state);
    bench.feed.add(1, "1.1");
    bench.feed.add(2, "1.2");
    bench.pass(seconds(5));
    EXPECT_EQ(bench.jobs.runs.size(), 2U);
    bench.pass(seconds(60));
    EXPECT_EQ(bench.jobs.runs.size(), 2U);
}

TEST(Engine, a_change_during_the_job_causes_exactly_one_more) {
    EngineBench bench;
    bench.feed.add(1, "1.1");
    bench.jobs.act = [&](const JobRequest&) {
        if (bench.jobs.runs.size() == 1) {
            bench.feed.add(2, "1.1");
            bench.feed.add(3, "1.1");
            bench.read_all();
        }
        return JobResult{1, {}, std::nullopt};
    };
    bench.pass(seconds(3));
    EXPECT_EQ(bench.stored_low(), 1) << "entries read during a job are not settled by it";
    bench.pass(seconds(10));
    EXPECT_EQ(bench.jobs.runs.size(), 2U);
    EXPECT_EQ(bench.stored_low(), 3);
}

TEST(Checkpoint, is_contiguous_a_failing_study_holds_it_back_but_not_the_others) {
    EngineBench bench;
    for (int n = 1; n <= 50; ++n)
        bench.feed.add(n, "1." + std::to_string(n));
    bench.jobs.act = [](const JobRequest& request) {
        return request.key.study_uid == "1.7" ? failing(FailureKind::transient, 500)
                                              : JobResult{1, {}, std::nullopt};
    };
    bench.pass(seconds(4));
    EXPECT_EQ(bench.stored_low(), 6);
    std::set<std::string> seen(bench.jobs.runs.begin(), bench.jobs.runs.end());
    EXPECT_EQ(seen.size(), 50U) << "one poison study blocks nobody";
    EXPECT_EQ(bench.engine.status().low, 6);
    EXPECT_EQ(bench.engine.status().lag_entries, 44);
    bench.jobs.act = nullptr;
    bench.pass(seconds(70));
    EXPECT_EQ(bench.stored_low(), 50);
}

// Obligation: 19.feed.gap
TEST(Checkpoint, waits_for_a_missing_number_until_its_grace_is_over) {
    EngineBench bench;
    bench.feed.add(1, "1.1");
    bench.feed.add(3, "1.3");
    bench.pass(seconds(30));
    EXPECT_EQ(bench.jobs.runs.size(), 2U);
    EXPECT_EQ(bench.stored_low(), 1);
    bench.feed.add(2, "1.2");
    bench.pass(seconds(40));
    EXPECT_EQ(bench.jobs.runs.back(), "1.2") << "the window is read once more before a number is void";
    EXPECT_EQ(bench.stored_low(), 3);
    bench.feed.add(5, "1.5");
    bench.pass(seconds(30));
    EXPECT_EQ(bench.stored_low(), 3);
    bench.pass(seconds(40));
    EXPECT_EQ(bench.stored_low(), 5);
}

TEST(Checkpoint, a_stale_one_replays_and_a_read_failure_never_does) {
    class BrokenStore : public MemoryState {
      public:
        Result<StateRow> acquire(const std::string& owner, Ticks now, Ticks until) override {
            if (broken) return fail(ErrorCode::unavailable, "no database");
            return MemoryState::acquire(owner, now, until);
        }
        bool broken = true;
    };
    BrokenStore state;
    ASSERT_TRUE(state.save(0, 2, 2, 1).ok());
    EngineBench bench({}, &state);
    for (int n = 1; n <= 3; ++n)
        bench.feed.add(n, "1." + std::to_string(n));
    bench.pass(seconds(10));
    EXPECT_TRUE(bench.jobs.runs.empty());
    EXPECT_FALSE(bench.engine.status().active);
    state.broken = false;
    bench.pass(seconds(10));
    EXPECT_EQ(bench.jobs.runs, std::vector<std::string>{"1.3"});
}

TEST(Feed, an_unreadable_entry_is_a_dead_letter_and_passed) {
    EngineBench bench;
    bench.feed.add(1, "1.1");
    bench.feed.bad = {2};
    bench.feed.add(3, "1.3");
    bench.pass(seconds(5));
    EXPECT_EQ(bench.stored_low(), 3);
    const auto letters = bench.open_letters();
    ASSERT_EQ(letters.size(), 1U);
    EXPECT_EQ(letters[0].letter_class, LetterClass::feed);
    EXPECT_EQ(letters[0].first_sequence, 2);
}

// Obligation: 19.feed.malformed-newest
TEST(Feed, the_newest_entry_may_be_the_unreadable_one) {
    EngineBench bench;
    bench.feed.add(1, "1.1");
    bench.feed.bad = {2};
    bench.pass(seconds(5));
    EXPECT_EQ(bench.engine.status().read, 2) << "latest is not overshot";
    bench.feed.add(3, "1.3");
    bench.pass(seconds(5));
    EXPECT_EQ(bench.stored_low(), 3);
    EXPECT_EQ(bench.jobs.runs.size(), 2U);
}

TEST(Feed, a_replayed_number_is_read_again_and_its_letter_resolved) {
    EngineBench bench;
    bench.feed.bad = {1};
    bench.feed.add(2, "1.2");
    bench.pass(seconds(5));
    ASSERT_TRUE(bench.state.set_replay({.letter_class = LetterClass::feed}, true).ok());
    bench.pass(seconds(5));
    EXPECT_EQ(bench.open_letters().size(), 1U) << "still unreadable";
    bench.feed.bad.clear();
    bench.feed.add(1, "1.1");
    ASSERT_TRUE(bench.state.set_replay({.letter_class = LetterClass::feed}, true).ok());
    bench.pass(seconds(8));
    EXPECT_EQ(bench.jobs.runs.back(), "1.1");
    EXPECT_TRUE(bench.open_letters().empty());
}

TEST(Feed, reading_pauses_at_the_read_ahead) {
    EngineOptions options;
    options.read_ahead = 150;
    EngineBench bench(options);
    for (int n = 1; n <= 1000; ++n)
        bench.feed.add(n, "1." + std::to_string(n));
    bench.keep();
    bench.read_all();
    EXPECT_EQ(bench.engine.status().read, 200);
    bench.pass(seconds(60));
    EXPECT_EQ(bench.stored_low(), 1000);
}

TEST(Feed, partitions_that_are_not_mapped_are_passed_over) {
    EngineOptions options;
    options.wants_partition = [](const std::string& name) { return name == "Microsoft.Default"; };
    EngineBench bench(options);
    bench.feed.add(1, "1.1");
    bench.feed.add(2, "1.2", "north");
    bench.pass(seconds(5));
    EXPECT_EQ(bench.jobs.runs, std::vector<std::string>{"1.1"});
    EXPECT_EQ(bench.stored_low(), 2);
}

TEST(Feed, an_archive_that_is_down_stops_nothing_for_ever) {
    EngineBench bench;
    bench.feed.failure = fail(ErrorCode::unavailable, "connection refused");
    bench.feed.add(1, "1.1");
    bench.pass(seconds(120));
    EXPECT_FALSE(bench.engine.status().archive_reachable);
    EXPECT_TRUE(bench.open_letters().empty());
    bench.feed.failure.reset();
    bench.pass(seconds(70));
    EXPECT_EQ(bench.stored_low(), 1);
    EXPECT_TRUE(bench.engine.status().archive_reachable);
}

TEST(Lease, a_second_engine_stands_by_and_takes_over_without_loss) {
    MemoryState state;
    EngineBench first(EngineOptions{.owner = "first"}, &state);
    EngineBench second(EngineOptions{.owner = "second"}, &state);
    for (int n = 1; n <= 3; ++n) {
        first.feed.add(n, "1." + std::to_string(n));
        second.feed.add(n, "1." + std::to_string(n));
    }
    first.keep();
    second.pass(seconds(5));
    EXPECT_TRUE(second.jobs.runs.empty());
    EXPECT_FALSE(second.engine.status().active);
    EXPECT_TRUE(second.engine.status().stand_by);
    EXPECT_FALSE(first.engine.status().stand_by);
    first.pass(seconds(4));
    EXPECT_EQ(first.jobs.runs.size(), 3U);
    // The first one hangs: nothing is renewed, the second takes over and the first one's writes are refused.
    second.pass(seconds(20));
    EXPECT_TRUE(second.engine.status().active);
    EXPECT_FALSE(second.engine.status().stand_by);
    first.feed.add(4, "1.4");
    second.feed.add(4, "1.4");
    second.pass(seconds(5));
    EXPECT_EQ(second.jobs.runs.back(), "1.4");
    EXPECT_EQ(second.stored_low(), 4);
    first.clock.advance(seconds(25));
    first.pass(seconds(1));
    EXPECT_FALSE(first.engine.status().active);
    EXPECT_TRUE(first.engine.status().stand_by);
}

TEST(Lease, nothing_is_posted_without_five_seconds_left) {
    EngineBench bench;
    bench.feed.add(1, "1.1");
    std::vector<bool> allowed;
    bench.jobs.act = [&](const JobRequest& request) {
        allowed.push_back(request.may_write());
        bench.clock.advance(milliseconds(10'001));
        allowed.push_back(request.may_write());
        return failing(FailureKind::lease_lost);
    };
    bench.keep();
    bench.read_all();
    bench.clock.advance(seconds(2));
    bench.keep();
    bench.work_all();
    ASSERT_GE(allowed.size(), 2U);
    EXPECT_TRUE(allowed[0]);
    EXPECT_FALSE(allowed[1]);
    EXPECT_TRUE(bench.open_letters().empty());
}

TEST(Lease, a_clean_end_gives_it_back) {
    MemoryState state;
    EngineBench first(EngineOptions{.owner = "first"}, &state);
    first.pass(seconds(1));
    first.engine.finish();
    EXPECT_FALSE(first.engine.status().stand_by) << "it has ended";
    EngineBench second(EngineOptions{.owner = "second"}, &state);
    second.pass(seconds(1));
    EXPECT_TRUE(second.engine.status().active);
}

// Obligation: 19.worker.cancel
TEST(Engine, runs_with_threads_and_stops_cleanly) {
    EngineOptions options;
    options.settling = {milliseconds(1), milliseconds(10)};
    EngineBench bench(options);
    std::mutex mutex;
    std::condition_variable done;
    std::size_t count = 0;
    bench.jobs.act = nullptr;
    class CountingJobs : public JobRunner {
      public:
        CountingJobs(std::mutex& m, std::condition_variable& c, std::size_t& n)
            : mutex_(m), done_(c), count_(n) {}
        JobResult run(const JobRequest&) override {
            const std::lock_guard lock(mutex_);
            ++count_;
            done_.notify_all();
            return {1, {}, std::nullopt};
        }
        Attempt<void> probe_target() override { return {}; }

      private:
        std::mutex& mutex_;
        std::condition_variable& done_;
        std::size_t& count_;
    } jobs(mutex, done, count);
    const Clock clock;
    Metrics metrics;
    for (int n = 1; n <= 40; ++n)
        bench.feed.add(n, "1." + std::to_string(n));
    Engine engine(EngineBench::with_owner(options),
                  {bench.feed, bench.studies, jobs, bench.state, bench.state, bench.state, clock, metrics});
    std::jthread thread([&](std::stop_token stop) { engine.run(stop); });
    {
        std::unique_lock lock(mutex);
        EXPECT_TRUE(done.wait_for(lock, seconds(30), [&] { return count == 40; }));
    }
    thread.request_stop();
    thread.join();
    EXPECT_EQ(bench.stored_low(), 40);
    EXPECT_TRUE((*bench.state.load())->owner.empty());
}

// Obligation: 19.feed.latest-first
TEST(Feed, the_newest_number_is_asked_for_before_the_window) {
    EngineBench bench;
    bench.feed.add(1, "1.1");
    bench.keep();
    ASSERT_TRUE(bench.engine.read_step());
    EXPECT_EQ(bench.feed.calls, "LR");
}

EngineOptions entry_by_entry() {
    EngineOptions options;
    options.settling.entry_by_entry = true;
    return options;
}

// Obligation: 19.feed.order
TEST(EngineByEntry, every_entry_is_a_job_in_the_order_of_the_feed) {
    EngineBench bench(entry_by_entry());
    bench.feed.add(1, "1.2");
    bench.feed.add(2, "1.1");
    bench.feed.add(3, "1.2");
    bench.pass(seconds(1));
    std::vector<std::int64_t> sequences;
    for (const JobRequest& request : bench.jobs.requests)
        sequences.push_back(request.sequence);
    EXPECT_EQ(sequences, (std::vector<std::int64_t>{1, 2, 3}));
    EXPECT_EQ(bench.stored_low(), 3);
}

TEST(EngineByEntry, a_success_of_one_entry_leaves_the_letter_of_another_open) {
    EngineBench bench(entry_by_entry());
    bench.jobs.act = [](const JobRequest& request) {
        return request.sequence == 1 ? failing(FailureKind::refused, 422) : JobResult{1, {}, std::nullopt};
    };
    bench.feed.add(1, "1.1");
    bench.feed.add(2, "1.1");
    bench.pass(seconds(1));
    EXPECT_EQ(bench.stored_low(), 2) << "an entry that fails for good counts as handled";
    ASSERT_EQ(bench.open_letters().size(), 1U);
    EXPECT_EQ(bench.open_letters().front().first_sequence, 1);
    bench.engine.mark({"Microsoft.Default", "1.1"});
    bench.pass(seconds(1));
    EXPECT_EQ(bench.jobs.requests.back().sequence, 0) << "the study as a whole";
    EXPECT_TRUE(bench.open_letters().empty());
}

TEST(EngineByEntry, an_entry_that_cannot_be_read_is_a_letter_of_its_number_until_it_can) {
    EngineBench bench(entry_by_entry());
    bench.jobs.act = [](const JobRequest& request) {
        return request.sequence == 2 ? failing(FailureKind::unreadable) : JobResult{1, {}, std::nullopt};
    };
    for (std::int64_t n = 1; n <= 3; ++n)
        bench.feed.add(n, "1.1");
    bench.pass(seconds(1));
    EXPECT_EQ(bench.stored_low(), 3);
    ASSERT_EQ(bench.open_letters().size(), 1U);
    const DeadLetter letter = bench.open_letters().front();
    EXPECT_EQ(letter.letter_class, LetterClass::feed);
    EXPECT_EQ(letter.first_sequence, 2);
    EXPECT_EQ(letter.key, Key{});
    bench.jobs.act = nullptr;
    ASSERT_TRUE(bench.state.ask_replay(letter.id).ok());
    bench.pass(seconds(5));
    EXPECT_EQ(bench.jobs.requests.back().sequence, 2);
    EXPECT_TRUE(bench.open_letters().empty());
}

}  // namespace
}  // namespace isocenter::fhir
