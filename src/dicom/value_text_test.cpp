#include "dicom/value_text.h"

#include <gtest/gtest.h>

#include <limits>

namespace isocenter::dicom {
namespace {

using Texts = std::vector<std::string>;

Texts round_trip(Vr vr, const Texts& texts) {
    Element element{.tag = {0x0009, 0x1001}, .vr = vr};
    for (const auto& text : texts)
        EXPECT_TRUE(append_number(element.bytes, vr, text)) << text;
    return number_texts(element);
}

TEST(ValueText, DecimalStringsBecomeLegalJsonWithTheirDigits) {
    const std::pair<std::string_view, std::string_view> rows[] = {
        {"+1.50", "1.50"}, {".5", "0.5"},    {"-.5", "-0.5"},      {"007", "7"},   {"-007", "-7"},
        {"5.", "5"},       {"0", "0"},       {"000", "0"},         {" 12 ", "12"}, {"1E+05", "1E+05"},
        {"1e5", "1e5"},    {"0.10", "0.10"}, {"1.5e-3", "1.5e-3"},
    };
    for (const auto& [text, expected] : rows)
        EXPECT_EQ(json_number(text), expected) << text;
    EXPECT_EQ(json_number(std::string_view("3\0", 2)), "3");
    for (std::string_view text :
         {"", ".", "+", "1,5", "1 2", "abc", "1e", "1e+", "0x10", "NaN", "inf", "--1", "1e999"})
        EXPECT_EQ(json_number(text), std::nullopt) << text;
}

TEST(ValueText, IntegersKeepTheirWholeRange) {
    EXPECT_EQ(round_trip(Vr::SS, {"-32768", "32767"}), (Texts{"-32768", "32767"}));
    EXPECT_EQ(round_trip(Vr::US, {"65535", " +7 ", "8.0"}), (Texts{"65535", "7", "8"}));
    EXPECT_EQ(round_trip(Vr::SL, {"-2147483648"}), (Texts{"-2147483648"}));
    EXPECT_EQ(round_trip(Vr::UL, {"4294967295"}), (Texts{"4294967295"}));
    EXPECT_EQ(round_trip(Vr::SV, {"-9223372036854775808"}), (Texts{"-9223372036854775808"}));
    EXPECT_EQ(round_trip(Vr::UV, {"18446744073709551615"}), (Texts{"18446744073709551615"}));
    EXPECT_EQ(round_trip(Vr::AT, {"0028001a"}), (Texts{"0028001A"}));
    std::string bytes;
    EXPECT_FALSE(append_number(bytes, Vr::US, "65536"));
    EXPECT_FALSE(append_number(bytes, Vr::US, "-1"));
    EXPECT_FALSE(append_number(bytes, Vr::US, "1.5"));
    EXPECT_FALSE(append_number(bytes, Vr::US, ""));
    EXPECT_FALSE(append_number(bytes, Vr::AT, "0028"));
    EXPECT_EQ(bytes, "");
}

TEST(ValueText, FloatsAreTheShortestTextThatReadsBack) {
    EXPECT_EQ(round_trip(Vr::FL, {"0.1", "1e30", "-0"}), (Texts{"0.1", "1e+30", "-0"}));
    EXPECT_EQ(round_trip(Vr::FD, {"0.1", "0.30000000000000004"}), (Texts{"0.1", "0.30000000000000004"}));
    EXPECT_EQ(round_trip(Vr::FL, {"nan", "inf", "-Infinity", "Infinity"}),
              (Texts{"NaN", "Infinity", "-Infinity", "Infinity"}));
}

TEST(ValueText, BytesBehindTheLastWholeValueAreLeftOut) {
    const Element element{.tag = {0x0028, 0x0010}, .vr = Vr::US, .bytes = std::string("\x01\x00\x02", 3)};
    EXPECT_EQ(number_texts(element), (Texts{"1"}));
}

TEST(ValueText, NamesHaveThreeGroupsAtMost) {
    using Groups = std::vector<std::string_view>;
    EXPECT_EQ(name_groups("A^B =C=D=E "), (Groups{"A^B", "C", "D=E"}));
    EXPECT_EQ(name_groups("=X"), (Groups{"", "X"}));
    EXPECT_EQ(name_groups("A^^^^"), (Groups{"A^^^^"}));
}

}  // namespace
}  // namespace isocenter::dicom
