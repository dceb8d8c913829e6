#include "base/utf8.h"

#include <gtest/gtest.h>

#include "base/log.h"

namespace isocenter {
namespace {

TEST(Utf8, tells_well_formed_text) {
    EXPECT_TRUE(is_utf8("Buc^J\xC3\xA9r\xC3\xB4me \xE5\xB1\xB1 \xF0\x9F\x98\x80"));
    for (const char* bad : {"\x80", "\xC0\x80", "\xC3", "\xE0\x80\x80", "\xED\xA0\x80", "\xF0\x80\x80\x80",
                            "\xF4\x90\x80\x80", "\xFF"}) {
        EXPECT_FALSE(is_utf8(bad)) << bad;
    }
}

TEST(Utf8, counts_characters) {
    EXPECT_EQ(utf8_length("\xE5\xB1\xB1\xE7\x94\xB0"), 2U);
    EXPECT_EQ(utf8_length("\xFFx"), 2U);
}

TEST(Utf8, escapes_only_what_json_demands) {
    EXPECT_EQ(json_quote("a\"b\\c\n\x01/\xC3\xA9"), "\"a\\\"b\\\\c\\n\\u0001/\xC3\xA9\"");
    EXPECT_EQ(json_quote(std::string_view("X\0", 2)), "\"X\\u0000\"");
    EXPECT_EQ(json_quote("\xC3"), "\"\xEF\xBF\xBD\"");
}

TEST(Utf8, PrefixesEndBehindACharacter) {
    const std::string text = "a\xC3\xA9\xE5\xB1\xB1\xF0\x9F\x98\x80z";
    const std::size_t expected[] = {0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10, 11};
    for (std::size_t limit = 0; limit <= text.size(); ++limit)
        EXPECT_EQ(utf8_prefix(text, limit), text.substr(0, expected[limit])) << limit;
    EXPECT_EQ(utf8_prefix(text, 100), text);
    EXPECT_EQ(utf8_prefix("\xA9\xA9\xA9", 2), "\xA9\xA9") << "what is no UTF-8 is cut anywhere";
}

}  // namespace
}  // namespace isocenter
