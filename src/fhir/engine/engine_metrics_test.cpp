#include "fhir/engine/engine_metrics.h"

#include <gtest/gtest.h>

#include "fhir/engine/engine_fakes.h"

namespace isocenter::fhir {
namespace {

using std::chrono::seconds;
using Counts = std::map<std::string, int>;

/// Label value -> count, of a counter with one label beside the target; of 0 nothing is said.
Counts counts_of(const Metrics& metrics, const std::string& name, const std::string& label) {
    Counts counts;
    const std::string text = metrics.to_text();
    const std::string begin = name + '{' + label + "=\"";
    for (std::size_t at = text.find(begin); at != std::string::npos; at = text.find(begin, at + 1)) {
        const std::size_t value = at + begin.size();
        const std::size_t end = text.find('"', value);
        const std::size_t number = text.find("} ", end) + 2;
        counts[text.substr(value, end - value)] = std::stoi(text.substr(number));
    }
    return counts;
}

Counts jobs_of(const EngineBench& bench) {
    return counts_of(bench.metrics, "isocenter_cast_jobs_total", "outcome");
}

/// Does what is ready after the settling time, once.
void run_once(EngineBench& bench) {
    bench.keep();
    bench.read_all();
    bench.clock.advance(seconds(2));
    bench.work_all();
}

// Obligation: 19.worker.failure-counted
TEST(EngineMetrics, every_kind_of_failure_is_counted_apart) {
    for (const FailureKind kind :
         {FailureKind::target_down, FailureKind::archive_down, FailureKind::conflict, FailureKind::transient,
          FailureKind::refused, FailureKind::unusable, FailureKind::lease_lost, FailureKind::cancelled}) {
        EngineBench bench;
        bench.feed.add(1, "1.1");
        bench.jobs.act = [&](const JobRequest&) { return failing(kind, 500); };
        run_once(bench);
        EXPECT_EQ(jobs_of(bench), (Counts{{std::string(to_string(kind)), 1}}));
    }
}

TEST(EngineMetrics, successes_are_told_from_failures) {
    EngineBench bench;
    bench.feed.add(1, "1.1");
    bench.feed.add(2, "1.2");
    bench.feed.add(3, "1.3");
    bench.jobs.act = [](const JobRequest& request) {
        if (request.key.study_uid == "1.3") return failing(FailureKind::refused, 422);
        return JobResult{request.key.study_uid == "1.1" ? 1U : 0U, {}, std::nullopt};
    };
    run_once(bench);
    EXPECT_EQ(jobs_of(bench), (Counts{{"written", 1}, {"unchanged", 1}, {"refused", 1}}));
    EXPECT_NE(bench.metrics.to_text().find("isocenter_cast_bundles_total{target=\"default\"} 1\n"),
              std::string::npos);
}

TEST(EngineMetrics, open_dead_letters_are_shown_until_they_are_not) {
    EngineBench bench;
    const auto open = [&] { return counts_of(bench.metrics, "isocenter_cast_open_dead_letters", "class"); };
    EXPECT_EQ(open(), (Counts{{"transient", 0}, {"fhir", 0}, {"dicom", 0}, {"validation", 0}, {"feed", 0}}));
    bench.feed.add(1, "1.1");
    bench.jobs.act = [](const JobRequest&) { return failing(FailureKind::refused, 422); };
    bench.pass(seconds(5));
    EXPECT_EQ(open()["fhir"], 1);
    bench.jobs.act = [](const JobRequest&) { return JobResult{1, {}, std::nullopt}; };
    bench.feed.add(2, "1.1");
    bench.pass(seconds(10));
    EXPECT_EQ(open()["fhir"], 0);
}

TEST(EngineMetrics, each_side_is_up_or_down) {
    EngineBench bench;
    const auto is_up = [&](const std::string& side) {
        return bench.metrics.to_text().find("isocenter_cast_" + side + "_up{target=\"default\"} 1\n") !=
               std::string::npos;
    };
    bench.feed.add(1, "1.1");
    bench.jobs.act = [](const JobRequest&) { return failing(FailureKind::archive_down, 503); };
    bench.pass(seconds(4));
    EXPECT_TRUE(is_up("target"));
    EXPECT_FALSE(is_up("archive"));
}

// Obligation: 19.worker.failure-counted
TEST(EngineMetrics, dead_letters_are_counted_by_class) {
    const auto letters_after = [](const JobResult& result, seconds time) {
        EngineBench bench;
        bench.feed.add(1, "1.1");
        bench.jobs.act = [&](const JobRequest&) { return result; };
        bench.pass(time);
        return counts_of(bench.metrics, "isocenter_cast_dead_letters_total", "class");
    };
    EXPECT_EQ(letters_after(failing(FailureKind::refused, 422), seconds(5)), (Counts{{"fhir", 1}}));
    EXPECT_EQ(letters_after(failing(FailureKind::unusable), seconds(5)), (Counts{{"dicom", 1}}));
    EXPECT_EQ(letters_after(failing(FailureKind::transient, 500), seconds(650)), (Counts{{"transient", 1}}));
    EXPECT_EQ(letters_after({1, {{"00100040", "X"}}, std::nullopt}, seconds(5)), (Counts{{"validation", 1}}));
    EXPECT_EQ(letters_after({1, {}, std::nullopt}, seconds(5)), Counts{});
    EngineBench bench;
    bench.feed.bad = {1};
    run_once(bench);
    EXPECT_EQ(counts_of(bench.metrics, "isocenter_cast_dead_letters_total", "class"), (Counts{{"feed", 1}}));
}

// Obligation: 19.worker.failure-counted
TEST(EngineMetrics, reads_of_the_feed_that_fail_are_counted_by_reason) {
    EngineBench bench;
    const auto failures = [&] {
        return counts_of(bench.metrics, "isocenter_cast_feed_failures_total", "reason");
    };
    bench.feed.failure = fail(ErrorCode::forbidden, "403");
    bench.keep();
    bench.read_all();
    EXPECT_EQ(failures(), (Counts{{"forbidden", 1}}));
    bench.read_all();
    EXPECT_EQ(failures(), (Counts{{"forbidden", 1}})) << "not asked again before the pause is over";
    bench.feed.failure = fail(ErrorCode::unavailable, "connection refused");
    bench.clock.advance(seconds(60));
    bench.read_all();
    bench.feed.failure = fail(ErrorCode::cancelled, "stop");
    bench.clock.advance(seconds(60));
    bench.read_all();
    EXPECT_EQ(failures(), (Counts{{"forbidden", 1}, {"unavailable", 1}})) << "a stop is no failure";
}

TEST(EngineMetrics, every_further_run_of_a_job_is_a_retry) {
    EngineBench bench;
    bench.feed.add(1, "1.1");
    bench.jobs.act = [&](const JobRequest&) { return failing(FailureKind::conflict, 409); };
    run_once(bench);
    EXPECT_NE(bench.metrics.to_text().find("isocenter_cast_retries_total{target=\"default\"} 4\n"),
              std::string::npos)
        << "three at once, and one to come";
}

}  // namespace
}  // namespace isocenter::fhir
