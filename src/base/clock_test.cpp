#include "base/clock.h"

#include <gtest/gtest.h>

namespace isocenter {
namespace {

TEST(Clock, keeps_100_ns_through_a_round_trip) {
    const auto ticks = parse_iso8601("2024-01-31T09:15:27.1234567+00:00");
    ASSERT_TRUE(ticks);
    EXPECT_EQ(to_iso8601(*ticks), "2024-01-31T09:15:27.1234567+00:00");
    EXPECT_EQ(parse_iso8601("2024-01-31T10:15:27.1234567+01:00"), ticks);
    EXPECT_EQ(parse_iso8601("2024-01-31T09:15:27.12345679Z"), ticks);
}

TEST(Clock, knows_the_ends_of_its_range) {
    EXPECT_EQ(parse_iso8601("0001-01-01T00:00:00Z"), Ticks{0});
    EXPECT_EQ(parse_iso8601("9999-12-31T23:59:59.9999999+00:00"), kMaxTicks);
    EXPECT_EQ(to_iso8601(kMaxTicks), "9999-12-31T23:59:59.9999999+00:00");
    EXPECT_FALSE(parse_iso8601("0001-01-01T00:00:00+01:00"));
}

TEST(Clock, refuses_what_has_no_zone_or_is_no_date) {
    for (const char* bad : {"2023-05-03T10:58:00", "2023-02-30T00:00:00Z", "2023-05-03", "x", "",
                            "2023-05-03T24:00:00Z", "2023-05-03T10:58:00Zx", "2023-05-03T10:58:00.Z"}) {
        EXPECT_FALSE(parse_iso8601(bad)) << bad;
    }
}

TEST(Clock, now_is_this_century) {
    EXPECT_GT(now_ticks(), *parse_iso8601("2026-01-01T00:00:00Z"));
    EXPECT_LT(now_ticks(), *parse_iso8601("2126-01-01T00:00:00Z"));
}

}  // namespace
}  // namespace isocenter
