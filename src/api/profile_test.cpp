#include "api/profile.h"

#include <gtest/gtest.h>

namespace isocenter::api {
namespace {

TEST(Profile, CompatibilityFacesDifferInValidationAndWarningStatus) {
    EXPECT_EQ(v1_profile().validation, archive::Validation::strict_indexed);
    EXPECT_EQ(v2_profile().validation, archive::Validation::lenient);
    EXPECT_EQ(v1_profile().status_all_stored_with_warning, 200U);
    EXPECT_EQ(v2_profile().status_all_stored_with_warning, 202U);
    EXPECT_FALSE(v1_profile().failed_attributes_in_referenced);
    EXPECT_TRUE(v2_profile().failed_attributes_in_referenced);
}

TEST(Profile, FeedWindowsOfTheVersions) {
    EXPECT_TRUE(v1_profile().feed_by_sequence_window);
    EXPECT_EQ(v1_profile().feed_default_limit, 10U);
    EXPECT_EQ(v1_profile().feed_max_limit, 100U);
    EXPECT_FALSE(v2_profile().feed_by_sequence_window);
    EXPECT_EQ(v2_profile().feed_max_limit, 200U);
}

TEST(Profile, StandardFaceAnswersEmptySearchesWith200AndLinksBulkData) {
    EXPECT_TRUE(standard_profile().standard);
    EXPECT_EQ(standard_profile().empty_search_status, 200U);
    EXPECT_TRUE(standard_profile().bulk_data_links);
    EXPECT_TRUE(standard_profile().accepts_metadata_store);
    EXPECT_EQ(v2_profile().empty_search_status, 204U);
    EXPECT_FALSE(v2_profile().bulk_data_links);
}

}  // namespace
}  // namespace isocenter::api
