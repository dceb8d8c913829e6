#include "fhir/feed/study_list.h"

#include <gtest/gtest.h>

#include "fhir/engine/engine_fakes.h"

namespace isocenter::fhir {
namespace {

const std::vector<std::string> kPartitions{"north", "south"};

std::vector<std::string> uids_of(const std::optional<std::vector<Key>>& page) {
    std::vector<std::string> uids;
    for (const Key& key : page.value_or(std::vector<Key>{}))
        uids.push_back(key.study_uid);
    return uids;
}

TEST(StudyWalk, an_archive_that_heeds_no_offset_is_asked_no_third_time) {
    FakeStudies studies;
    studies.uids = {"1.0", "1.1", "1.2"};
    studies.heeds_offset = false;
    StudyWalk walk(studies, {}, kPartitions);
    EXPECT_EQ(uids_of(*walk.next()), (std::vector<std::string>{"1.0", "1.1"}));
    const auto again = walk.next();
    ASSERT_FALSE(again.has_value());
    EXPECT_EQ(again.error().kind, FailureKind::unusable);
    EXPECT_EQ(studies.filters.size(), 3U) << "once more behind everything, to be sure";
    studies.heeds_offset = true;
    EXPECT_EQ(uids_of(*walk.next()), std::vector<std::string>{"1.2"});
}

TEST(StudyWalk, an_archive_that_gives_its_last_page_again_is_found_too) {
    FakeStudies studies;
    studies.uids = {"1.0", "1.1", "1.2", "1.3"};
    StudyWalk walk(studies, {}, kPartitions);
    ASSERT_TRUE(walk.next().has_value());
    studies.before_page = [&](std::size_t) {
        studies.heeds_offset = false;
        studies.uids = {"1.2", "1.3"};
    };
    ASSERT_TRUE(walk.next().has_value());
    EXPECT_FALSE(walk.next().has_value());
}

TEST(StudyWalk, studies_that_come_before_a_page_meanwhile_do_not_end_the_pass) {
    FakeStudies studies;
    studies.uids = {"1.0", "1.1", "1.2"};
    StudyWalk walk(studies, {}, kPartitions);
    ASSERT_TRUE(walk.next().has_value());
    studies.uids = {"1.8", "1.9", "1.0", "1.1", "1.2"};
    EXPECT_EQ(uids_of(*walk.next()), (std::vector<std::string>{"1.0", "1.1"}));
    EXPECT_EQ(uids_of(*walk.next()), std::vector<std::string>{"1.2"});
    EXPECT_EQ((*walk.next())->front().partition, "south");
}

TEST(StudyWalk, a_server_that_refuses_to_look_behind_everything_heeds_its_offset) {
    FakeStudies studies;
    studies.uids = {"1.0", "1.1"};
    StudyWalk walk(studies, {}, kPartitions);
    ASSERT_TRUE(walk.next().has_value());
    studies.uids = {"1.8", "1.9", "1.0", "1.1"};
    const auto refuse_with = [&](unsigned status) {
        studies.before_page = [&studies, status](std::size_t offset) {
            if (offset > 1000) studies.failure = Failure{FailureKind::archive_transient, "", status, {}, {}};
        };
    };
    refuse_with(503);
    EXPECT_FALSE(walk.next().has_value()) << "nobody knows";
    studies.failure.reset();
    refuse_with(400);
    EXPECT_EQ(uids_of(*walk.next()), (std::vector<std::string>{"1.0", "1.1"}));
}

}  // namespace
}  // namespace isocenter::fhir
