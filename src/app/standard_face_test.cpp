#include "app/standard_face.h"

#include <gtest/gtest.h>

namespace isocenter::app {
namespace {

api::Profile with(const Assignments& assignments) {
    const auto settings = load_settings(
        "", [](const std::string&) { return std::nullopt; }, assignments);
    EXPECT_TRUE(settings.ok()) << settings.error().message;
    return standard_face_profile(settings ? *settings : Settings());
}

TEST(StandardFace, DefaultsAreTheStandardProfile) {
    const api::Profile profile = with({});
    const api::Profile& standard = api::standard_profile();
    EXPECT_EQ(profile.name, standard.name);
    EXPECT_TRUE(profile.standard);
    EXPECT_FALSE(profile.strict_accept);
    EXPECT_TRUE(profile.ignore_unknown_query);
    EXPECT_TRUE(profile.partial_sets);
    EXPECT_TRUE(profile.gone_for_deleted);
    EXPECT_FALSE(profile.unknown_matches);
    EXPECT_EQ(profile.duplicates, archive::Duplicates::accept_identical);
    EXPECT_EQ(profile.validation, archive::Validation::standard);
}

TEST(StandardFace, EverySettingReachesTheProfile) {
    EXPECT_TRUE(with({{"standard.strict_accept", "true"}}).strict_accept);
    EXPECT_FALSE(with({{"standard.strict_query", "true"}}).ignore_unknown_query);
    EXPECT_FALSE(with({{"standard.partial_retrieve", "refuse"}}).partial_sets);
    EXPECT_FALSE(with({{"standard.answer_gone", "false"}}).gone_for_deleted);
    EXPECT_TRUE(with({{"standard.unknown_matches", "true"}}).unknown_matches);
    EXPECT_EQ(with({{"standard.duplicates", "keep"}}).duplicates, archive::Duplicates::keep);
    EXPECT_EQ(with({{"standard.duplicates", "replace"}}).duplicates, archive::Duplicates::replace);
    EXPECT_EQ(with({{"standard.validate", "warn"}}).validation, archive::Validation::standard_checked);
}

}  // namespace
}  // namespace isocenter::app
