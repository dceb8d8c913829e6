#include <gtest/gtest.h>

#include <stdexcept>

#include "fhir/engine/engine_fakes.h"

namespace isocenter::fhir {
namespace {

using std::chrono::seconds;

/// Connections that end without an answer: an outage, or a study that they die of.
class Breaks : public testing::Test {
  protected:
    Breaks() { bench.feed.add(1, "1.1"); }
    void fail_with(FailureKind kind, unsigned status) {
        bench.jobs.act = [=](const JobRequest&) { return failing(kind, status); };
    }
    void recover() { bench.jobs.act = nullptr; }
    EngineBench bench;
};

class OneBreaks : public Breaks, public testing::WithParamInterface<FailureKind> {};

TEST_P(OneBreaks, a_study_of_which_the_connection_dies_delays_nobody_and_ends_as_a_letter) {
    bench.jobs.act = [](const JobRequest& request) {
        return request.key.study_uid == "1.1" ? failing(GetParam()) : JobResult{1, {}, std::nullopt};
    };
    bench.pass(seconds(100));
    for (std::int64_t n = 2; n <= 7; ++n) {
        const std::string study = "1." + std::to_string(n);
        bench.feed.add(n, study);
        bench.pass(seconds(5));
        EXPECT_EQ(std::count(bench.jobs.runs.begin(), bench.jobs.runs.end(), study), 1) << "at once";
        bench.pass(seconds(20));
        EXPECT_TRUE(bench.engine.status().target_reachable && bench.engine.status().archive_reachable);
    }
    EXPECT_EQ(bench.stored_low(), 0);
    bench.pass(seconds(500));
    ASSERT_EQ(bench.open_letters().size(), 1U);
    EXPECT_EQ(bench.open_letters()[0].letter_class, LetterClass::transient);
    EXPECT_EQ(bench.open_letters()[0].key.study_uid, "1.1");
    EXPECT_EQ(bench.stored_low(), 7);
}

INSTANTIATE_TEST_SUITE_P(Both, OneBreaks,
                         testing::Values(FailureKind::target_down, FailureKind::archive_down));

class OneOfABundleBreaks : public testing::TestWithParam<std::string> {};

TEST_P(OneOfABundleBreaks, those_that_were_in_it_pass_alone) {
    EngineOptions options;
    options.studies_per_bundle = 4;
    EngineBench bench(options);
    bench.jobs.act = [](const JobRequest& request) {
        return request.key.study_uid == GetParam() ? failing(FailureKind::target_down)
                                                   : JobResult{1, {}, std::nullopt};
    };
    bench.jobs.act_joint = [](const std::vector<JobRequest>& together) {
        const bool breaks = std::any_of(together.begin(), together.end(), [](const JobRequest& each) {
            return each.key.study_uid == GetParam();
        });
        return std::vector<JobResult>(
            together.size(), breaks ? failing(FailureKind::target_down) : JobResult{1, {}, std::nullopt});
    };
    for (std::int64_t n = 1; n <= 4; ++n)
        bench.feed.add(n, "1." + std::to_string(n));
    bench.pass(seconds(20));
    std::vector<std::string> alone = bench.jobs.runs;
    std::erase(alone, GetParam());
    std::sort(alone.begin(), alone.end());
    std::vector<std::string> healthy{"1.1", "1.2", "1.3", "1.4"};
    std::erase(healthy, GetParam());
    EXPECT_EQ(alone, healthy) << "once each";
    bench.pass(seconds(700));
    ASSERT_EQ(bench.open_letters().size(), 1U);
    EXPECT_EQ(bench.open_letters()[0].key.study_uid, GetParam());
    EXPECT_EQ(bench.stored_low(), 4);
}

INSTANTIATE_TEST_SUITE_P(Each, OneOfABundleBreaks, testing::Values("1.1", "1.2", "1.3", "1.4"));

TEST_F(Breaks, an_outage_that_follows_upon_such_a_study_is_one) {
    fail_with(FailureKind::target_down, 0);
    bench.pass(seconds(20));
    bench.jobs.probe_failure = Failure{FailureKind::target_down, "refused", 0, std::nullopt, {}};
    bench.pass(seconds(7200));
    EXPECT_TRUE(bench.state.list({})->empty());
    EXPECT_FALSE(bench.engine.status().target_reachable);
    recover();
    bench.jobs.probe_failure.reset();
    bench.pass(seconds(125));
    EXPECT_EQ(bench.stored_low(), 1);
    EXPECT_TRUE(bench.state.list({})->empty());
}

TEST_F(Breaks, a_job_that_throws_is_a_letter_and_not_the_end_of_the_process) {
    bench.jobs.act = [](const JobRequest& request) -> JobResult {
        if (request.key.study_uid == "1.1") throw std::invalid_argument("not an object");
        return {1, {}, std::nullopt};
    };
    bench.feed.add(2, "1.2");
    bench.pass(seconds(20));
    ASSERT_EQ(bench.open_letters().size(), 1U);
    EXPECT_EQ(bench.open_letters()[0].letter_class, LetterClass::fhir);
    EXPECT_EQ(bench.open_letters()[0].key.study_uid, "1.1");
    EXPECT_NE(bench.open_letters()[0].error.find("not an object"), std::string::npos);
    EXPECT_EQ(bench.stored_low(), 2);
}

TEST(ThrowingBundle, only_the_study_that_throws_alone_is_a_letter) {
    EngineOptions options;
    options.studies_per_bundle = 4;
    EngineBench bench(options);
    bench.jobs.act_joint = [](const std::vector<JobRequest>&) -> std::vector<JobResult> {
        throw std::out_of_range("in company");
    };
    bench.jobs.act = [](const JobRequest& request) -> JobResult {
        if (request.key.study_uid == "1.2") throw std::out_of_range("alone");
        return {1, {}, std::nullopt};
    };
    for (std::int64_t n = 1; n <= 4; ++n)
        bench.feed.add(n, "1." + std::to_string(n));
    bench.pass(seconds(20));
    ASSERT_EQ(bench.open_letters().size(), 1U);
    EXPECT_EQ(bench.open_letters()[0].key.study_uid, "1.2");
    EXPECT_EQ(bench.stored_low(), 4);
}

TEST_F(Breaks, who_gets_no_access_at_all_is_never_given_up) {
    fail_with(FailureKind::target_down, 401);
    bench.pass(seconds(7200));
    EXPECT_TRUE(bench.state.list({})->empty());
    EXPECT_FALSE(bench.engine.status().target_reachable);
}

}  // namespace
}  // namespace isocenter::fhir
