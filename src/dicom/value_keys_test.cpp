#include "dicom/value_keys.h"

#include <gtest/gtest.h>

namespace isocenter::dicom {
namespace {

TEST(ValueKeys, OldFormsMeanTheSame) {
    EXPECT_EQ(date_key("2024.01.31"), "20240131");
    EXPECT_EQ(date_key(" 20240131 "), "20240131");
    EXPECT_EQ(date_key("1950"), std::nullopt);
    EXPECT_EQ(date_key("20240231"), std::nullopt);
    EXPECT_EQ(time_key("10:10:10"), "101010.000000");
    EXPECT_EQ(time_key("1010"), "101000.000000");
    EXPECT_EQ(time_key("2430"), std::nullopt);
    EXPECT_EQ(number_key("+007 "), 7);
    EXPECT_EQ(number_key("2.50"), 2.5);
    EXPECT_EQ(number_key("x"), std::nullopt);
}

}  // namespace
}  // namespace isocenter::dicom
