#include "dicom/value_formats.h"

#include <gtest/gtest.h>

namespace isocenter::dicom {
namespace {

using Rule = bool (*)(std::string_view);

void expect_all(Rule rule, bool expected, std::initializer_list<std::string_view> texts) {
    for (std::string_view text : texts)
        EXPECT_EQ(rule(text), expected) << text;
}

TEST(ValueFormats, Dates) {
    expect_all(is_da_format, true, {"20240229", "20240000", "20240101-20241231"});
    expect_all(is_da_format, false,
               {"", "2024", "2024.01.01", "20241301", "20240132", "-20240101", "20240101-", "202401011",
                "2024010a"});
}

TEST(ValueFormats, Times) {
    expect_all(is_tm_format, true, {"23", "2359", "235960", "000000.1", "000000.123456", "10-1130"});
    expect_all(
        is_tm_format, false,
        {"", "24", "2360", "235961", "1", "100", "10:00:00", "100000.", "100000.1234567", "10-", "10-11-12"});
}

TEST(ValueFormats, DateTimes) {
    expect_all(is_dt_format, true,
               {"2024", "202402", "20240229", "2024022923", "20240229235960.123456", "2024+0100", "2024-1200",
                "20240229120000+1400", "2024-2025", "2024-", "-2024", "2024-0500-2025-0500"});
    expect_all(is_dt_format, false,
               {"", "-", "202", "202400", "20240100", "2024+1401", "2024-0000", "2024-1201", "20241301",
                "2024+01", "2024+0160", "2024x"});
}

TEST(ValueFormats, Numbers) {
    expect_all(is_ds_format, true, {"0", "007", "-1.5", "+.5", "5.", "1e5", "1.5E-03"});
    expect_all(is_ds_format, false, {"", ".", "-", "e5", "1e", "1,5", "1 2", "NaN", "0x1"});
    expect_all(is_is_format, true, {"0", "007", "+7", "-2147483648", "2147483647"});
    expect_all(is_is_format, false, {"", "-", "+", "+-1", "2147483648", "1.0", "a"});
}

TEST(ValueFormats, AgesAndUids) {
    expect_all(is_as_format, true, {"000D", "045Y", "012M", "003W"});
    expect_all(is_as_format, false, {"", "45Y", "045y", "045", "0455"});
    expect_all(is_ui_format, true, {"1", "0.2.4", "2.25.0", "1.2.840.10008"});
    expect_all(is_ui_format, false, {"", "1.", ".1", "1..2", "1.02", "00.1", "1.a"});
}

TEST(ValueFormats, Multiplicities) {
    EXPECT_TRUE(fits_multiplicity(1, "1"));
    EXPECT_FALSE(fits_multiplicity(2, "1"));
    EXPECT_TRUE(fits_multiplicity(3, "1-3"));
    EXPECT_FALSE(fits_multiplicity(4, "1-3"));
    EXPECT_TRUE(fits_multiplicity(99, "1-n"));
    EXPECT_FALSE(fits_multiplicity(1, "2-n"));
    EXPECT_TRUE(fits_multiplicity(4, "2-2n"));
    EXPECT_FALSE(fits_multiplicity(3, "2-2n"));
    EXPECT_TRUE(fits_multiplicity(9, "3-3n"));
    EXPECT_TRUE(fits_multiplicity(5, "1-n or 1"));
    EXPECT_TRUE(fits_multiplicity(1, "2-n or 1"));
}

}  // namespace
}  // namespace isocenter::dicom
