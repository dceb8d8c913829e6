#include "dicom/vr.h"

#include <gtest/gtest.h>

#include <string>

namespace isocenter::dicom {
namespace {

TEST(Vr, NamesRoundTrip) {
    for (int number = 0; number <= static_cast<int>(Vr::UV); ++number) {
        const Vr vr = static_cast<Vr>(number);
        EXPECT_EQ(parse_vr(to_string(vr)), vr) << to_string(vr);
    }
    EXPECT_EQ(to_string(Vr::PN), "PN");
    EXPECT_EQ(to_string(Vr::UV), "UV");
}

TEST(Vr, RefusesOtherLetters) {
    for (const char* bad : {"", "P", "PNN", "pn", "XX", "ZZ", "??"}) {
        EXPECT_FALSE(parse_vr(bad).has_value()) << bad;
    }
    EXPECT_FALSE(parse_vr(std::string_view("\0\0", 2)).has_value());
}

/// The VRs for which `predicate` holds, as text.
std::string those(bool (*predicate)(Vr)) {
    std::string out;
    for (int number = 0; number <= static_cast<int>(Vr::UV); ++number) {
        const Vr vr = static_cast<Vr>(number);
        if (predicate(vr)) out += std::string(to_string(vr)) + " ";
    }
    return out;
}

TEST(Vr, ClassesAreThoseOfTheStandard) {
    EXPECT_EQ(those(has_long_length), "OB OD OF OL OV OW SQ SV UC UN UR UT UV ");
    EXPECT_EQ(those(is_bulk), "OB OD OF OL OV OW UN ");
    EXPECT_EQ(those(uses_character_set), "LO LT PN SH ST UC UT ");
    EXPECT_EQ(those(is_text), "AE AS CS DA DS DT IS LO LT PN SH ST TM UC UI UR UT ");
    EXPECT_EQ(those(is_multi_valued_text), "AE AS CS DA DS DT IS LO PN SH TM UC UI ");
}

TEST(Vr, Units) {
    EXPECT_EQ(unit_bytes(Vr::AT), 4U);
    EXPECT_EQ(unit_bytes(Vr::FD), 8U);
    EXPECT_EQ(unit_bytes(Vr::OW), 2U);
    EXPECT_EQ(unit_bytes(Vr::OB), 1U);
    EXPECT_EQ(unit_bytes(Vr::LO), 1U);
}

}  // namespace
}  // namespace isocenter::dicom
