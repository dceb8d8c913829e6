#include "fhir/mapping/date_time.h"

#include <gtest/gtest.h>

#include "fhir/mapping/options.h"

namespace isocenter::fhir {
namespace {

TEST(Date_Forms, WholeAndPartialDatesKeepTheirPrecision) {
    EXPECT_EQ(to_fhir_date("20240229"), "2024-02-29");
    EXPECT_EQ(to_fhir_date("2024.02.29"), "2024-02-29");
    EXPECT_EQ(to_fhir_date("2024/02/29"), "2024-02-29");
    EXPECT_EQ(to_fhir_date("196104"), "1961-04");
    EXPECT_EQ(to_fhir_date("1961.04"), "1961-04");
    EXPECT_EQ(to_fhir_date("1961"), "1961");
}

TEST(Date_Forms, WhatIsNoDayIsNothing) {
    for (const auto* text : {"", "20230229", "20241301", "2024-02-29", "202", "0000", "2024.0229.", "abcd"})
        EXPECT_FALSE(to_fhir_date(text)) << text;
}

TEST(Offset_Forms, SignAndFourDigitsUpToFourteenHours) {
    EXPECT_EQ(to_fhir_offset("+0830"), "+08:30");
    EXPECT_EQ(to_fhir_offset("-1400"), "-14:00");
    for (const auto* text : {"0", "8", "+25", "+1401", "+0860", "0830"})
        EXPECT_FALSE(to_fhir_offset(text)) << text;
}

TEST(Started_Rows, SecondsAlwaysFractionsWithoutZerosAtTheEnd) {
    EXPECT_EQ(to_fhir_date_time("20240229", "134501.250000", "+05:30", "UTC"),
              "2024-02-29T13:45:01.25+05:30");
    EXPECT_EQ(to_fhir_date_time("20240229", "13", {}, "UTC"), "2024-02-29T13:00:00+00:00");
    EXPECT_EQ(to_fhir_date_time("20240229", "09:15", "-03:30", "UTC"), "2024-02-29T09:15:00-03:30");
    EXPECT_EQ(to_fhir_date_time("20240229", "134501.1239", "+00:00", "UTC"), "2024-02-29T13:45:01.123+00:00");
}

TEST(Started_Rows, DateAloneWithoutTimeOrDay) {
    EXPECT_EQ(to_fhir_date_time("20240229", "", {}, "UTC"), "2024-02-29");
    EXPECT_EQ(to_fhir_date_time("20240229", "2515", {}, "UTC"), "2024-02-29");
    EXPECT_EQ(to_fhir_date_time("202402", "0915", "-03:30", "UTC"), "2024-02");
    EXPECT_FALSE(to_fhir_date_time("", "0915", {}, "UTC"));
}

TEST(Started_Zone, LocalTimeFollowsSummerTimeOfTheDay) {
    EXPECT_EQ(to_fhir_date_time("20240115", "1200", {}, "Europe/Berlin"), "2024-01-15T12:00:00+01:00");
    EXPECT_EQ(to_fhir_date_time("20240715", "1200", {}, "Europe/Berlin"), "2024-07-15T12:00:00+02:00");
    EXPECT_EQ(to_fhir_date_time("20240715", "1200", {}, "America/St_Johns"), "2024-07-15T12:00:00-02:30");
}

TEST(Started_Zone, NamesAreChecked) {
    EXPECT_TRUE(is_time_zone("Asia/Kolkata"));
    EXPECT_TRUE(is_time_zone("UTC"));
    EXPECT_FALSE(is_time_zone("Mars/Olympus"));
    EXPECT_FALSE(is_time_zone(""));
}

TEST(DateTime_Value, ReadsDtWithItsOwnOffset) {
    EXPECT_EQ(to_fhir_date_time("20240229134501.5+0530", {}, "UTC"), "2024-02-29T13:45:01.5+05:30");
    EXPECT_EQ(to_fhir_date_time("20240229134501", "+01:00", "UTC"), "2024-02-29T13:45:01+01:00");
    EXPECT_EQ(to_fhir_date_time("202402", {}, "UTC"), "2024-02");
    EXPECT_EQ(to_fhir_date_time("2024+0100", {}, "UTC"), "2024");
}

TEST(DateTime_Value, IsNoneWithAnEndThatIsNoOffset) {
    for (const auto* text : {"2024-99", "2024-", "20240229134501+01:00", "20240229134501+01"})
        EXPECT_FALSE(to_fhir_date_time(text, {}, "UTC")) << text;
}

}  // namespace
}  // namespace isocenter::fhir
