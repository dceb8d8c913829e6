#include "api/dicomweb/date_time_pairs.h"

#include <gtest/gtest.h>

#include <string>

#include "api/dicomweb/test_query.h"
#include "dicom/tags.h"

namespace isocenter::api {
namespace {

struct SpanRow {
    const char* query;
    const char* from;
    const char* to;
};

TEST(DateTimePairs, DateAndTimeOfTheSameFormAreOneSpan) {
    const SpanRow rows[] = {
        {"StudyDate=20240101-20240103&StudyTime=1000-1800", "20240101100000.000000", "20240103180059.999999"},
        {"StudyDate=20240110-20240111&StudyTime=2359-0001", "20240110235900.000000", "20240111000159.999999"},
        {"StudyDate=20240101-&StudyTime=1000-", "20240101100000.000000", ""},
        {"StudyDate=-20240101&StudyTime=-1000", "", "20240101100059.999999"},
    };
    for (const SpanRow& row : rows) {
        const Parsed parsed = parse(standard(), row.query);
        ASSERT_TRUE(parsed.request.ok()) << row.query;
        const auto& moment = std::get<dicom::MatchMoment>(only_match(parsed));
        EXPECT_EQ(moment.time_tag, dicom::tags::StudyTime);
        EXPECT_EQ(moment.from, row.from) << row.query;
        EXPECT_EQ(moment.to, row.to) << row.query;
    }
    for (const char* query :
         {"StudyDate=20240101-20240103&StudyTime=1000", "StudyDate=20240101-&StudyTime=-1000",
          "StudyDate=20240101&StudyTime=1000", "StudyDate=20240101-20240103&SeriesTime=10-11"}) {
        const Parsed parsed = parse(standard(), query, SearchResource::all_series);
        EXPECT_EQ(parsed.request->query.matchers.size(), 2U) << query;
    }
}

TEST(DateTimePairs, OverMidnightThereMustBeDates) {
    for (const std::string query :
         {"StudyTime=2359-0001", "StudyDate=20240110&StudyTime=2359-0001",
          "StudyDate=20240110-20240110&StudyTime=2359-0001", "StudyDate=20240110-&StudyTime=2359-0001",
          "StudyDate=20240110,20240111&StudyTime=2359-0001",
          "PatientBirthDate=20240110-20240111&StudyTime=2359-0001"}) {
        for (const char* zone : {"", "&TimezoneOffsetFromUTC=%2B0200"}) {
            const Parsed parsed = parse(standard(), query + zone);
            ASSERT_FALSE(parsed.request.ok()) << query << zone;
            EXPECT_EQ(parsed.request.error().code, ErrorCode::invalid_request);
            EXPECT_EQ(parsed.parameter, "StudyTime");
        }
    }
}

TEST(DateTimePairs, AZoneIsCheckedAgainstTheObjects) {
    // 01:00 at +02:00 is 23:00 of the day before in UTC.
    const SpanRow rows[] = {
        {"StudyDate=20240101-20240103&StudyTime=0100-1800&TimezoneOffsetFromUTC=%2B0200",
         "20231231230000.000000", "20240103160059.999999"},
        {"StudyDate=20240101-20240103&StudyTime=0100-1800&TimezoneOffsetFromUTC=+0200",
         "20231231230000.000000", "20240103160059.999999"},
        {"StudyDate=20241231&StudyTime=2330&TimezoneOffsetFromUTC=-0100", "20250101003000.000000",
         "20250101003000.000000"},
        {"StudyDate=20240101-20240101&StudyTime=0030-1059&TimezoneOffsetFromUTC=%2B0100",
         "20231231233000.000000", "20240101095959.999999"},
    };
    for (const SpanRow& row : rows) {
        const Parsed parsed = parse(standard(), row.query);
        ASSERT_TRUE(parsed.request.ok()) << row.query;
        ASSERT_EQ(parsed.request->checks.size(), 1U) << row.query;
        const auto& span = std::get<ZonedSpan>(parsed.request->checks.front());
        EXPECT_EQ(span.from, row.from) << row.query;
        EXPECT_EQ(span.to, row.to) << row.query;
        EXPECT_TRUE(parsed.request->query.want_document);
        const auto& moment = std::get<dicom::MatchMoment>(only_match(parsed));
        EXPECT_EQ(moment.from, shift_moment(row.from, -12 * 60)) << "as early as a stored zone can make it";
        EXPECT_EQ(moment.to, shift_moment(row.to, 14 * 60));
    }
}

TEST(DateTimePairs, MomentsBeyondTheCalendarOfFourDigitsStayInOrder) {
    const std::string last = "99991231235959.999999";
    const std::string first = "00000101000000.000000";
    EXPECT_GT(shift_moment(last, 1), last);
    EXPECT_EQ(shift_moment(last, 1).size(), last.size());
    EXPECT_EQ(shift_moment(shift_moment(last, 840), -840), last);
    EXPECT_LT(shift_moment(first, -1), first);
    EXPECT_EQ(shift_moment(shift_moment(first, -840), 840), first);
    EXPECT_EQ(shift_moment("20231231233000.5", 60), "20240101003000.5");
    EXPECT_EQ(shift_moment("00010101003000.5", -60), "00001231233000.5");
}

TEST(DateTimePairs, AZoneMovesListsToo) {
    const SpanRow rows[] = {
        {"StudyDate=20240102,20240101&StudyTime=1000,0900", "20231231220000.000000", "20240102215959.999999"},
        {"StudyDate=20240101&StudyTime=1000,0900", "20231231220000.000000", "20240101215959.999999"},
        {"StudyDate=20240101-20240102&StudyTime=1000", "20231231220000.000000", "20240102215959.999999"},
        {"StudyDate=20240101-&StudyTime=-1000", "20231231220000.000000", ""},
    };
    for (const SpanRow& row : rows) {
        const Parsed parsed = parse(standard(), row.query + std::string("&TimezoneOffsetFromUTC=%2B0200"));
        ASSERT_TRUE(parsed.request.ok()) << row.query;
        ASSERT_EQ(parsed.request->checks.size(), 1U) << row.query;
        EXPECT_EQ(std::get<ZonedPair>(parsed.request->checks.front()).zone_minutes, 120) << row.query;
        const auto& moment = std::get<dicom::MatchMoment>(only_match(parsed));
        EXPECT_EQ(moment.from, shift_moment(row.from, -12 * 60)) << row.query;
        EXPECT_EQ(moment.to, shift_moment(row.to, 14 * 60)) << row.query;
    }
}

TEST(DateTimePairs, AZoneAloneChangesNothing) {
    const Parsed parsed = parse(standard(), "StudyDate=20240101-20240102&TimezoneOffsetFromUTC=-0500");
    EXPECT_EQ(std::get<dicom::MatchRange>(only_match(parsed)).from, "20240101");
}

}  // namespace
}  // namespace isocenter::api
