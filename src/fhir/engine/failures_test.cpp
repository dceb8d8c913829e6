#include <gtest/gtest.h>

#include "fhir/engine/engine_fakes.h"

namespace isocenter::fhir {
namespace {

using std::chrono::seconds;

/// One study whose job fails in one way until the test says otherwise.
class Failures : public testing::Test {
  protected:
    Failures() { bench.feed.add(1, "1.1"); }
    void fail_with(FailureKind kind, unsigned status, std::optional<seconds> retry_after = {}) {
        bench.jobs.act = [=](const JobRequest&) { return failing(kind, status, retry_after); };
    }
    void recover() { bench.jobs.act = nullptr; }
    EngineBench bench;
};

// Obligation: 19.feed.error-fhir
TEST_F(Failures, a_refused_study_is_a_dead_letter_of_class_fhir_at_once) {
    fail_with(FailureKind::refused, 422);
    bench.pass(seconds(5));
    EXPECT_EQ(bench.jobs.runs.size(), 1U);
    const auto letters = bench.open_letters();
    ASSERT_EQ(letters.size(), 1U);
    EXPECT_EQ(letters[0].letter_class, LetterClass::fhir);
    EXPECT_EQ(letters[0].status, 422U);
    EXPECT_EQ(letters[0].error, "the reason");
    EXPECT_EQ(letters[0].entries, 1U);
    EXPECT_EQ(bench.stored_low(), 1) << "the dead letter settles the entry";
}

// Obligation: 19.feed.error-dicom
TEST_F(Failures, an_unusable_study_is_a_dead_letter_of_class_dicom) {
    fail_with(FailureKind::unusable, 0);
    bench.pass(seconds(5));
    ASSERT_EQ(bench.open_letters().size(), 1U);
    EXPECT_EQ(bench.open_letters()[0].letter_class, LetterClass::dicom);
}

TEST_F(Failures, the_next_success_of_the_key_resolves_its_letters) {
    fail_with(FailureKind::unusable, 0);
    bench.pass(seconds(5));
    recover();
    bench.feed.add(2, "1.1");
    bench.pass(seconds(5));
    EXPECT_TRUE(bench.open_letters().empty());
    EXPECT_EQ(bench.state.list({.state = LetterState::resolved})->size(), 1U);
}

// Obligation: 19.feed.error-validation
TEST_F(Failures, a_dropped_value_is_noted_while_the_study_is_written) {
    bench.jobs.act = [](const JobRequest&) {
        return JobResult{2, {{"(0010,0040)", "X is no sex"}, {"(0020,0013)", "-1"}}, std::nullopt};
    };
    bench.pass(seconds(5));
    ASSERT_EQ(bench.open_letters().size(), 1U);
    EXPECT_EQ(bench.open_letters()[0].letter_class, LetterClass::validation);
    EXPECT_EQ(bench.open_letters()[0].tag, "(0010,0040)");
    EXPECT_EQ(bench.stored_low(), 1);
    recover();
    bench.feed.add(2, "1.1");
    bench.pass(seconds(5));
    EXPECT_TRUE(bench.open_letters().empty());
}

TEST_F(Failures, a_conflict_is_rerun_at_once_three_times) {
    int left = 3;
    bench.jobs.act = [&](const JobRequest&) {
        return left-- > 0 ? failing(FailureKind::conflict, 409) : JobResult{1, {}, std::nullopt};
    };
    bench.keep();
    bench.read_all();
    bench.clock.advance(seconds(2));
    EXPECT_EQ(bench.work_all(), 1);
    EXPECT_EQ(bench.jobs.runs.size(), 4U);
    bench.pass(seconds(2));
    EXPECT_EQ(bench.stored_low(), 1);
    EXPECT_TRUE(bench.open_letters().empty());
}

// Obligation: 19.pipeline.retry-conflict, 19.feed.error-transient
TEST_F(Failures, a_conflict_that_stays_waits_longer_and_longer_until_the_budget_is_spent) {
    fail_with(FailureKind::conflict, 409);
    bench.pass(seconds(12));
    // Ready after 2 s; tried there, 2 s and 4 s later, each time four times.
    EXPECT_EQ(bench.jobs.runs.size(), 12U);
    EXPECT_TRUE(bench.open_letters().empty());
    bench.pass(seconds(600));
    ASSERT_EQ(bench.open_letters().size(), 1U);
    EXPECT_EQ(bench.open_letters()[0].letter_class, LetterClass::transient);
    EXPECT_GE(bench.open_letters()[0].attempts, 10U);
    EXPECT_EQ(bench.stored_low(), 1);
}

TEST_F(Failures, transient_letters_are_tried_again_by_themselves) {
    fail_with(FailureKind::transient, 503);
    bench.pass(seconds(700));
    ASSERT_EQ(bench.open_letters().size(), 1U);
    recover();
    const auto before = bench.jobs.runs.size();
    bench.pass(seconds(15 * 60 + 5));
    EXPECT_GT(bench.jobs.runs.size(), before);
    EXPECT_TRUE(bench.open_letters().empty());
}

TEST_F(Failures, every_transient_letter_has_its_turn_though_many_stay_open) {
    constexpr std::int64_t kLetters = 1200;
    for (std::int64_t n = 2; n <= kLetters; ++n) {
        DeadLetter letter;
        letter.letter_class = LetterClass::transient;
        letter.key = {"Microsoft.Default", "1." + std::to_string(n)};
        letter.last_time = bench.clock.wall();
        ASSERT_TRUE(bench.state.record(0, letter).ok());
    }
    fail_with(FailureKind::refused, 422);
    bench.pass(seconds(15 * 60 + 10));
    EXPECT_EQ(bench.jobs.runs.size(), static_cast<std::size_t>(kLetters));
}

TEST_F(Failures, retry_after_is_honoured) {
    fail_with(FailureKind::transient, 429, seconds(40));
    bench.pass(seconds(41));
    EXPECT_EQ(bench.jobs.runs.size(), 1U);
    bench.pass(seconds(3));
    EXPECT_EQ(bench.jobs.runs.size(), 2U);
}

TEST_F(Failures, a_delete_of_what_is_referenced_is_rerun_then_kept) {
    bench.jobs.act = [](const JobRequest& request) {
        return request.keep_referenced ? JobResult{1, {}, std::nullopt}
                                       : failing(FailureKind::referenced, 409);
    };
    bench.pass(seconds(5));
    ASSERT_EQ(bench.jobs.requests.size(), 3U);
    EXPECT_FALSE(bench.jobs.requests[1].keep_referenced) << "one rerun as it was";
    EXPECT_TRUE(bench.jobs.requests[2].keep_referenced);
    EXPECT_TRUE(bench.open_letters().empty());
    EXPECT_EQ(bench.stored_low(), 1);
}

TEST_F(Failures, what_refers_to_something_gone_is_rerun_once_before_it_is_a_letter) {
    bench.jobs.act = [&](const JobRequest&) {
        return bench.jobs.runs.size() == 1 ? failing(FailureKind::missing_reference, 400)
                                           : JobResult{1, {}, std::nullopt};
    };
    bench.pass(seconds(5));
    EXPECT_EQ(bench.jobs.runs.size(), 2U);
    EXPECT_TRUE(bench.state.list({})->empty());
    fail_with(FailureKind::missing_reference, 400);
    bench.feed.add(2, "1.1");
    bench.pass(seconds(5));
    EXPECT_EQ(bench.jobs.runs.size(), 4U);
    ASSERT_EQ(bench.open_letters().size(), 1U);
    EXPECT_EQ(bench.open_letters()[0].letter_class, LetterClass::fhir);
}

// Obligation: 19.pipeline.retry-transport
TEST_F(Failures, a_server_that_is_down_spends_no_budget_and_makes_no_letters) {
    fail_with(FailureKind::target_down, 0);
    bench.jobs.probe_failure = Failure{FailureKind::target_down, "refused", 0, std::nullopt, {}};
    for (int n = 2; n <= 50; ++n)
        bench.feed.add(n, "1." + std::to_string(n));
    bench.pass(seconds(3600));
    EXPECT_EQ(bench.jobs.runs.size(), 1U) << "the first failure opens the circuit";
    EXPECT_GT(bench.jobs.probes, 30);
    EXPECT_FALSE(bench.engine.status().target_reachable);
    EXPECT_TRUE(bench.open_letters().empty());
    EXPECT_EQ(bench.stored_low(), 0);
    recover();
    bench.jobs.probe_failure.reset();
    bench.pass(seconds(70));
    EXPECT_EQ(bench.stored_low(), 50);
    EXPECT_TRUE(bench.engine.status().target_reachable);
    EXPECT_TRUE(bench.open_letters().empty());
}

TEST_F(Failures, five_different_studies_in_a_row_are_an_outage) {
    fail_with(FailureKind::transient, 500);
    bench.jobs.probe_failure = Failure{FailureKind::transient, "500", 500, std::nullopt, {}};
    for (int n = 2; n <= 20; ++n)
        bench.feed.add(n, "1." + std::to_string(n));
    bench.pass(seconds(1200));
    EXPECT_EQ(bench.jobs.runs.size(), 5U);
    EXPECT_TRUE(bench.open_letters().empty());
    recover();
    bench.jobs.probe_failure.reset();
    bench.pass(seconds(70));
    EXPECT_EQ(bench.stored_low(), 20);
}

TEST_F(Failures, an_outage_that_still_answers_probes_makes_no_letters_and_lets_one_job_through_at_a_time) {
    std::size_t most_at_once = 0;
    std::size_t at_once = 0;
    bench.jobs.act = [&](const JobRequest&) {
        most_at_once = std::max(most_at_once, ++at_once);
        if (bench.jobs.runs.size() > 5) bench.engine.work_step();
        --at_once;
        return failing(FailureKind::transient, 503);
    };
    for (int n = 2; n <= 20; ++n)
        bench.feed.add(n, "1." + std::to_string(n));
    bench.pass(seconds(7200));
    EXPECT_EQ(most_at_once, 1U) << "nothing runs beside a trial";
    EXPECT_LT(bench.jobs.runs.size(), 135U) << "the back-off grows";
    EXPECT_EQ(std::set<std::string>(bench.jobs.runs.begin(), bench.jobs.runs.end()).size(), 20U)
        << "another study each time";
    EXPECT_FALSE(bench.engine.status().target_reachable);
    EXPECT_EQ(bench.engine.status().target_trouble, "the FHIR server answered 503")
        << "the outcome may quote a patient";
    EXPECT_TRUE(bench.state.list({})->empty());
    recover();
    bench.pass(seconds(70));
    EXPECT_EQ(bench.stored_low(), 20);
    EXPECT_TRUE(bench.engine.status().target_reachable);
}

TEST_F(Failures, what_is_waited_for_during_an_outage_is_not_of_the_budget) {
    fail_with(FailureKind::transient, 500, seconds(600));
    bench.pass(seconds(5));
    bench.jobs.act = [](const JobRequest&) { return failing(FailureKind::target_down); };
    bench.jobs.probe_failure = Failure{FailureKind::target_down, "refused", 0, std::nullopt, {}};
    bench.feed.add(2, "1.2");
    bench.pass(seconds(1800));
    bench.jobs.act = [](const JobRequest& request) {
        return request.key.study_uid == "1.1" ? failing(FailureKind::transient, 500)
                                              : JobResult{1, {}, std::nullopt};
    };
    bench.jobs.probe_failure.reset();
    bench.pass(seconds(300));
    EXPECT_GT(std::count(bench.jobs.runs.begin(), bench.jobs.runs.end(), "1.1"), 3);
    EXPECT_TRUE(bench.open_letters().empty());
    bench.pass(seconds(700));
    ASSERT_EQ(bench.open_letters().size(), 1U) << "its own trouble, since others pass";
    EXPECT_EQ(bench.open_letters()[0].key.study_uid, "1.1");
    EXPECT_EQ(bench.stored_low(), 2);
}

TEST_F(Failures, a_long_retry_after_is_not_spent_before_it_was_waited) {
    fail_with(FailureKind::transient, 503, seconds(3600));
    bench.pass(seconds(3000));
    EXPECT_EQ(bench.jobs.runs.size(), 1U);
    EXPECT_TRUE(bench.open_letters().empty());
    recover();
    bench.pass(seconds(700));
    EXPECT_EQ(bench.stored_low(), 1);
    EXPECT_TRUE(bench.state.list({})->empty());
}

TEST_F(Failures, a_study_that_fails_every_trial_ends_as_a_letter_and_holds_up_nobody) {
    fail_with(FailureKind::target_down, 0);
    bench.pass(seconds(3));
    // The server is back; the only study that waits has trouble of its own.
    bench.jobs.act = [](const JobRequest& request) {
        return request.key.study_uid == "1.1" ? failing(FailureKind::transient, 500)
                                              : JobResult{1, {}, std::nullopt};
    };
    bench.pass(seconds(300));
    EXPECT_FALSE(bench.engine.status().target_reachable);
    bench.feed.add(2, "1.2");
    bench.pass(seconds(63));
    EXPECT_EQ(std::count(bench.jobs.runs.begin(), bench.jobs.runs.end(), "1.2"), 1);
    EXPECT_TRUE(bench.engine.status().target_reachable);
    bench.pass(seconds(500));
    EXPECT_EQ(bench.open_letters().size(), 1U);
    EXPECT_EQ(bench.stored_low(), 2);
}

TEST_F(Failures, nor_does_it_wait_for_others_to_become_a_letter) {
    fail_with(FailureKind::target_down, 0);
    bench.pass(seconds(3));
    fail_with(FailureKind::transient, 500);
    bench.pass(seconds(1300));
    EXPECT_EQ(bench.open_letters().size(), 1U);
    EXPECT_EQ(bench.stored_low(), 1);
    EXPECT_TRUE(bench.engine.status().target_reachable) << "nothing is left to be tried";
}

TEST_F(Failures, trouble_of_the_archive_is_not_the_fhir_servers) {
    fail_with(FailureKind::archive_transient, 500);
    for (int n = 2; n <= 20; ++n)
        bench.feed.add(n, "1." + std::to_string(n));
    bench.pass(seconds(7200));
    EXPECT_TRUE(bench.engine.status().target_reachable);
    EXPECT_FALSE(bench.engine.status().archive_reachable) << "though the feed answers";
    EXPECT_EQ(bench.jobs.probes, 0);
    EXPECT_LT(bench.jobs.runs.size(), 135U);
    EXPECT_TRUE(bench.state.list({})->empty());
    recover();
    bench.pass(seconds(70));
    EXPECT_EQ(bench.stored_low(), 20);
    EXPECT_TRUE(bench.engine.status().archive_reachable);
}

TEST_F(Failures, trouble_of_the_archive_with_one_study_ends_as_a_letter) {
    bench.jobs.act = [](const JobRequest& request) {
        return request.key.study_uid == "1.1" ? failing(FailureKind::archive_transient, 500)
                                              : JobResult{1, {}, std::nullopt};
    };
    for (int n = 2; n <= 20; ++n)
        bench.feed.add(n, "1." + std::to_string(n));
    bench.pass(seconds(700));
    ASSERT_EQ(bench.open_letters().size(), 1U);
    EXPECT_EQ(bench.open_letters()[0].letter_class, LetterClass::transient);
    EXPECT_EQ(bench.stored_low(), 20);
}

TEST_F(Failures, an_archive_that_answers_of_each_study_is_not_away) {
    fail_with(FailureKind::archive_transient, 400);
    for (int n = 2; n <= 20; ++n)
        bench.feed.add(n, "1." + std::to_string(n));
    bench.pass(seconds(700));
    EXPECT_TRUE(bench.engine.status().archive_reachable);
    EXPECT_EQ(bench.open_letters().size(), 20U);
    EXPECT_EQ(bench.stored_low(), 20);
}

TEST(FailuresOfBoth, an_archive_that_was_down_is_noticed_though_reading_has_paused) {
    EngineOptions options;
    options.read_ahead = 10;
    EngineBench bench(options);
    for (int n = 1; n <= 200; ++n)
        bench.feed.add(n, "1." + std::to_string(n));
    bench.jobs.act = [](const JobRequest&) { return failing(FailureKind::archive_down); };
    bench.pass(seconds(300));
    EXPECT_FALSE(bench.engine.status().archive_reachable);
    bench.jobs.act = nullptr;
    bench.pass(seconds(120));
    EXPECT_EQ(bench.stored_low(), 200);
    EXPECT_TRUE(bench.engine.status().archive_reachable);
}

// Obligation: 19.feed.error-other
TEST_F(Failures, a_state_store_that_fails_later_pauses_and_nothing_is_lost) {
    class Flaky : public MemoryState {
      public:
        Status record(std::int64_t token, const DeadLetter& letter) override {
            if (broken) return fail(ErrorCode::unavailable, "disk full");
            return MemoryState::record(token, letter);
        }
        Result<StateRow> acquire(const std::string& owner, Ticks now, Ticks until) override {
            if (broken) return fail(ErrorCode::unavailable, "disk full");
            return MemoryState::acquire(owner, now, until);
        }
        bool broken = false;
    };
    Flaky state;
    EngineBench other({}, &state);
    other.feed.add(1, "1.1");
    other.jobs.act = [](const JobRequest&) { return failing(FailureKind::refused, 422); };
    other.keep();
    state.broken = true;
    other.pass(seconds(30));
    EXPECT_EQ(other.engine.status().low, 0) << "without its dead letter the entry is not settled";
    EXPECT_FALSE(other.engine.status().state_usable);
    state.broken = false;
    other.pass(seconds(30));
    EXPECT_EQ(other.open_letters().size(), 1U);
    EXPECT_EQ(other.stored_low(), 1);
}

TEST_F(Failures, replay_by_hand_runs_the_job_at_once) {
    fail_with(FailureKind::refused, 422);
    bench.pass(seconds(5));
    recover();
    ASSERT_EQ(*bench.state.set_replay({.letter_class = LetterClass::fhir}, true), 1U);
    bench.pass(seconds(3));
    EXPECT_EQ(bench.jobs.runs.size(), 2U);
    EXPECT_TRUE(bench.open_letters().empty());
}

TEST_F(Failures, a_letter_that_is_discarded_before_its_replay_begins_is_left_alone) {
    class Meddling : public MemoryState {
      public:
        Result<std::vector<DeadLetter>> list(const LetterFilter& filter) override {
            auto found = MemoryState::list(filter);
            const bool due = armed && found && !found->empty() && filter.replay_only;
            if (due) discarded &= discard(found->front().id, found->front().last_time).ok();
            return found;
        }
        bool armed = false;
        bool discarded = true;
    };
    Meddling state;
    EngineBench other({}, &state);
    other.feed.add(1, "1.1");
    other.jobs.act = [](const JobRequest&) { return failing(FailureKind::refused, 422); };
    other.pass(seconds(5));
    ASSERT_EQ(*state.set_replay({}, true), 1U);
    state.armed = true;
    other.pass(seconds(5));
    EXPECT_EQ(other.jobs.runs.size(), 1U);
    EXPECT_TRUE(state.discarded);
    EXPECT_EQ(state.list({.state = LetterState::discarded})->size(), 1U);
}

TEST_F(Failures, a_letter_that_is_discarded_during_its_replay_is_opened_by_news_only) {
    fail_with(FailureKind::refused, 422);
    bench.pass(seconds(5));
    bench.jobs.act = [&](const JobRequest&) {
        EXPECT_TRUE(bench.state.discard(bench.state.list({})->front().id, 0).ok());
        return failing(FailureKind::refused, 422);
    };
    ASSERT_EQ(*bench.state.set_replay({}, true), 1U);
    bench.pass(seconds(5));
    EXPECT_EQ(bench.jobs.runs.size(), 2U);
    EXPECT_TRUE(bench.open_letters().empty());
    bench.feed.add(2, "1.1");
    bench.pass(seconds(5));
    EXPECT_EQ(bench.open_letters().size(), 1U);
}

TEST_F(Failures, an_engine_that_has_lost_its_lease_replays_nothing) {
    fail_with(FailureKind::refused, 422);
    bench.pass(seconds(6));
    // Right after a renewal; the next look for replays comes before the next one.
    ASSERT_EQ(*bench.state.set_replay({}, true), 1U);
    const Ticks now = bench.clock.wall();
    ASSERT_TRUE(bench.state.release(bench.engine.status().lease_token, now).ok());
    ASSERT_TRUE(bench.state.acquire("other", now, now + 100 * kTicksPerSecond).ok());
    bench.clock.advance(seconds(1));
    bench.keep();
    EXPECT_TRUE(bench.state.list({})->front().replay) << "left to the other one";
    EXPECT_FALSE(bench.engine.status().active);
}

TEST_F(Failures, a_letter_names_the_instances_that_are_gone_to_the_jobs_that_follow) {
    MemoryState state;
    const std::set<std::string> gone{"1.1.7"};
    {
        EngineBench other({}, &state);
        other.feed.add(1, "1.1");
        other.feed.entries[1].removed_instance = "1.1.7";
        other.jobs.act = [](const JobRequest&) { return failing(FailureKind::refused, 422); };
        other.pass(seconds(5));
        // News of the study make a job too, and it may be the one that succeeds.
        other.feed.add(2, "1.1");
        other.pass(seconds(5));
        EXPECT_EQ(other.jobs.requests.size(), 2U);
        EXPECT_EQ(other.jobs.requests.back().removed_instances, gone);
    }
    EngineBench other({}, &state);
    other.clock.advance(seconds(60));
    ASSERT_EQ(*state.set_replay({}, true), 1U);
    other.pass(seconds(5));
    ASSERT_EQ(other.jobs.requests.size(), 1U);
    EXPECT_EQ(other.jobs.requests.back().removed_instances, gone);
    other.engine.mark({"Microsoft.Default", "1.1"});
    other.pass(seconds(1));
    EXPECT_TRUE(other.jobs.requests.back().removed_instances.empty()) << "the last one has taken it out";
}

TEST_F(Failures, old_resolved_letters_are_purged) {
    fail_with(FailureKind::refused, 422);
    bench.pass(seconds(5));
    recover();
    ASSERT_TRUE(bench.state.set_replay({}, true).ok());
    bench.pass(seconds(5));
    bench.clock.advance(std::chrono::hours(24 * 31));
    bench.pass(seconds(2));
    EXPECT_TRUE(bench.state.list({})->empty());
}

}  // namespace
}  // namespace isocenter::fhir
