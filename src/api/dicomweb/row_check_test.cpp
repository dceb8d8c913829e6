#include "api/dicomweb/row_check.h"

#include <gtest/gtest.h>

#include "dicom/tags.h"

namespace isocenter::api {
namespace {

namespace tags = dicom::tags;

index::SearchRow row_with(std::string json) {
    index::SearchRow row;
    row.study = {{tags::StudyDate, "20240101"}, {tags::StudyTime, "1030"}};
    row.document.emplace();
    row.document->json = std::move(json);
    return row;
}

TEST(RowCheck, MomentsAreComparedInTheZoneOfTheObject) {
    const auto in_span = [](const std::string& json, int site) {
        const ZonedSpan span{tags::StudyDate, tags::StudyTime, "20240101093000.000000",
                             "20240101093000.000000"};
        return passes(span, row_with(json), {site, false});
    };
    const std::string paris = R"({"00080201":{"vr":"SH","Value":["+0100"]}})";
    EXPECT_TRUE(in_span(paris, 0));
    EXPECT_FALSE(in_span("{}", 0));
    EXPECT_TRUE(in_span("{}", 60)) << "the site's zone when the object has none";
    EXPECT_FALSE(in_span(R"({"00080201":{"vr":"SH","Value":["-0100"]}})", 60));
    index::SearchRow without = row_with(paris);
    without.study.pop_back();
    EXPECT_FALSE(passes(ZonedSpan{tags::StudyDate, tags::StudyTime, "", ""}, without, {})) << "no time";
    without.document.reset();
    EXPECT_FALSE(passes(ZonedSpan{tags::StudyDate, tags::StudyTime, "", ""}, without, {})) << "no document";
}

TEST(RowCheck, DatesAndTimesAreThoseOfTheRequestsClock) {
    const std::string paris = R"({"00080201":{"vr":"SH","Value":["+0100"]}})";
    const auto holds_at = [&](std::vector<std::string> dates, dicom::Match times, int zone) {
        const ZonedPair pair{tags::StudyDate, tags::StudyTime, dicom::MatchText{std::move(dates)},
                             std::move(times), zone};
        return passes(pair, row_with(paris), {});
    };
    // 10:30 in Paris is 09:30 in UTC and 23:30 of the day before at -10:00.
    const dicom::Match times = dicom::MatchText{{"080000.000000", "093000.000000"}};
    EXPECT_TRUE(holds_at({"20231231", "20240101"}, times, 0));
    EXPECT_FALSE(holds_at({"20231231", "20240101"}, times, 60));
    EXPECT_FALSE(holds_at({"20231231", "20240102"}, times, 0));
    EXPECT_TRUE(holds_at({"20231231"}, dicom::MatchText{{"233000.000000"}}, -600));
    EXPECT_TRUE(holds_at({"20231231"}, dicom::MatchRange{"230000.000000", ""}, -600));
    EXPECT_FALSE(holds_at({"20231231"}, dicom::MatchRange{"", "232959.999999"}, -600));
}

TEST(RowCheck, PrivateAttributesInAnyBlock) {
    const PrivateValue wanted{"ACME", {0x0023, 0x1001}, dicom::MatchText{{"v1", "v2"}}};
    const auto found = [&](const char* json) { return passes(wanted, row_with(json), {}); };
    EXPECT_TRUE(
        found(R"({"00230010":{"vr":"LO","Value":["ACME"]},"00231001":{"vr":"LO","Value":["x","v2"]}})"));
    EXPECT_TRUE(found(R"({"00230011":{"vr":"LO","Value":["ACME"]},"00231101":{"vr":"LO","Value":["v1"]}})"));
    EXPECT_FALSE(found(R"({"00230010":{"vr":"LO","Value":["MECA"]},"00231001":{"vr":"LO","Value":["v1"]}})"));
    EXPECT_FALSE(found(R"({"00230011":{"vr":"LO","Value":["ACME"]},"00231001":{"vr":"LO","Value":["v1"]}})"));
    EXPECT_FALSE(found(R"({"00230010":{"vr":"LO","Value":["ACME"]},"00231001":{"vr":"LO","Value":["v"]}})"));
    EXPECT_FALSE(found(R"({"00230010":{"vr":"LO"},"00231001":{"vr":"LO"}})"));
    const PrivateValue number{"ACME", {0x0023, 0x1001}, dicom::MatchText{{"7"}}};
    EXPECT_TRUE(passes(
        number, row_with(R"({"00230010":{"vr":"LO","Value":["ACME"]},"00231001":{"vr":"US","Value":[7]}})"),
        {}));
}

TEST(RowCheck, PatternsCountCharacters) {
    const auto fits = [](std::string pattern, std::string_view value) {
        return meets(dicom::MatchWildcard{{std::move(pattern)}}, value);
    };
    EXPECT_TRUE(fits("S?", "S2"));
    EXPECT_TRUE(fits("?x", "\xC3\xA9x"));
    EXPECT_FALSE(fits("??x", "\xC3\xA9x"));
    EXPECT_TRUE(fits("a*b*c", "aXbYbZc"));
    EXPECT_FALSE(fits("a*b", "abc"));
    EXPECT_TRUE(fits("a**", "a"));
    EXPECT_TRUE(meets(dicom::MatchEmpty{}, ""));
    EXPECT_FALSE(meets(dicom::MatchEmpty{}, "x"));
    EXPECT_FALSE(meets(dicom::MatchNumber{{1}}, "1"));
}

TEST(RowCheck, UnknownValuesPassWhenTheyMay) {
    const RowCheckRules rules{0, true};
    const ZonedSpan span{tags::StudyDate, tags::StudyTime, "20300101000000.000000", ""};
    EXPECT_FALSE(passes(span, row_with("{}"), rules)) << "what is known is compared";
    index::SearchRow without = row_with("{}");
    without.study.pop_back();
    EXPECT_TRUE(passes(span, without, rules));
    const PrivateValue wanted{"ACME", {0x0023, 0x1001}, dicom::MatchText{{"v1"}}};
    EXPECT_TRUE(passes(wanted, row_with("{}"), rules));
    EXPECT_TRUE(passes(
        wanted, row_with(R"({"00230010":{"vr":"LO","Value":["ACME"]},"00231001":{"vr":"LO"}})"), rules));
    EXPECT_FALSE(passes(
        wanted, row_with(R"({"00230010":{"vr":"LO","Value":["ACME"]},"00231001":{"vr":"LO","Value":["v"]}})"),
        rules));
}

}  // namespace
}  // namespace isocenter::api
