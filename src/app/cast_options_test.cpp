#include "app/cast_options.h"

#include <gtest/gtest.h>

namespace isocenter::app {
namespace {

TEST(CastOptions, addresses_to_listen_on) {
    const auto v4 = parse_listen_address("127.0.0.1:8081");
    ASSERT_TRUE(v4.ok());
    EXPECT_EQ(v4->host, "127.0.0.1");
    EXPECT_EQ(v4->port, 8081);
    const auto v6 = parse_listen_address("[::1]:0");
    ASSERT_TRUE(v6.ok());
    EXPECT_EQ(v6->host, "::1");
    EXPECT_EQ(v6->port, 0);
    for (const char* wrong : {"8081", ":8081", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:80x",
                              "::1:8081", "[]:80", "[127.0.0.1]:80"})
        EXPECT_FALSE(parse_listen_address(wrong).ok()) << wrong;
}

TEST(CastOptions, addresses_with_a_user_name_are_refused) {
    for (const char* address :
         {"http://user:secret@pacs/v2", "https://user@pacs", "ftp://pacs", "http://", "pacs"}) {
        Settings settings;
        settings.fhir_endpoint = "http://fhir/r4";
        settings.dicomweb_endpoint = address;
        const auto options = cast_content_options(settings, "default");
        ASSERT_FALSE(options.ok()) << address;
        EXPECT_NE(options.error().message.find("dicomweb.endpoint"), std::string::npos);
        EXPECT_EQ(options.error().message.find("secret"), std::string::npos);
    }
    Settings settings;
    settings.fhir_endpoint = "http://fhir/r4";
    settings.dicomweb_endpoint = "http://pacs/v2/users/@me";
    EXPECT_TRUE(cast_content_options(settings, "default").ok());
}

TEST(CastOptions, the_classic_profile_takes_entries_one_after_the_other) {
    Settings settings;
    settings.cast_workers = 8;
    EXPECT_FALSE(cast_engine_options(settings).settling.entry_by_entry);
    EXPECT_EQ(cast_engine_options(settings).workers, 8U);
    settings.cast_profile = "cast-compatible";
    EXPECT_TRUE(cast_engine_options(settings).settling.entry_by_entry);
    EXPECT_EQ(cast_engine_options(settings).workers, 1U);
}

}  // namespace
}  // namespace isocenter::app
