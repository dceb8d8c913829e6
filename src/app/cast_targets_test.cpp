#include "app/cast_targets.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "app/cast_options.h"

namespace isocenter::app {
namespace {

Result<Settings> load(const Assignments& overrides) {
    return load_settings("", {}, overrides);
}

TEST(CastTargets, a_target_has_its_own_server_and_of_the_rest_what_it_does_not_change) {
    const auto settings = load({{"fhir.endpoint", "http://clinical"},
                                {"fhir.auth", "client_credentials"},
                                {"fhir.auth_client_secret", "geheim"},
                                {"cast.workers", "2"},
                                {"cast.patient_system_id", "urn:clinical"},
                                {"cast.targets.research.fhir.endpoint", "http://research"},
                                {"cast.targets.research.cast.patient_system_id", "urn:research"}});
    ASSERT_TRUE(settings.ok()) << settings.error().message;
    EXPECT_EQ(further_targets(*settings), std::vector<std::string>{"research"});
    const auto research = settings_of_target(*settings, "research");
    ASSERT_TRUE(research.ok());
    EXPECT_EQ(research->fhir_endpoint, "http://research");
    EXPECT_EQ(research->fhir_auth, "none");
    EXPECT_EQ(research->fhir_auth_client_secret, "") << "credentials are for one server";
    EXPECT_EQ(research->cast_patient_system_id, "urn:research");
    EXPECT_EQ(research->cast_workers, 2U);
    EXPECT_EQ(settings_of_target(*settings, "default")->fhir_endpoint, "http://clinical");
    EXPECT_EQ(settings_of_target(*settings, "none").error().code, ErrorCode::invalid_request);
    EXPECT_NE(settings_of_target(*settings, "none").error().message.find("default"), std::string::npos)
        << "the names that there are";
}

TEST(CastTargets, what_cannot_be_of_one_target_is_refused) {
    for (const char* key :
         {"cast.targets.research", "cast.targets.research.server.port", "cast.targets.research.cast.listen",
          "cast.targets.default.fhir.endpoint", "cast.targets.a b.fhir.endpoint",
          "cast.targets.a.cast.targets.b.fhir.endpoint", "cast.targets.a.fhir.endpoin"})
        EXPECT_EQ(load({{key, "1"}}).error().code, ErrorCode::invalid_request) << key;
    const auto value = load({{"cast.targets.a.cast.workers", "many"}});
    ASSERT_FALSE(value.ok());
    EXPECT_NE(value.error().message.find("cast.workers"), std::string::npos);
    const auto without = load({{"cast.targets.a.cast.workers", "1"}});
    EXPECT_EQ(settings_of_target(*without, "a").error().code, ErrorCode::invalid_request);
}

TEST(CastTargets, a_file_and_the_environment_name_them_too) {
    const auto file =
        std::filesystem::temp_directory_path() / ("isocenter-targets-" + std::to_string(getpid()) + ".toml");
    std::ofstream(file) << "[cast.targets.research.fhir]\nendpoint = \"http://file\"\n"
                           "[cast.targets.research.cast]\nworkers = 3\n";
    const auto settings =
        load_settings(file.string(), {{"Cast__Targets__other__Fhir__Endpoint", "http://env"}}, {});
    std::filesystem::remove(file);
    ASSERT_TRUE(settings.ok()) << settings.error().message;
    EXPECT_EQ(settings_of_target(*settings, "research")->fhir_endpoint, "http://file");
    EXPECT_EQ(settings_of_target(*settings, "research")->cast_workers, 3U);
    EXPECT_EQ(settings_of_target(*settings, "other")->fhir_endpoint, "http://env");
}

TEST(CastTargets, two_of_one_server_are_refused_by_name) {
    const auto check = [](const std::string& first, const std::string& second) {
        return check_targets_differ(*load({{"fhir.endpoint", first},
                                           {"cast.targets.research.fhir.endpoint", "http://research/fhir"},
                                           {"cast.targets.trials.fhir.endpoint", second}}));
    };
    for (const auto& [first, second] :
         {std::pair("http://a/fhir", "http://a/fhir/"), std::pair("http://a/fhir", "HTTP://A/fhir"),
          std::pair("http://a:80", "http://a/"), std::pair("https://a/fhir", "https://a:443/fhir//"),
          std::pair("http://b/fhir", "http://research:80/fhir")}) {
        const Status status = check(first, second);
        ASSERT_FALSE(status.ok()) << first << ' ' << second;
        EXPECT_EQ(status.error().code, ErrorCode::invalid_request);
        EXPECT_NE(status.error().message.find("trials"), std::string::npos) << status.error().message;
    }
    EXPECT_NE(check("http://a", "http://a").error().message.find("targets default and trials"),
              std::string::npos);
    for (const auto& [first, second] :
         {std::pair("http://a/fhir", "http://a/FHIR"), std::pair("http://a/fhir", "https://a/fhir"),
          std::pair("http://a:8080/fhir", "http://a/fhir"), std::pair("http://a:443/fhir", "http://a/fhir"),
          std::pair("http://a/fhir/north", "http://a/fhir/south")})
        EXPECT_TRUE(check(first, second).ok()) << first << ' ' << second;
}

TEST(CastPartitions, each_goes_to_one_target) {
    const auto settings = load({{"dicomweb.endpoint", "http://pacs/v2"},
                                {"fhir.endpoint", "http://clinical"},
                                {"cast.targets.research.fhir.endpoint", "http://research"},
                                {"cast.partitions", "north=default,south=research,east=research"},
                                {"cast.partition_systems", "south=urn:south:mrn"}});
    ASSERT_TRUE(settings.ok());
    const auto clinical = cast_content_options(*settings, kDefaultTarget);
    EXPECT_EQ(synchronised_partitions(*clinical), (std::vector<std::string>{"Microsoft.Default", "north"}));
    EXPECT_TRUE(fhir::is_marked_partition("north", *clinical));
    const auto research = cast_content_options(*settings_of_target(*settings, "research"), "research");
    EXPECT_EQ(synchronised_partitions(*research), (std::vector<std::string>{"east", "south"}));
    EXPECT_EQ(research->partitions.at("south").patient_system, "urn:south:mrn");
    EXPECT_FALSE(fhir::is_synchronised("west", *research));
}

TEST(CastPartitions, what_leads_nowhere_is_refused) {
    for (const auto& [key, value] :
         {std::pair("cast.partitions", "north"), std::pair("cast.partitions", "north=nowhere"),
          std::pair("cast.partitions", "=default"), std::pair("cast.partition_systems", "north=urn:x")}) {
        const auto settings = load({{key, value}});
        ASSERT_TRUE(settings.ok());
        EXPECT_EQ(content_options(*settings).error().code, ErrorCode::invalid_request) << value;
    }
}

}  // namespace
}  // namespace isocenter::app
