#include "app/settings.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>

namespace isocenter::app {
namespace {

class SettingsFile : public testing::Test {
  protected:
    std::string write(const std::string& text) {
        std::ofstream(path_) << text;
        return path_;
    }
    void TearDown() override { std::filesystem::remove(path_); }

    const Environment no_environment;
    std::string path_ =
        std::filesystem::temp_directory_path() / ("isocenter-settings-" + std::to_string(getpid()) + ".toml");
};

TEST_F(SettingsFile, later_sources_win) {
    const std::string file = write(
        "[server]\nport = 1000\naddress = \"10.0.0.1\"\n[cors]\norigins = [\"https://a\", \"https://b\"]\n");
    const Environment environment{{"ISOCENTER_SERVER_PORT", "2000"}};
    const auto settings = load_settings(file, environment, {{"server.port", "3000"}});
    ASSERT_TRUE(settings.ok()) << settings.error().message;
    EXPECT_EQ(settings->port, 3000U);
    EXPECT_EQ(settings->address, "10.0.0.1");
    EXPECT_EQ(settings->cors_origins, (std::vector<std::string>{"https://a", "https://b"}));
    EXPECT_EQ(load_settings(file, environment, {})->port, 2000U);
    EXPECT_EQ(load_settings(file, no_environment, {})->port, 1000U);
    EXPECT_EQ(load_settings("", no_environment, {})->port, 8080U);
}

TEST_F(SettingsFile, unknown_keys_and_bad_values_are_refused_by_name) {
    struct Case {
        std::string text;
        std::vector<std::string> named;
    };
    for (const Case& c : std::vector<Case>{
             {"[server]\nprot = 1\n", {"server.prot", "server.port", "line 2"}},
             {"[server]\nport = 70000\n", {"server.port", "70000", "0 to 65535"}},
             {"[server]\nport = \"x\"\n", {"server.port", "\"x\""}},
             {"[log]\nlevel = \"loud\"\n", {"log.level", "debug, info, warning, error"}},
             {"[search]\nsite_utc_offset = \"+2500\"\n", {"search.site_utc_offset", "+2500"}},
             {"[search]\nsite_utc_offset = \"CET\"\n", {"search.site_utc_offset", "CET"}},
             {"[cors]\norigins = [\"https://a\", \"foo\"]\n", {"cors.origins", "\"foo\"", "https://"}},
             {"[cors]\norigins = [\"https://a/\"]\n", {"cors.origins", "without a path"}},
             {"[server]\ntrusted_proxies = [\"nonsense\"]\n",
              {"server.trusted_proxies", "\"nonsense\"", "IP address"}},
             {"[server]\ncompress = 1\n", {"server.compress", "true or false"}},
             {"[cors]\norigins = [\"https://a\", 5]\n", {"line 2", "cors.origins", "a list of texts"}},
             {"[server]\nport = [1]\n", {"server.port", "0 to 65535"}},
             {"[server]\nport = 2020-01-01\n", {"server.port", "0 to 65535"}},
             {"port = 1\n", {"port", "[section]"}},
             {"[server\n", {"line 1"}},
             {"[tls]\nkey_file = \"k\"\n", {"tls.certificate_file"}}}) {
        const auto settings = load_settings(write(c.text), no_environment, {});
        ASSERT_FALSE(settings.ok()) << c.text;
        for (const std::string& word : c.named) {
            EXPECT_NE(settings.error().message.find(word), std::string::npos) << settings.error().message;
        }
    }
}

TEST_F(SettingsFile, trusted_proxies_are_spelled_as_peers_are) {
    const auto settings = load_settings(
        "", no_environment, {{"server.trusted_proxies", "0:0:0:0:0:0:0:1, ::ffff:10.0.0.5, 10.0.0.6"}});
    ASSERT_TRUE(settings.ok()) << settings.error().message;
    EXPECT_EQ(settings->trusted_proxies, (std::vector<std::string>{"::1", "10.0.0.5", "10.0.0.6"}));
}

TEST_F(SettingsFile, lists_outside_of_the_file_are_written_with_commas) {
    const Environment environment{{"ISOCENTER_CORS_ORIGINS", "https://a, https://b"}};
    const auto settings = load_settings("", environment, {{"cors.headers", "x-a,x-b"}});
    ASSERT_TRUE(settings.ok()) << settings.error().message;
    EXPECT_EQ(settings->cors_origins, (std::vector<std::string>{"https://a", "https://b"}));
    EXPECT_EQ(settings->cors_headers, (std::vector<std::string>{"x-a", "x-b"}));
    for (const char* value : {"[\"https://a\"]", "[https://a,https://b]", "[]"}) {
        const auto refused = load_settings("", no_environment, {{"cors.origins", value}});
        ASSERT_FALSE(refused.ok()) << value;
        EXPECT_NE(refused.error().message.find("cors.origins"), std::string::npos);
        EXPECT_NE(refused.error().message.find("commas"), std::string::npos) << refused.error().message;
    }
    EXPECT_NE(settings_as_markdown().find("with commas"), std::string::npos);
}

TEST_F(SettingsFile, unknown_variables_are_refused_with_the_nearest) {
    for (const auto& [variable, nearest] :
         std::map<std::string, std::string>{{"ISOCENTER_SERVER_PROT", "ISOCENTER_SERVER_PORT"},
                                            {"ISOCENTER_PORT", "ISOCENTER_SERVER_PORT"},
                                            {"ISOCENTER_LOGLEVEL", "ISOCENTER_LOG_LEVEL"},
                                            {"ISOCENTER_log_level", "ISOCENTER_LOG_LEVEL"}}) {
        const auto settings = load_settings("", {{variable, "9"}}, {});
        ASSERT_FALSE(settings.ok()) << variable;
        EXPECT_EQ(settings.error().code, ErrorCode::invalid_request);
        EXPECT_NE(settings.error().message.find(variable), std::string::npos) << settings.error().message;
        EXPECT_NE(settings.error().message.find(nearest + "?"), std::string::npos)
            << settings.error().message;
    }
}

TEST_F(SettingsFile, names_of_the_reference_are_taken_and_ours_win) {
    const Environment environment{{"Fhir__Endpoint", "http://theirs/fhir"},
                                  {"Cast__Settle", "00:00:05"},
                                  {"TableStore__ConnectionString", "anything"},
                                  {"ISOCENTER_CAST_SETTLE_MS", "300"}};
    const auto settings = load_settings("", environment, {{"Patient:PatientSystemId", "urn:lakeside:mrn"}});
    ASSERT_TRUE(settings.ok()) << settings.error().message;
    EXPECT_EQ(settings->fhir_endpoint, "http://theirs/fhir");
    EXPECT_EQ(settings->cast_settle_ms, 300U);
    EXPECT_EQ(settings->cast_patient_system_id, "urn:lakeside:mrn");
    const auto refused = load_settings("", {{"Cast__Workers", "many"}}, {});
    ASSERT_FALSE(refused.ok());
    EXPECT_NE(refused.error().message.find("Cast__Workers"), std::string::npos) << refused.error().message;
}

TEST_F(SettingsFile, what_an_orchestrator_sets_for_a_service_is_passed_over) {
    const Environment of_kubernetes{
        {"ISOCENTER_SERVICE_HOST", "10.0.0.7"},      {"ISOCENTER_SERVICE_PORT", "8080"},
        {"ISOCENTER_SERVICE_PORT_HTTP", "8080"},     {"ISOCENTER_WEB_SERVICE_HOST", "10.0.0.8"},
        {"ISOCENTER_PORT", "tcp://10.0.0.7:8080"},   {"ISOCENTER_PORT_8080_TCP", "tcp://10.0.0.7:8080"},
        {"ISOCENTER_PORT_8080_TCP_PROTO", "tcp"},    {"ISOCENTER_PORT_8080_TCP_PORT", "8080"},
        {"ISOCENTER_PORT_8080_TCP_ADDR", "10.0.0.7"}};
    const auto settings = load_settings("", of_kubernetes, {});
    ASSERT_TRUE(settings.ok()) << settings.error().message;
    EXPECT_EQ(settings->port, 8080U);
}

TEST(ProcessEnvironment, holds_what_is_meant_for_the_product) {
    ASSERT_EQ(setenv("ISOCENTER_OF_A_TEST", "a=b", 1), 0);
    ASSERT_EQ(setenv("NOT_ISOCENTER_OF_A_TEST", "c", 1), 0);
    const Environment environment = process_environment();
    EXPECT_EQ(environment.at("ISOCENTER_OF_A_TEST"), "a=b");
    EXPECT_FALSE(environment.contains("NOT_ISOCENTER_OF_A_TEST"));
    unsetenv("ISOCENTER_OF_A_TEST");
    unsetenv("NOT_ISOCENTER_OF_A_TEST");
}

TEST_F(SettingsFile, addresses_that_cannot_be_used_are_named) {
    for (const auto& [key, value] : std::map<std::string, std::string>{{"server.address", "nohost"},
                                                                       {"server.public_url", "notaurl"},
                                                                       {"search.site_utc_offset", "later"}}) {
        const auto settings = load_settings("", no_environment, {{key, value}});
        ASSERT_FALSE(settings.ok()) << key;
        EXPECT_NE(settings.error().message.find(key), std::string::npos) << settings.error().message;
        EXPECT_NE(settings.error().message.find(value), std::string::npos) << settings.error().message;
    }
    EXPECT_TRUE(load_settings("", no_environment, {{"server.address", "::1"}}).ok());
    const auto missing = load_settings("no/such.toml", no_environment, {});
    ASSERT_FALSE(missing.ok());
    EXPECT_EQ(missing.error().message, "no/such.toml cannot be read: No such file or directory");
}

TEST_F(SettingsFile, the_annotated_file_is_accepted_and_complete) {
    std::string text = settings_as_toml();
    const auto as_is = load_settings(write(text), no_environment, {});
    ASSERT_TRUE(as_is.ok()) << as_is.error().message;
    // With every default written out the file means the same.
    std::string uncommented;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
        const bool is_default = line.rfind("# ", 0) == 0 && line.find(" = ") != std::string::npos;
        uncommented += (is_default ? line.substr(2) : line) + "\n";
    }
    const auto written_out = load_settings(write(uncommented), no_environment, {});
    ASSERT_TRUE(written_out.ok()) << written_out.error().message;
    EXPECT_EQ(written_out->max_results, as_is->max_results);
    EXPECT_NE(settings_as_markdown().find("ISOCENTER_STORAGE_FOLDER"), std::string::npos);
}

}  // namespace
}  // namespace isocenter::app
