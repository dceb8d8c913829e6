#include "api/dicomweb/row_check.h"

#include <gtest/gtest.h>

#include "api/dicomweb/test_query.h"
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

/// The condition that a query means, of the creator ACME.
RowCheck private_value(const std::string& value, const std::string& options = {}) {
    const auto parsed = parse(standard(), "00231001=" + value + "&00230010=ACME" + options);
    return parsed.request->checks.at(0);
}

/// A document with one private attribute.
index::SearchRow row_with_private(const std::string& element) {
    return row_with(R"({"00230010":{"vr":"LO","Value":["ACME"]},"00231001":)" + element + "}");
}

TEST(RowCheck, PrivateAttributesInAnyBlock) {
    const RowCheck wanted = private_value("v1,v2");
    const auto found = [&](const char* json) { return passes(wanted, row_with(json), {}); };
    EXPECT_TRUE(
        found(R"({"00230010":{"vr":"LO","Value":["ACME"]},"00231001":{"vr":"LO","Value":["x","v2"]}})"));
    EXPECT_TRUE(found(R"({"00230011":{"vr":"LO","Value":["ACME"]},"00231101":{"vr":"LO","Value":["v1"]}})"));
    EXPECT_FALSE(found(R"({"00230010":{"vr":"LO","Value":["MECA"]},"00231001":{"vr":"LO","Value":["v1"]}})"));
    EXPECT_FALSE(found(R"({"00230011":{"vr":"LO","Value":["ACME"]},"00231001":{"vr":"LO","Value":["v1"]}})"));
    EXPECT_FALSE(found(R"({"00230010":{"vr":"LO","Value":["ACME"]},"00231001":{"vr":"LO","Value":["v"]}})"));
    EXPECT_FALSE(found(R"({"00230010":{"vr":"LO"},"00231001":{"vr":"LO"}})"));
}

TEST(RowCheck, PrivateAttributesByTheirVr) {
    const auto found = [](const std::string& value, const std::string& element, const char* options = "") {
        return passes(private_value(value, options), row_with_private(element), {});
    };
    EXPECT_TRUE(found("7", R"({"vr":"US","Value":[5,7]})"));
    EXPECT_FALSE(found("57", R"({"vr":"US","Value":[5,7]})"));
    EXPECT_FALSE(found("x", R"({"vr":"US","Value":[5,7]})"));
    EXPECT_TRUE(found("1.50", R"({"vr":"FD","Value":[1.5]})"));
    EXPECT_TRUE(found("2.5", R"({"vr":"DS","Value":["2.50"]})"));
    EXPECT_TRUE(found("007", R"({"vr":"IS","Value":[7]})"));
    EXPECT_TRUE(found("0010000d", R"({"vr":"AT","Value":["0010000D"]})"));
    EXPECT_TRUE(found("20240101-20240301", R"({"vr":"DA","Value":["2024.02.29"]})"));
    EXPECT_FALSE(found("20240101-20240301", R"({"vr":"DA","Value":["20240302"]})"));
    EXPECT_TRUE(found("10-1030", R"({"vr":"TM","Value":["103059"]})"));
    EXPECT_TRUE(found("1.2.3", R"({"vr":"UI","Value":["1.2.3"]})"));
    const std::string name = R"({"vr":"PN","Value":[{"Alphabetic":"\u00c4dam^B"}]})";
    EXPECT_TRUE(found("adam^b", name));
    EXPECT_TRUE(found("a*=*", name));
    EXPECT_FALSE(found("b adam", name));
    EXPECT_TRUE(found("b%20ad", name, "&fuzzymatching=true"));
    EXPECT_TRUE(found("a,b", R"({"vr":"LO","Value":["x","b"]})"));
    EXPECT_FALSE(found("a,b", R"({"vr":"LO","Value":["x","b"]})", "&multiplevaluematching=true"));
    EXPECT_TRUE(found("a,b", R"({"vr":"LO","Value":["b","a"]})", "&multiplevaluematching=true"));
    EXPECT_FALSE(found("QUJD", R"({"vr":"OB","InlineBinary":"QUJD"})"));
    const char* empty = "&emptyvaluematching=true";
    EXPECT_TRUE(found("%22%22", R"({"vr":"US"})", empty));
    EXPECT_FALSE(found("%22%22", R"({"vr":"US","Value":[5]})", empty));
    EXPECT_FALSE(found("%22%22", R"({"vr":"OB","InlineBinary":"QUJD"})", empty));
    EXPECT_TRUE(passes(private_value("%22%22", empty), row_with("{}"), {})) << "absent";
}

TEST(RowCheck, MomentsOfOldFormsAreFoundByTheirMeaning) {
    index::SearchRow row = row_with("{}");
    row.study = {{tags::StudyDate, "2024.01.01"}, {tags::StudyTime, "10:30:00"}};
    const std::string moment = "20240101103000.000000";
    EXPECT_TRUE(passes(ZonedSpan{tags::StudyDate, tags::StudyTime, moment, moment}, row, {}));
    row.study = {{tags::StudyDate, "2024"}, {tags::StudyTime, "10:30:00"}};
    EXPECT_FALSE(passes(ZonedSpan{tags::StudyDate, tags::StudyTime, "", moment}, row, {}));
}

TEST(RowCheck, ValuesMeetConditions) {
    EXPECT_TRUE(meets(dicom::MatchWildcard{{"a*b*c"}}, "aXbYbZc"));
    EXPECT_FALSE(meets(dicom::MatchWildcard{{"*"}}, ""));
    EXPECT_TRUE(meets(dicom::MatchEmpty{}, ""));
    EXPECT_FALSE(meets(dicom::MatchEmpty{}, "x"));
    EXPECT_TRUE(meets(dicom::MatchNumber{{1}}, "+1.0"));
    EXPECT_FALSE(meets(dicom::MatchNumber{{1}}, "x"));
    EXPECT_FALSE(meets(dicom::MatchMoment{tags::StudyTime, "", ""}, "x"));
}

TEST(RowCheck, UnknownValuesPassWhenTheyMay) {
    const RowCheckRules rules{0, true};
    const ZonedSpan span{tags::StudyDate, tags::StudyTime, "20300101000000.000000", ""};
    EXPECT_FALSE(passes(span, row_with("{}"), rules)) << "what is known is compared";
    index::SearchRow without = row_with("{}");
    without.study.pop_back();
    EXPECT_TRUE(passes(span, without, rules));
    const RowCheck wanted = private_value("v1");
    EXPECT_TRUE(passes(wanted, row_with("{}"), rules));
    EXPECT_TRUE(passes(
        wanted, row_with(R"({"00230010":{"vr":"LO","Value":["ACME"]},"00231001":{"vr":"LO"}})"), rules));
    EXPECT_FALSE(passes(
        wanted, row_with(R"({"00230010":{"vr":"LO","Value":["ACME"]},"00231001":{"vr":"LO","Value":["v"]}})"),
        rules));
}

}  // namespace
}  // namespace isocenter::api
