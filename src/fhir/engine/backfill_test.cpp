#include <gtest/gtest.h>

#include "fhir/engine/engine_fakes.h"

namespace isocenter::fhir {
namespace {

using std::chrono::seconds;
using Names = std::vector<std::string>;

EngineOptions asked(StudyFilter filter = {}) {
    EngineOptions options;
    options.backfill = std::move(filter);
    return options;
}

TEST(Backfill, every_study_is_done_once_and_the_feed_is_followed_from_its_newest_entry) {
    EngineBench bench(asked());
    for (int n = 1; n <= 300; ++n)
        bench.feed.add(n, "1." + std::to_string(n % 3));
    bench.studies.uids = {"1.0", "1.1", "1.2", "1.3", "1.4"};
    bench.pass(seconds(2));
    EXPECT_EQ(bench.jobs.runs, (Names{"1.0", "1.1", "1.2", "1.3", "1.4"}));
    EXPECT_EQ(bench.stored_low(), 300);
    EXPECT_FALSE(bench.engine.status().backfill);
    EXPECT_FALSE(bench.state.load_backfill()->has_value());
    bench.feed.add(301, "1.1");
    bench.pass(seconds(5));
    EXPECT_EQ(bench.jobs.runs.size(), 6U);
    EXPECT_EQ(bench.stored_low(), 301);
}

TEST(Backfill, what_changes_meanwhile_does_not_wait_for_it) {
    EngineBench bench(asked());
    bench.feed.add(1, "1.0");
    bench.studies.uids = {"1.0", "1.1"};
    bench.jobs.act = [](const JobRequest& request) {
        return request.key.study_uid == "1.1" ? failing(FailureKind::transient, 500)
                                              : JobResult{1, {}, std::nullopt};
    };
    bench.pass(seconds(2));
    bench.feed.add(2, "1.9");
    bench.pass(seconds(5));
    EXPECT_EQ(bench.stored_low(), 2);
    const auto status = bench.engine.status().backfill;
    ASSERT_TRUE(status);
    EXPECT_EQ(status->done, 1U);
    EXPECT_EQ(status->total, 2U);
    EXPECT_TRUE(status->counted);
    bench.jobs.act = nullptr;
    bench.pass(seconds(60));
    EXPECT_FALSE(bench.engine.status().backfill);
}

TEST(Backfill, goes_on_after_a_crash_without_doing_anything_twice) {
    MemoryState state;
    {
        EngineBench bench(asked({.modality = "CT"}), &state);
        bench.studies.uids = {"1.0", "1.1", "1.2", "1.3", "1.4"};
        bench.jobs.act = [](const JobRequest& request) {
            return request.key.study_uid == "1.3" ? failing(FailureKind::transient, 500)
                                                  : JobResult{1, {}, std::nullopt};
        };
        bench.pass(seconds(2));
        ASSERT_EQ((*state.load_backfill())->done, 4U);
    }
    // Without being asked again: whoever comes next takes it up.
    EngineBench bench({}, &state);
    bench.clock.advance(seconds(60));
    bench.studies.uids = {"1.0", "1.1", "1.2", "1.3", "1.4"};
    bench.pass(seconds(2));
    EXPECT_EQ(bench.jobs.runs, Names{"1.3"});
    EXPECT_EQ(bench.studies.filters.front().modality, "CT");
    EXPECT_FALSE(state.load_backfill()->has_value());
}

TEST(Backfill, entries_that_were_read_and_not_done_are_not_skipped) {
    MemoryState state;
    const auto first_fails = [](const JobRequest& request) {
        return request.key.study_uid == "1.1" ? failing(FailureKind::transient, 500)
                                              : JobResult{1, {}, std::nullopt};
    };
    {
        EngineBench bench({}, &state);
        bench.feed.add(1, "1.1");
        bench.feed.add(2, "1.2");
        bench.jobs.act = first_fails;
        bench.pass(seconds(5));
        EXPECT_EQ(bench.stored_low(), 0);
        // Somebody deletes the second study, which FHIR has.
        bench.feed.add(3, "1.2");
        bench.read_all();
        ASSERT_TRUE(bench.engine.backfill({}).ok());
        bench.pass(seconds(1));
        EXPECT_EQ(bench.stored_low(), 0);
        EXPECT_EQ(bench.engine.status().low, 0);
    }
    EngineBench bench(asked({.modality = "CT"}), &state);
    bench.clock.advance(seconds(60));
    for (const std::int64_t number : {1, 2, 3})
        bench.feed.add(number, number == 1 ? "1.1" : "1.2");
    bench.pass(seconds(5));
    EXPECT_EQ(std::count(bench.jobs.runs.begin(), bench.jobs.runs.end(), "1.2"), 1);
    EXPECT_EQ(bench.stored_low(), 3);
}

TEST(Backfill, what_was_done_at_once_and_before_a_crash_is_not_skipped) {
    MemoryState state;
    {
        EngineOptions options;
        options.settling.settle = std::chrono::milliseconds(0);
        EngineBench bench(options, &state);
        bench.keep();
        bench.feed.add(1, "1.1");
        bench.read_all();
        ASSERT_EQ(bench.work_all(), 1) << "nothing is kept before the next second";
    }
    // The study, which FHIR has, goes while nobody follows.
    EngineBench bench(asked(), &state);
    bench.clock.advance(seconds(60));
    bench.feed.add(1, "1.1");
    bench.feed.add(2, "1.1");
    bench.pass(seconds(5));
    EXPECT_EQ(bench.jobs.runs, Names{"1.1"}) << "only the feed tells of it";
    EXPECT_EQ(bench.stored_low(), 2);
}

TEST(Backfill, nothing_is_done_of_a_feed_whose_reading_cannot_be_remembered) {
    class FullDisk : public MemoryState {
      public:
        Status save(std::int64_t token, std::int64_t low, std::int64_t latest, Ticks now) override {
            if (full) return fail(ErrorCode::unavailable, "disk full");
            return MemoryState::save(token, low, latest, now);
        }
        bool full = true;
    } state;
    EngineOptions options;
    options.settling.settle = std::chrono::milliseconds(0);
    EngineBench bench(options, &state);
    bench.keep();
    bench.feed.add(1, "1.1");
    bench.read_all();
    EXPECT_EQ(bench.work_all(), 0);
    state.full = false;
    bench.pass(seconds(20));
    EXPECT_EQ(bench.jobs.runs, Names{"1.1"});
    EXPECT_EQ(bench.stored_low(), 1);
}

TEST(Backfill, the_same_filter_is_the_same_backfill_another_one_begins_anew) {
    MemoryState state;
    const auto run = [&](const StudyFilter& filter) {
        EngineBench bench(asked(filter), &state);
        bench.clock.advance(seconds(60));
        bench.studies.uids = {"1.0", "1.1"};
        bench.jobs.act = [](const JobRequest& request) {
            return request.key.study_uid == "1.1" ? failing(FailureKind::transient, 500)
                                                  : JobResult{1, {}, std::nullopt};
        };
        bench.pass(seconds(1));
        bench.engine.finish();
        return bench.jobs.runs;
    };
    EXPECT_EQ(run({.modality = "CT"}), (Names{"1.0", "1.1"}));
    EXPECT_EQ(run({.modality = "CT"}), Names{"1.1"});
    EXPECT_EQ(run({.modality = "MR"}), (Names{"1.0", "1.1"}));
}

TEST(Backfill, studies_moved_into_pages_already_read_are_found_by_a_further_pass) {
    EngineBench bench(asked());
    bench.studies.uids = {"1.0", "1.1", "1.2", "1.3", "1.4"};
    int marking = 0;
    bench.studies.before_page = [&](std::size_t offset) {
        // The second time that page is read it is to be marked: somebody deletes the first study before it.
        if (offset == 2 && ++marking == 2) bench.studies.uids.erase(bench.studies.uids.begin());
    };
    bench.pass(seconds(2));
    EXPECT_EQ((std::set<std::string>(bench.jobs.runs.begin(), bench.jobs.runs.end())),
              (std::set<std::string>{"1.0", "1.1", "1.2", "1.3", "1.4"}));
    EXPECT_EQ(bench.jobs.runs.size(), 5U);
    EXPECT_FALSE(bench.engine.status().backfill);
}

TEST(Backfill, a_position_on_the_way_stays_and_one_beyond_the_feed_comes_back) {
    for (const auto& [stored, wanted] : {std::pair(2, 2), std::pair(50, 3)}) {
        MemoryState state;
        ASSERT_TRUE(state.save(0, stored, stored, 1).ok());
        EngineBench bench(asked(), &state);
        for (int n = 1; n <= 3; ++n)
            bench.feed.add(n, "1." + std::to_string(n));
        bench.keep();
        bench.engine.read_step();
        bench.engine.backfill_step();
        EXPECT_EQ(bench.stored_low(), wanted) << stored;
        bench.pass(seconds(5));
        EXPECT_EQ(bench.stored_low(), 3);
        bench.feed.add(4, "1.4");
        bench.pass(seconds(5));
        EXPECT_EQ(bench.jobs.runs.back(), "1.4");
    }
}

TEST(Backfill, of_a_feed_that_ends_before_what_was_read_unsettled_entries_are_not_skipped) {
    MemoryState state;
    EngineBench bench({}, &state);
    for (int n = 1; n <= 10; ++n)
        bench.feed.add(n, "1." + std::to_string(n));
    bench.jobs.act = [](const JobRequest& request) {
        return request.key.study_uid == "1.5" ? failing(FailureKind::transient, 500)
                                              : JobResult{1, {}, std::nullopt};
    };
    bench.pass(seconds(5));
    ASSERT_EQ(bench.stored_low(), 4);
    bench.feed.entries.erase(bench.feed.entries.find(7), bench.feed.entries.end());
    ASSERT_TRUE(bench.engine.backfill({}).ok());
    bench.pass(seconds(3));
    EXPECT_EQ(bench.stored_low(), 4) << "the fifth is not done";
    bench.jobs.act = nullptr;
    bench.pass(seconds(120));
    EXPECT_TRUE(bench.engine.status().feed_reset) << "the feed is looked at once the wish is consumed";
    EXPECT_EQ(bench.stored_low(), 6);
    EXPECT_FALSE(bench.engine.status().recovering);
}

TEST(Backfill, an_archive_that_is_away_is_waited_for) {
    EngineBench bench(asked());
    bench.studies.uids = {"1.0", "1.1", "1.2"};
    bench.feed.failure = fail(ErrorCode::unavailable, "away");
    bench.pass(seconds(5));
    EXPECT_TRUE(bench.engine.status().backfill) << "asked for, not begun";
    bench.feed.failure.reset();
    bench.studies.failure = Failure{FailureKind::transient, "busy", 503, std::nullopt, {}};
    bench.pass(seconds(20));
    EXPECT_TRUE(bench.jobs.runs.empty());
    bench.studies.failure.reset();
    bench.pass(seconds(60));
    EXPECT_EQ(bench.jobs.runs.size(), 3U);
    EXPECT_FALSE(bench.engine.status().backfill);
}

TEST(Backfill, an_archive_that_gives_its_first_page_again_and_again_is_told_and_not_looped_over) {
    EngineBench bench(asked());
    bench.studies.uids = {"1.0", "1.1", "1.2"};
    bench.studies.heeds_offset = false;
    bench.pass(seconds(60));
    EXPECT_LT(bench.studies.filters.size(), 40U) << "asked as seldom as one that is away";
    auto status = bench.engine.status().backfill;
    ASSERT_TRUE(status) << "it has not seen all studies";
    EXPECT_NE(status->trouble.find("heeds no offset"), std::string::npos) << status->trouble;
    bench.studies.heeds_offset = true;
    bench.pass(seconds(120));
    EXPECT_EQ(bench.jobs.runs, (Names{"1.0", "1.1", "1.2"}));
    EXPECT_FALSE(bench.engine.status().backfill);
}

TEST(Backfill, a_study_that_cannot_be_written_is_a_letter_of_no_entry_and_is_done) {
    EngineBench bench(asked());
    bench.studies.uids = {"1.0"};
    bench.jobs.act = [](const JobRequest&) { return failing(FailureKind::unusable); };
    bench.pass(seconds(2));
    ASSERT_EQ(bench.open_letters().size(), 1U);
    EXPECT_EQ(bench.open_letters()[0].first_sequence, 0);
    EXPECT_EQ(bench.open_letters()[0].entries, 0U);
    EXPECT_FALSE(bench.engine.status().backfill);
}

TEST(Backfill, may_be_asked_for_while_the_feed_is_followed) {
    EngineBench bench;
    bench.feed.add(1, "1.0");
    bench.studies.uids = {"1.0", "1.1"};
    bench.pass(seconds(5));
    EXPECT_EQ(bench.jobs.runs, Names{"1.0"});
    ASSERT_TRUE(bench.engine.backfill({.patient_id = "P1"}).ok());
    bench.pass(seconds(2));
    EXPECT_EQ(bench.jobs.runs, (Names{"1.0", "1.0", "1.1"}));
    EXPECT_EQ(bench.studies.filters.front().patient_id, "P1");
    EXPECT_EQ(bench.stored_low(), 1);
}

TEST(Backfill, of_what_cannot_be_is_refused_before_it_begins) {
    EngineBench bench;
    bench.studies.uids = {"1.0"};
    for (const StudyFilter& filter : {StudyFilter{.date = "20240229-20240101"},
                                      StudyFilter{.date = "99999999"}, StudyFilter{.partition = "nope"}}) {
        const Status begun = bench.engine.backfill(filter);
        ASSERT_FALSE(begun.ok());
        EXPECT_EQ(begun.error().code, ErrorCode::invalid_request);
    }
    bench.pass(seconds(2));
    EXPECT_TRUE(bench.studies.filters.empty());
    EXPECT_FALSE(bench.engine.status().backfill);
    EXPECT_TRUE(bench.engine.backfill({.partition = std::string(kDefaultPartition)}).ok());
}

TEST(Backfill, of_dates_that_an_older_build_took_is_given_up) {
    MemoryState state;
    ASSERT_TRUE(state.begin_backfill(0, {{.date = "20240229-20240101"}, 0, 1, 0}, std::nullopt).ok());
    EngineBench bench({}, &state);
    bench.studies.uids = {"1.0"};
    bench.pass(seconds(2));
    EXPECT_TRUE(bench.studies.filters.empty());
    EXPECT_FALSE(bench.engine.status().backfill);
    EXPECT_FALSE(state.load_backfill()->has_value());
}

TEST(DateRange, takes_days_and_ranges_open_on_one_side) {
    for (const char* good : {"20240229", "20240101-20241231", "20240101-", "-20241231"})
        EXPECT_TRUE(is_date_range(good)) << good;
    EXPECT_TRUE(is_date_range("20240229-20240229"));
    for (const char* bad : {"", "-", "2024", "2024-01-01", "20240101-2024", "20240101-20240102-", "99999999",
                            "20230229", "20240229-20240101", "20241301-", "-00000101"})
        EXPECT_FALSE(is_date_range(bad)) << bad;
}

}  // namespace
}  // namespace isocenter::fhir
