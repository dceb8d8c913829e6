#include "fhir/cohort/moments.h"

#include <gtest/gtest.h>

namespace isocenter::fhir::cohort {
namespace {

Span span(std::string_view text) {
    const auto read = read_span(text);
    EXPECT_TRUE(read.has_value()) << text;
    return read.value_or(Span{});
}

TEST(Moments, partial_dates_are_all_the_days_they_may_mean) {
    EXPECT_EQ(to_text(span("2024").first_day) + to_text(span("2024").last_day), "2024-01-012024-12-31");
    EXPECT_EQ(to_text(span("2024-02").first_day) + to_text(span("2024-02").last_day), "2024-02-012024-02-29");
    EXPECT_EQ(span("2024-02-29").first_day, span("2024-02-29").last_day);
    EXPECT_FALSE(span("2024-02-29").timed);
}

TEST(Moments, a_moment_keeps_its_day_as_written_and_its_instant_in_utc) {
    const Span moment = span("2024-02-29T23:30:00.25-05:00");
    EXPECT_TRUE(moment.timed);
    EXPECT_EQ(to_text(moment.first_day), "2024-02-29");
    EXPECT_EQ(moment.first, span("2024-03-01T04:30Z").first);
}

TEST(Moments, what_is_no_date_is_nothing) {
    for (const char* text :
         {"", "24", "0999", "2024-13", "2024-02-30", "2024-2-3", "20240229", "2024-02-29T10",
          "2024-02-29T10:00", "2024-02-29T24:00Z", "2024-02-29T10:00:61Z", "2024-02-29T10:00+15:00",
          "2024-02-29T10:00Zx", "2024-", "2024-02-", "yesterday"})
        EXPECT_FALSE(read_span(std::string_view(text)).has_value()) << text;
}

TEST(Moments, periods_may_be_open) {
    const auto read = [](const char* text) { return read_span(boost::json::parse(text)); };
    const Window year{span("2024"), span("2024")};
    EXPECT_TRUE(overlaps(*read(R"({"start":"2020-01-01"})"), year));
    EXPECT_TRUE(overlaps(*read(R"({"end":"2024-01-01"})"), year));
    EXPECT_FALSE(overlaps(*read(R"({"end":"2023-12-31"})"), year));
    EXPECT_FALSE(overlaps(*read(R"({"start":"2025"})"), year));
    EXPECT_FALSE(read("{}").has_value());
    EXPECT_FALSE(read(R"({"start":7})").has_value());
    EXPECT_FALSE(read("7").has_value());
}

TEST(Moments, windows_hold_their_ends) {
    const Window window{span("2024-02-01"), span("2024-02-29")};
    for (const char* inside : {"2024-02-01", "2024-02-29", "2024-02-29T23:59:59-12:00", "2024", "2024-02"})
        EXPECT_TRUE(overlaps(span(inside), window)) << inside;
    for (const char* outside : {"2024-01-31", "2024-03-01", "2024-03-01T00:00:00+14:00", "2023"})
        EXPECT_FALSE(overlaps(span(outside), window)) << outside;
    const Window hours{span("2024-02-01T10:00Z"), span("2024-02-01T11:00Z")};
    EXPECT_TRUE(overlaps(span("2024-02-01T12:30+02:00"), hours));
    EXPECT_FALSE(overlaps(span("2024-02-01T09:59:59Z"), hours));
    EXPECT_TRUE(overlaps(span("2024-02-01"), hours)) << "without a time the day counts";
}

TEST(Moments, durations) {
    const auto d = read_duration("-P2Y3M1W2DT4H5M6S");
    ASSERT_TRUE(d.has_value());
    EXPECT_EQ(d->months, -27);
    EXPECT_EQ(d->days, -9);
    EXPECT_EQ(d->time, -std::chrono::seconds(4 * 3600 + 5 * 60 + 6));
    EXPECT_TRUE(d->timed);
    EXPECT_FALSE(read_duration("P0D")->timed);
    for (const char* text :
         {"", "P", "2Y", "P2", "PT", "P1H", "PT1D", "P1YT", "P123456D", "P-1D", "P1.5D", "--P1D"})
        EXPECT_FALSE(read_duration(text).has_value()) << text;
}

TEST(Moments, shifting_by_months_stays_in_the_month) {
    const auto by = [](const char* from, const char* duration) {
        return to_text(shifted(span(from), *read_duration(duration)).first_day);
    };
    EXPECT_EQ(by("2024-02-29", "-P2Y"), "2022-02-28");
    EXPECT_EQ(by("2024-01-31", "P1M"), "2024-02-29");
    EXPECT_EQ(by("2024-03-01", "-P1D"), "2024-02-29");
    EXPECT_EQ(by("2024-03-01T01:00:00Z", "-PT2H"), "2024-03-01") << "the day as written moves by days only";
    EXPECT_EQ(shifted(span("2024-03-01T01:00:00Z"), *read_duration("-PT2H")).first,
              span("2024-02-29T23:00:00Z").first);
    EXPECT_FALSE(shifted(span("2024-03-01T01:00:00Z"), *read_duration("-P1D")).timed);
    EXPECT_EQ(by("2024-03-01", "-PT2H"), "2024-02-29");
}

TEST(Moments, what_leaves_the_calendar_stays_at_its_end) {
    const auto by = [](const char* from, const char* duration) {
        return to_text(shifted(span(from), *read_duration(duration)).first_day);
    };
    for (const char* back : {"-P3000Y", "-P65536Y", "-P99999Y", "-P99999Y99999Y", "-P2025Y99999D"})
        EXPECT_EQ(by("2026-01-01", back), "0001-01-01") << back;
    for (const char* forward : {"P8000Y", "P65536Y", "P99999Y99999Y", "P7973Y400D"})
        EXPECT_EQ(by("2026-01-01", forward), "9999-12-31") << forward;
    EXPECT_EQ(to_text(span("9999-12-31").last_day + std::chrono::days{1}), "9999-12-31");
}

TEST(Moments, ages_of_whole_and_partial_birth_dates) {
    const auto ages = [](const char* birth, const char* at) {
        return ages_at(span(birth), span(at).first_day);
    };
    EXPECT_EQ(ages("1980-11-24", "2026-11-24").least, 46);
    EXPECT_EQ(ages("1980-11-25", "2026-11-24").greatest, 45);
    EXPECT_EQ(ages("1980", "2026-11-24").least, 45);
    EXPECT_EQ(ages("1980", "2026-11-24").greatest, 46);
    EXPECT_EQ(ages("1980-11", "2026-11-30").least, 46);
    EXPECT_EQ(ages("2004-02-29", "2025-02-28").least, 20);
}

}  // namespace
}  // namespace isocenter::fhir::cohort
