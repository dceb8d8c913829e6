#include "app/face_profiles.h"

#include <gtest/gtest.h>

namespace isocenter::app {
namespace {

FaceProfiles with(const Assignments& assignments) {
    const auto settings = load_settings("", Environment(), assignments);
    EXPECT_TRUE(settings.ok()) << settings.error().message;
    return face_profiles(settings ? *settings : Settings());
}

TEST(FaceProfiles, DefaultsAreTheProfilesOfTheFaces) {
    const api::Profile profile = with({}).standard;
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

TEST(FaceProfiles, SettingsOfTheStandardFace) {
    EXPECT_TRUE(with({{"standard.strict_accept", "true"}}).standard.strict_accept);
    EXPECT_FALSE(with({{"standard.strict_query", "true"}}).standard.ignore_unknown_query);
    EXPECT_FALSE(with({{"standard.partial_retrieve", "refuse"}}).standard.partial_sets);
    EXPECT_FALSE(with({{"standard.answer_gone", "false"}}).standard.gone_for_deleted);
    EXPECT_TRUE(with({{"standard.unknown_matches", "true"}}).standard.unknown_matches);
    EXPECT_EQ(with({{"standard.duplicates", "keep"}}).standard.duplicates, archive::Duplicates::keep);
    EXPECT_EQ(with({{"standard.duplicates", "replace"}}).standard.duplicates, archive::Duplicates::replace);
    EXPECT_EQ(with({{"standard.validate", "warn"}}).standard.validation,
              archive::Validation::standard_checked);
}

TEST(FaceProfiles, SettingsOfTheVersionedFaces) {
    const FaceProfiles by_default = with({});
    EXPECT_EQ(by_default.v1.name, "v1");
    EXPECT_EQ(by_default.v1.validation, archive::Validation::strict_indexed);
    EXPECT_EQ(by_default.v2.validation, archive::Validation::lenient);
    EXPECT_EQ(by_default.v2.empty_search_status, 204U);
    const FaceProfiles full = with({{"versioned.full_validation", "true"}});
    EXPECT_EQ(full.v1.validation, archive::Validation::strict_whole);
    EXPECT_EQ(full.v2.validation, archive::Validation::lenient_whole);
    EXPECT_EQ(full.standard.validation, archive::Validation::standard);
    const FaceProfiles empty = with({{"versioned.empty_search", "200"}});
    EXPECT_EQ(empty.v1.empty_search_status, 200U);
    EXPECT_EQ(empty.v2.empty_search_status, 200U);
}

}  // namespace
}  // namespace isocenter::app
