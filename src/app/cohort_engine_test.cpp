#include "app/cohort_engine.h"

#include <gtest/gtest.h>

#include "app/cast_targets.h"
#include "archive/test_archive.h"

namespace isocenter::app {
namespace {

TEST(CohortEngine, a_definition_names_a_target_that_there_is) {
    Settings settings;
    settings.fhir_endpoint = "http://127.0.0.1:9/fhir";
    ASSERT_TRUE(assign_target_setting(settings, "cast.targets.research.fhir.endpoint",
                                      "http://127.0.0.1:9/research", "test")
                    .ok());
    const auto engine = CohortEngine::open(settings, nullptr, {});
    ASSERT_TRUE(engine.ok()) << engine.error().message;
    const auto read = [&](const std::string& target) {
        return (*engine)->read(R"({"target":")" + target +
                               R"(","clinical":[{"as":"a","search":"Condition"}]})");
    };
    EXPECT_TRUE(read("default").ok());
    EXPECT_EQ(read("research")->target, "research");
    EXPECT_EQ(read("elsewhere").error().message, "/target: there is no target of that name");
    EXPECT_TRUE((*engine)->has_target(""));
}

TEST(CohortEngine, a_partition_is_one_that_the_archive_has) {
    archive::TestArchive stored;
    Settings settings;
    settings.fhir_endpoint = "http://127.0.0.1:9/fhir";
    settings.dicomweb_endpoint = "http://127.0.0.1:9/v2";
    constexpr const char* kNamed = R"({"imaging":[{"as":"a","match":{"Modality":"CT"},"partition":"nope"}]})";
    const auto own = CohortEngine::open(settings, stored.archive.get(), {});
    EXPECT_EQ((*own)->read(kNamed).error().message,
              "/imaging/0/partition: the archive has no partition nope");
    constexpr const char* kDefault =
        R"({"imaging":[{"as":"a","match":{"Modality":"CT"},"partition":"Microsoft.Default"}]})";
    EXPECT_TRUE((*own)->read(kDefault).ok());
    const auto other = CohortEngine::open(settings, nullptr, {});
    EXPECT_TRUE((*other)->read(kNamed).ok()) << "an archive that is away tells nothing";
}

TEST(CohortEngine, the_settings_of_every_target_are_looked_at) {
    Settings settings;
    settings.fhir_endpoint = "http://127.0.0.1:9/fhir";
    for (const auto& [key, value] :
         {std::pair("endpoint", "http://127.0.0.1:9/research"), std::pair("auth", "token_file")})
        ASSERT_TRUE(
            assign_target_setting(settings, std::string("cast.targets.research.fhir.") + key, value, "test")
                .ok());
    const auto engine = CohortEngine::open(settings, nullptr, {});
    ASSERT_FALSE(engine.ok()) << "there is no file of a token";
    EXPECT_EQ(engine.error().code, ErrorCode::invalid_request);
}

}  // namespace
}  // namespace isocenter::app
