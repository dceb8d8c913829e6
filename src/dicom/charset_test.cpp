#include "dicom/charset.h"

#include <gtest/gtest.h>

namespace isocenter::dicom {
namespace {

using namespace std::string_literals;
using Values = std::vector<std::string>;

std::string name(std::string_view charset, std::string_view bytes) {
    return Charset(charset).decode(bytes, Vr::PN);
}

TEST(Charset, SingleByteSets) {
    EXPECT_EQ(name("ISO_IR 100", "Buc^J\xE9r\xF4me"), "Buc^Jérôme");
    EXPECT_EQ(name("ISO_IR 101", "W\xB3odzimierz"), "Włodzimierz");
    EXPECT_EQ(name("ISO_IR 109", "\xA1"), "Ħ");
    EXPECT_EQ(name("ISO_IR 110", "\xB1"), "ą");
    EXPECT_EQ(name("ISO_IR 144", "\xBB\xEE\xDA\x63\xD5\xDC\xD1\xE3\xE0\xD3"), "Люкcембург");
    EXPECT_EQ(name("ISO_IR 127", "\xE2\xC8\xC7\xE6\xEA^\xE4\xE6\xD2\xC7\xD1"), "قباني^لنزار");
    EXPECT_EQ(name("ISO_IR 126", "\xC4\xE9\xEF\xED\xF5\xF3\xE9\xEF\xF2"), "Διονυσιος");
    EXPECT_EQ(name("ISO_IR 138", "\xF9\xF8\xE5\xEF^\xE3\xE1\xE5\xF8\xE4"), "שרון^דבורה");
    EXPECT_EQ(name("ISO_IR 148",
                   "\xC7"
                   "avu\xFEo\xF0lu"),
              "Çavuşoğlu");
    EXPECT_EQ(name("ISO_IR 203", "\xA4"), "€");
    EXPECT_EQ(name("ISO_IR 166", "\xB9\xD2\xC1"), "นาม");
    EXPECT_EQ(name("ISO_IR 13", "\xD4\xCF\xC0\xDE^\xC0\xDB\xB3"), "ﾔﾏﾀﾞ^ﾀﾛｳ");
}

TEST(Charset, WholeEncodings) {
    EXPECT_EQ(name("ISO_IR 192", "Wang^XiaoDong=王^小东="), "Wang^XiaoDong=王^小东=");
    EXPECT_TRUE(Charset("ISO_IR 192").is_utf8());
    EXPECT_FALSE(Charset("ISO_IR 100").is_utf8());
    EXPECT_EQ(name("GB18030", "Wang^XiaoDong=\xCD\xF5^\xD0\xA1\xB6\xAB="), "Wang^XiaoDong=王^小东=");
    EXPECT_EQ(name("GBK", "\xCD\xF5^\xD0\xA1\xB6\xAB"), "王^小东");
    EXPECT_EQ(name("GB18030", "\x81\x30\x81\x30"), "\xC2\x80") << "four-byte form";
}

TEST(Charset, BackslashInsideAGbkCharacterIsNoDelimiter) {
    EXPECT_EQ(Charset("GBK").decode_values("\x81\x5C\\b", Vr::LO), (Values{"乗", "b"}));
}

// PS3.5 annex H, I, J and K.
TEST(Charset, ExamplesOfTheStandard) {
    EXPECT_EQ(name("\\ISO 2022 IR 87",
                   "Yamada^Tarou=\x1B$B;3ED\x1B(B^\x1B$BB@O:\x1B(B=\x1B$B$d$^$@\x1B(B^\x1B$B$?$m$&\x1B(B"),
              "Yamada^Tarou=山田^太郎=やまだ^たろう");
    EXPECT_EQ(name("ISO 2022 IR 13\\ISO 2022 IR 87",
                   "\xD4\xCF\xC0\xDE^\xC0\xDB\xB3=\x1B$B;3ED\x1B(J^\x1B$BB@O:\x1B(J=\x1B$B$d$^$@\x1B(J^"
                   "\x1B$B$?$m$&\x1B(J"),
              "ﾔﾏﾀﾞ^ﾀﾛｳ=山田^太郎=やまだ^たろう");
    EXPECT_EQ(name("\\ISO 2022 IR 149",
                   "Hong^Gildong=\x1B$)C\xFB\xF3^\x1B$)C\xD1\xCE\xD4\xD7=\x1B$)C\xC8\xAB^"
                   "\x1B$)C\xB1\xE6\xB5\xBF"),
              "Hong^Gildong=洪^吉洞=홍^길동");
    EXPECT_EQ(name("\\ISO 2022 IR 58", "Zhang^XiaoDong=\x1B$)A\xD5\xC5^\x1B$)A\xD0\xA1\xB6\xAB="),
              "Zhang^XiaoDong=张^小东=");
    EXPECT_EQ(Charset("\\ISO 2022 IR 58")
                  .decode("\x1B$)A1.\xB5\xDA\xD2\xBB\xD0\xD0\xCE\xC4\xD7\xD6\xA1\xA3\r\n"
                          "\x1B$)A2.\xB5\xDA\xB6\xFE\xD0\xD0\xCE\xC4\xD7\xD6\xA1\xA3\r\n",
                          Vr::LT),
              "1.第一行文字。\r\n2.第二行文字。\r\n");
}

TEST(Charset, Jis212AndMixedEscapes) {
    EXPECT_EQ(name("\\ISO 2022 IR 87\\ISO 2022 IR 159", "\x1B$(D\x30\x21\x1B(B-\x1B$B\x21\x41\x1B(B"),
              "丂-〜");
    EXPECT_EQ(name("ISO 2022 IR 6\\ISO 2022 IR 100\\ISO 2022 IR 144", "\x1B-A\xC4neas\x1B-L\xC4\xD8^\xC4"),
              "ÄneasФи^\xEF\xBF\xBD")
        << "a designation ends at a delimiter";
}

TEST(Charset, TablesOfTheStandardsRatherThanOfVendors) {
    EXPECT_EQ(name("\\ISO 2022 IR 87", "\x1B$B\x21\x5D\x1B(B"), "−");
    EXPECT_EQ(name("\\ISO 2022 IR 58", "\x1B$)A\xA3\xA7"), "＇");
    EXPECT_EQ(name("\\ISO 2022 IR 58", "\x1B$)A\xA2\xA1"), "\xEF\xBF\xBD") << "not defined in GB 2312";
}

TEST(Charset, KanjiBytesThatLookLikeDelimiters) {
    // 3D 3D, 41 5C and 5E 5E are characters of JIS X 0208.
    EXPECT_EQ(Charset("\\ISO 2022 IR 87").decode_values("\x1B$B\x3D\x3D\x41\x5C\x5E\x5E\x1B(B\\b", Vr::PN),
              (Values{"十捜湎", "b"}));
}

TEST(Charset, ResetsAtControlCharacters) {
    EXPECT_EQ(Charset("\\ISO 2022 IR 87").decode("\x1B$B;3\r\na;b", Vr::LT), "山\r\na;b");
}

TEST(Charset, MisspelledTerms) {
    for (const char* term : {"ISO-IR 192", "iso_ir_192", "UTF8", "utf-8", "ISO IR 192", "ISO_IR 192 "}) {
        EXPECT_TRUE(Charset(term).is_utf8()) << term;
    }
    for (const char* term : {"ISO_IR 100", "ISO 2022-IR 100", "ISO 2022 IR 100", "latin1", "ISO_8859-1",
                             "ISO-IR 100", "ISO8859-1", "ISO_IR 100\\ISO_IR 101"}) {
        EXPECT_EQ(name(term, "\xE9"), "é") << term;
    }
}

TEST(Charset, WhatDoesNotDecodeBecomesTheReplacementCharacter) {
    EXPECT_EQ(name("", "a\xE9"), "a\xEF\xBF\xBD");
    EXPECT_EQ(name("NO SUCH", "a\xE9"), "a\xEF\xBF\xBD");
    EXPECT_EQ(name("100", "\xE9"), "\xEF\xBF\xBD");
    EXPECT_EQ(name("ISO_IR 192", "a\xFF\xE4\xB8z"), "a\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBDz");
    EXPECT_EQ(name("ISO_IR 166", "\xDB"), "\xEF\xBF\xBD");
}

TEST(Charset, HostileEscapes) {
    for (const std::string& bytes : {"\x1B"s, "\x1B$"s, "\x1B$)"s, "\x1B-"s, "\x1B$B\x30"s, "\x1B(B"s}) {
        EXPECT_LE(name("\\ISO 2022 IR 87", bytes).size(), 3U);
    }
    EXPECT_EQ(name("", "\x1B[31mred"), "[31mred");
}

TEST(Charset, SplitsOnlyWhereTheVrHasSeveralValues) {
    EXPECT_EQ(Charset().decode_values("a\\b\\", Vr::LO), (Values{"a", "b", ""}));
    EXPECT_EQ(Charset().decode_values("a\\b", Vr::LT), (Values{"a\\b"}));
    EXPECT_EQ(Charset().decode_values("", Vr::LO), (Values{""}));
    EXPECT_EQ(Charset("ISO_IR 13").decode("a\\b", Vr::ST), "a¥b");
    EXPECT_EQ(Charset("ISO_IR 13").decode("a\\~", Vr::UR), "a\\~") << "UR is ASCII";
    EXPECT_EQ(Charset("ISO_IR 100").decode("caf\xE9", Vr::CS), "café");
}

TEST(Charset, NestedItemsInherit) {
    DataSet item;
    const Charset outer("ISO_IR 192");
    EXPECT_TRUE(Charset::of(item, outer).is_utf8());
    item.set_text({0x0008, 0x0005}, "ISO_IR 100");
    EXPECT_FALSE(Charset::of(item, outer).is_utf8());
}

TEST(Charset, TrimPadding) {
    EXPECT_EQ(trim_padding("a b \0 "s), "a b");
    EXPECT_EQ(trim_padding(" \0"s), "");
    EXPECT_EQ(trim_padding(" a"), " a");
}

}  // namespace
}  // namespace isocenter::dicom
