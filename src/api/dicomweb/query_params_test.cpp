#include "api/dicomweb/query_params.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <string>

#include "api/dicomweb/test_query.h"
#include "dicom/tags.h"

namespace isocenter::api {
namespace {

using dicom::Level;
using dicom::Tag;
using testing::ElementsAre;
using testing::HasSubstr;
namespace tags = dicom::tags;

// --- dicomweb.md 6.2

struct FilterRow {
    const char* keyword;
    const char* value;
    const char* allowed;  ///< x for each of Q1 to Q6
};

TEST(CompatibilityQuery, TakesTheFiltersOfTheTableAndNoOthers) {
    const FilterRow rows[] = {
        {"StudyInstanceUID", "1.2", "xxx..."},
        {"PatientName", "A", "xxx..."},
        {"PatientID", "A", "xxx..."},
        {"PatientBirthDate", "20200101", "xxx..."},
        {"AccessionNumber", "A", "xxx..."},
        {"ReferringPhysicianName", "A", "xxx..."},
        {"StudyDate", "20200101", "xxx..."},
        {"StudyDescription", "A", "xxx..."},
        {"ModalitiesInStudy", "A", "xxx..."},
        {"SeriesInstanceUID", "1.2", ".xxxx."},
        {"Modality", "A", ".xxxx."},
        {"PerformedProcedureStepStartDate", "20200101", ".xxxx."},
        {"ManufacturerModelName", "A", ".xxxx."},
        {"SOPInstanceUID", "1.2", "..x.xx"},
        {"StudyTime", "10", "......"},
        {"PatientSex", "M", "......"},
        {"SeriesNumber", "1", "......"},
        {"Rows", "1", "......"},
        {"TimezoneOffsetFromUTC", "+0100", "......"},
        {"nosuch", "1", "......"},
        {"00090001", "1", "......"},
        {"studydate", "20200101", "......"},
        {"RequestAttributesSequence.RequestedProcedureID", "1", "......"},
        {"emptyvaluematching", "true", "......"},
    };
    for (bool broad : {false, true}) {
        for (const FilterRow& row : rows) {
            for (std::size_t q = 0; q < kResources.size(); ++q) {
                const Parsed parsed =
                    parse(compatible(broad), std::string(row.keyword) + "=" + row.value, kResources[q]);
                EXPECT_EQ(parsed.request.ok(), row.allowed[q] == 'x') << row.keyword << " Q" << q + 1;
                if (!parsed.request.ok()) {
                    EXPECT_EQ(parsed.request.error().code, ErrorCode::invalid_request);
                    EXPECT_EQ(parsed.parameter, row.keyword);
                }
            }
        }
    }
}

TEST(CompatibilityQuery, RefusesWhatTheTableOfParametersRefuses) {
    for (const char* query : {"limit=0",
                              "limit=201",
                              "limit=-1",
                              "limit=",
                              "limit=abc",
                              "limit=1.5",
                              "limit=99999999999999999999",
                              "offset=-1",
                              "offset=",
                              "offset=9223372036854775808",
                              "offset=abc",
                              "fuzzymatching=1",
                              "fuzzymatching=yes",
                              "fuzzymatching=",
                              "includefield=all,PatientID",
                              "includefield=all&includefield=StudyID",
                              "includefield=",
                              "includefield=PatientID,",
                              "includefield=nosuch",
                              "includefield=patientid",
                              "includefield=0008FFFE",
                              "includefield=RequestAttributesSequence.RequestedProcedureID",
                              "StudyDate=2020",
                              "StudyDate=20200230",
                              "StudyDate=-",
                              "StudyDate=20200102-20200101",
                              "StudyDate=20200101-x",
                              "StudyDate=20200101-20200102-20200103",
                              "StudyDate=2020-01-01",
                              "PatientID=1&PatientID=2",
                              "PatientID=1&00100020=2",
                              "PatientID=%zz",
                              "PatientID=%ff",
                              "PatientName=a\"b&fuzzymatching=true",
                              "PatientID=a%3Cb",
                              "PatientID=a<b"}) {
        const Parsed parsed = parse(compatible(false), query);
        EXPECT_FALSE(parsed.request.ok()) << query;
    }
}

TEST(CompatibilityQuery, ParameterNamesAreCaseInsensitiveAndTheFirstWins) {
    const Parsed parsed =
        parse(compatible(false), "LIMIT=7&Offset=3&limit=9&FuzzyMatching=TRUE&IncludeField=StudyID");
    ASSERT_TRUE(parsed.request.ok());
    EXPECT_EQ(parsed.request->query.limit, 7U);
    EXPECT_EQ(parsed.request->query.offset, 3U);
    EXPECT_TRUE(parsed.request->return_set.has(tags::StudyID));
}

TEST(CompatibilityQuery, LimitTextBeginsWithACapital) {
    EXPECT_THAT(parse(compatible(false), "limit=201").request.error().message, HasSubstr("Limit"));
    EXPECT_THAT(parse(compatible(false), "offset=x").request.error().message, HasSubstr("Offset"));
}

TEST(CompatibilityQuery, TheRequestOfACommonViewerSucceeds) {
    const Parsed parsed = parse(
        compatible(false), "limit=25&offset=0&includefield=00081030%2C00080060&StudyDate=19521125-20210507");
    ASSERT_TRUE(parsed.request.ok());
    EXPECT_TRUE(parsed.request->return_set.has(tags::Modality));
    const auto& range = std::get<dicom::MatchRange>(only_match(parsed));
    EXPECT_EQ(range.from, "19521125");
    EXPECT_EQ(range.to, "20210507");
}

TEST(CompatibilityQuery, TextIsFoldedAndPaddingIgnored) {
    const Parsed parsed = parse(compatible(false), "PatientID=%20AbC%20%00");
    const auto& text = std::get<dicom::MatchText>(only_match(parsed));
    EXPECT_THAT(text.any_of, ElementsAre("abc"));
    EXPECT_FALSE(text.case_sensitive);
}

TEST(CompatibilityQuery, NamesMatchWholeAndFuzzyNamesByAdjacentWords) {
    const Parsed whole = parse(compatible(false), "PatientName=Hall%5Ex%5ET%C3%A1");
    const auto& name = std::get<dicom::MatchName>(only_match(whole));
    EXPECT_TRUE(name.whole_value);
    EXPECT_THAT(name.any_of, ElementsAre("hall^x^ta"));
    const Parsed fuzzy = parse(compatible(false), "PatientName=Jo%20Do&fuzzymatching=true");
    const auto& words = std::get<dicom::MatchNameWords>(only_match(fuzzy));
    EXPECT_TRUE(words.adjacent_in_order);
    EXPECT_THAT(words.words, ElementsAre("jo", "do"));
}

TEST(CompatibilityQuery, CommasAreLiteralButUidsMayBeAList) {
    EXPECT_THAT(
        std::get<dicom::MatchText>(only_match(parse(compatible(false), "ModalitiesInStudy=CT,MR"))).any_of,
        ElementsAre("ct,mr"));
    EXPECT_THAT(
        std::get<dicom::MatchUid>(only_match(parse(compatible(false), "StudyInstanceUID=1.2,1.3%5C1.4")))
            .any_of,
        ElementsAre("1.2", "1.3", "1.4"));
}

TEST(CompatibilityQuery, WildcardsHaveNoCaseEither) {
    const dicom::Match match = only_match(parse(compatible(false), "PatientID=A*"));
    const auto& wildcard = std::get<dicom::MatchWildcard>(match);
    EXPECT_THAT(wildcard.any_of, ElementsAre("a*"));
    EXPECT_FALSE(wildcard.case_sensitive);
    EXPECT_TRUE(std::get<dicom::MatchWildcard>(only_match(parse(standard(), "PatientID=A*"))).case_sensitive);
    // One letter that folds to eighteen: too long is what is compared.
    std::string longer = "PatientID=*";
    for (int i = 0; i < 60; ++i)
        longer += "%EF%B7%BA";
    EXPECT_FALSE(parse(compatible(false), longer).request.ok());
}

TEST(CompatibilityQuery, AcceptAndCharsetAreNoParameters) {
    for (const char* query : {"accept=foo/bar", "charset=utf-8", "Accept=application%2Fdicom%2Bjson"})
        EXPECT_EQ(parse(compatible(false), query).request.error().code, ErrorCode::invalid_request) << query;
}

TEST(CompatibilityQuery, EmptyFilterIsUniversalAndReturned) {
    const Parsed parsed = parse(compatible(false), "ModalitiesInStudy=");
    ASSERT_TRUE(parsed.request.ok());
    EXPECT_TRUE(parsed.request->query.matchers.empty());
    EXPECT_TRUE(parsed.request->return_set.has(tags::ModalitiesInStudy));
}

// --- standard-face.md 5.1

TEST(StandardQuery, RefusesBadParameters) {
    for (const char* query : {"limit=",
                              "limit=-1",
                              "limit=x",
                              "limit=1&limit=2",
                              "offset=-1",
                              "offset=x",
                              "fuzzymatching=TRUE",
                              "fuzzymatching=",
                              "emptyvaluematching=1",
                              "multiplevaluematching=x",
                              "includefield=a-b",
                              "includefield=0008",
                              "Patient-ID=1",
                              "0008=1",
                              ".=1",
                              "PatientID=1&00100020=2",
                              "PatientID=1&PatientID=2",
                              "PatientID=%ff",
                              "PatientID=%1",
                              "00231001=x",
                              "PatientID.StudyID=1",
                              "RequestAttributesSequence=x",
                              "StudyInstanceUID=1.2,abc",
                              "StudyDate=2020",
                              "StudyDate=20200230",
                              "StudyDate=-",
                              "StudyDate=20200102-20200101",
                              "StudyDate=2020*",
                              "StudyTime=25",
                              "StudyTime=1",
                              "StudyTime=10-09",
                              "StudyTime=10,25",
                              "StudyTime=10,11-12",
                              "StudyTime=-",
                              "StudyTime=100000.",
                              "StudyTime=100000.1234567",
                              "NumberOfStudyRelatedInstances=abc",
                              "NumberOfStudyRelatedInstances=1-2",
                              "NumberOfStudyRelatedInstances=1*",
                              "TimezoneOffsetFromUTC=0100",
                              "TimezoneOffsetFromUTC=%2B1500",
                              "TimezoneOffsetFromUTC=-0000"}) {
        EXPECT_FALSE(parse(standard(), query).request.ok()) << query;
    }
}

TEST(StandardQuery, RefusesAttributesBelowTheTargetOnly) {
    const FilterRow rows[] = {
        {"StudyDate", "20200101", "xxxxxx"},
        {"PatientID", "1", "xxxxxx"},
        {"ModalitiesInStudy", "CT", "xxxxxx"},
        {"Modality", "CT", ".xxxxx"},
        {"SeriesNumber", "1", ".xxxxx"},
        {"RequestAttributesSequence.RequestedProcedureID", "1", ".xxxxx"},
        {"SOPInstanceUID", "1.2", "..x.xx"},
        {"InstanceNumber", "7", "..x.xx"},
    };
    for (const FilterRow& row : rows) {
        for (std::size_t q = 0; q < kResources.size(); ++q) {
            const Parsed parsed =
                parse(standard(), std::string(row.keyword) + "=" + row.value, kResources[q]);
            EXPECT_EQ(parsed.request.ok(), row.allowed[q] == 'x') << row.keyword << " Q" << q + 1;
        }
    }
}

TEST(StandardQuery, IgnoresUnsupportedAttributesWithAWarning) {
    for (const char* query : {"NoSuchKeyword=1", "Rows=512", "00230010=ACME",
                              "ReferencedStudySequence.ReferencedSOPInstanceUID=1.2", "LIMIT=3"}) {
        const Parsed parsed = parse(standard(), query);
        ASSERT_TRUE(parsed.request.ok()) << query;
        EXPECT_TRUE(parsed.request->query.matchers.empty());
        ASSERT_FALSE(parsed.request->warnings.empty()) << query;
        EXPECT_THAT(parsed.request->warnings.front(), HasSubstr(" is not supported and was ignored"));
    }
}

TEST(StandardQuery, CutsTheLimitAndAllowsZero) {
    EXPECT_EQ(parse(standard(), "limit=5000").request->query.limit, 1000U);
    EXPECT_EQ(parse(standard(), "limit=99999999999999999999999").request->query.limit, 1000U);
    EXPECT_EQ(parse(standard(), "limit=0").request->query.limit, 0U);
    EXPECT_EQ(parse(standard(), "").request->query.limit, 1000U);
    EXPECT_EQ(parse(standard(), "offset=12").request->query.offset, 12U);
}

TEST(StandardQuery, IncludeFieldSkipsWhatDoesNotFit) {
    const Parsed studies =
        parse(standard(), "includefield=NoSuch,SeriesNumber,00081030&includefield=&accept=x/y&charset=utf-8");
    ASSERT_TRUE(studies.request.ok());
    EXPECT_FALSE(studies.request->return_set.has(tags::SeriesNumber));
    EXPECT_TRUE(studies.request->return_set.has(tags::StudyDescription));
    EXPECT_FALSE(studies.request->query.want_document);
    EXPECT_TRUE(parse(standard(), "includefield=Rows", SearchResource::all_instances)
                    .request->return_set.has(tags::Rows));
    EXPECT_TRUE(parse(standard(), "includefield=all,StudyID").request->query.want_document);
}

// --- standard-face.md 5.4

TEST(StandardQuery, UniversalMatching) {
    for (const char* query :
         {"PatientID=", "PatientID", "PatientID=*", "PatientName=**", "StudyInstanceUID=*", "StudyDate="}) {
        const Parsed parsed = parse(standard(), query);
        ASSERT_TRUE(parsed.request.ok()) << query;
        EXPECT_TRUE(parsed.request->query.matchers.empty()) << query;
    }
    EXPECT_TRUE(parse(standard(), "StudyDescription=").request->return_set.has(tags::StudyDescription));
}

TEST(StandardQuery, TextIsExactAndListsMeanAnyOfThem) {
    const Parsed one = parse(standard(), "PatientID=%20AbC%20");
    EXPECT_THAT(std::get<dicom::MatchText>(only_match(one)).any_of, ElementsAre("AbC"));
    EXPECT_TRUE(std::get<dicom::MatchText>(only_match(one)).case_sensitive);
    for (const char* query :
         {"ModalitiesInStudy=CT,MR", "ModalitiesInStudy=CT%2CMR", "ModalitiesInStudy=CT%5CMR"})
        EXPECT_THAT(std::get<dicom::MatchText>(only_match(parse(standard(), query))).any_of,
                    ElementsAre("CT", "MR"));
    EXPECT_THAT(
        std::get<dicom::MatchText>(only_match(parse(standard(), "StudyDate=20200101,20200102"))).any_of,
        ElementsAre("20200101", "20200102"));
}

TEST(StandardQuery, WildcardsWhereTheVrKnowsThem) {
    EXPECT_THAT(std::get<dicom::MatchWildcard>(only_match(parse(standard(), "AccessionNumber=A?1*"))).any_of,
                ElementsAre("A?1*"));
    EXPECT_THAT(std::get<dicom::MatchName>(only_match(parse(standard(), "PatientName=*D%C3%B6E*"))).any_of,
                ElementsAre("*doe*"));
    EXPECT_FALSE(parse(standard(), "PatientBirthDate=2020*").request.ok());
}

TEST(StandardQuery, FuzzyNamesKeepWildcardsInsideWords) {
    const Parsed parsed = parse(standard(), "PatientName=Jo*n%5EDoe,X&fuzzymatching=true");
    const auto& words = std::get<dicom::MatchNameWords>(only_match(parsed));
    EXPECT_FALSE(words.adjacent_in_order);
    EXPECT_THAT(words.words, ElementsAre("jo*n", "doe", "x"));
    EXPECT_TRUE(parse(standard(), "PatientName=*&fuzzymatching=true").request->query.matchers.empty());
}

TEST(StandardQuery, EmptyValueMatchingNeedsItsParameter) {
    EXPECT_TRUE(std::holds_alternative<dicom::MatchEmpty>(
        only_match(parse(standard(), "emptyvaluematching=true&PatientID=%22%22"))));
    EXPECT_TRUE(std::holds_alternative<dicom::MatchEmpty>(
        only_match(parse(standard(), "PatientID=%22%22&emptyvaluematching=true"))));
    EXPECT_THAT(std::get<dicom::MatchText>(only_match(parse(standard(), "PatientID=%22%22"))).any_of,
                ElementsAre("\"\""));
}

TEST(StandardQuery, MultipleValueMatchingAsksForAllOfSeveralValues) {
    const Parsed all = parse(standard(), "ModalitiesInStudy=CT,MR&multiplevaluematching=true");
    ASSERT_TRUE(all.request.ok());
    EXPECT_EQ(all.request->query.matchers.size(), 2U);
    const Parsed any = parse(standard(), "PatientID=1,2&multiplevaluematching=true");
    EXPECT_THAT(std::get<dicom::MatchText>(only_match(any)).any_of, ElementsAre("1", "2"));
    const Parsed pattern = parse(standard(), "ModalitiesInStudy=C*,MR&multiplevaluematching=true");
    EXPECT_EQ(pattern.request->query.matchers.size(), 1U);
}

TEST(StandardQuery, NumbersMatchByValue) {
    for (const char* value : {"7", "007", "%2B7", "7.0"}) {
        const Parsed parsed =
            parse(standard(), std::string("InstanceNumber=") + value, SearchResource::all_instances);
        ASSERT_TRUE(parsed.request.ok()) << value;
        EXPECT_THAT(std::get<dicom::MatchNumber>(only_match(parsed)).any_of, ElementsAre(7.0)) << value;
    }
}

struct RangeRow {
    const char* query;
    const char* from;
    const char* to;
};

TEST(StandardQuery, ListsOfDatesAndTimes) {
    const auto list_of = [](const char* query) {
        const Parsed parsed = parse(standard(), query);
        return std::get<dicom::MatchText>(only_match(parsed)).any_of;
    };
    EXPECT_THAT(list_of("StudyTime=10,1130%5C120000.5"),
                testing::ElementsAre("100000.000000", "113000.000000", "120000.500000"));
    EXPECT_THAT(list_of("StudyDate=20240101,20240103"), testing::ElementsAre("20240101", "20240103"));
}

TEST(StandardQuery, DateAndTimeRanges) {
    const RangeRow rows[] = {
        {"StudyDate=20240101", "20240101", "20240101"},
        {"StudyDate=20240101-20240131", "20240101", "20240131"},
        {"StudyDate=20240101-", "20240101", ""},
        {"StudyDate=-20240101", "", "20240101"},
        {"StudyTime=2230", "223000.000000", "223000.000000"},
        {"StudyTime=223000", "223000.000000", "223000.000000"},
        {"StudyTime=1159-1200", "115900.000000", "120059.999999"},
        {"StudyTime=10-", "100000.000000", ""},
        {"StudyTime=-10", "", "105959.999999"},
        {"StudyTime=101112.5-101112.55", "101112.500000", "101112.559999"},
    };
    for (const RangeRow& row : rows) {
        const Parsed parsed = parse(standard(), row.query);
        ASSERT_TRUE(parsed.request.ok()) << row.query;
        const auto& range = std::get<dicom::MatchRange>(only_match(parsed));
        EXPECT_EQ(range.from, row.from) << row.query;
        EXPECT_EQ(range.to, row.to) << row.query;
    }
}

TEST(StandardQuery, PatternsThatTheIndexCannotCompareAreRefused) {
    std::string stars;
    for (int i = 0; i < 1000; ++i)
        stars += "*a";
    for (const char* name : {"PatientName", "PatientID", "StudyDescription"}) {
        for (const std::string& value :
             {stars + "b", "x," + stars, "*" + std::string(400, '['), std::string(1000, 'x') + "?"}) {
            const Parsed parsed = parse(standard(), std::string(name) + "=" + value);
            ASSERT_FALSE(parsed.request.ok()) << value;
            EXPECT_EQ(parsed.request.error().code, ErrorCode::invalid_request);
            EXPECT_EQ(parsed.parameter, name);
        }
        EXPECT_TRUE(parse(standard(), std::string(name) + "=" + std::string(999, 'x') + "*").request.ok());
        EXPECT_TRUE(parse(standard(), std::string(name) + "=" + std::string(2000, 'x')).request.ok());
    }
    EXPECT_FALSE(parse(standard(), "fuzzymatching=true&PatientName=" + stars).request.ok());
    EXPECT_FALSE(parse(compatible(true), "PatientID=" + stars).request.ok());
}

std::string list_of(int values, const std::string& end) {
    std::string list;
    for (int i = 0; i < values; ++i)
        list += (i > 0 ? ",V" : "V") + std::to_string(i) + end;
    return list;
}

TEST(StandardQuery, AListHasFewValuesWithWildcards) {
    for (const std::string name :
         {"PatientName", "PatientID", "StudyDescription", "00230010=ACME&00231001"}) {
        for (const char* end : {"*", "?x"}) {
            const Parsed parsed = parse(standard(), name + "=" + list_of(257, end));
            ASSERT_FALSE(parsed.request.ok()) << name;
            EXPECT_EQ(parsed.request.error().code, ErrorCode::invalid_request);
            EXPECT_EQ(parsed.parameter, name.substr(name.find('&') + 1));
        }
        EXPECT_TRUE(parse(standard(), name + "=" + list_of(256, "*")).request.ok()) << name;
        EXPECT_TRUE(parse(standard(), name + "=" + list_of(4096, "")).request.ok()) << name;
        EXPECT_TRUE(parse(standard(), name + "=" + list_of(3840, "") + "," + list_of(256, "*")).request.ok());
    }
}

TEST(StandardQuery, PrivateAttributesAreCheckedByCreator) {
    for (const SearchResource resource :
         {SearchResource::studies, SearchResource::all_series, SearchResource::all_instances}) {
        const Parsed parsed = parse(standard(), "00231001=v*&00230010=ACME", resource);
        ASSERT_TRUE(parsed.request.ok());
        EXPECT_TRUE(parsed.request->query.matchers.empty());
        EXPECT_TRUE(parsed.request->warnings.empty());
        ASSERT_EQ(parsed.request->checks.size(), 1U);
        const auto& wanted = std::get<PrivateValue>(parsed.request->checks.front());
        EXPECT_EQ(wanted.attribute.creator, "ACME");
        ASSERT_EQ(wanted.readings.size(), 3U) << "as LO, LT and PN";
        EXPECT_TRUE(std::holds_alternative<dicom::MatchWildcard>(wanted.readings.front().conditions.front()));
    }
    EXPECT_FALSE(parse(standard(), "00231001=v1", SearchResource::all_instances).request.ok());
}

TEST(StandardQuery, MembersOfASequenceKeepTheirSequence) {
    const Parsed parsed =
        parse(standard(), "RequestAttributesSequence.RequestedProcedureID=A&00400275.00400009=B",
              SearchResource::all_series);
    ASSERT_TRUE(parsed.request.ok());
    ASSERT_EQ(parsed.request->query.matchers.size(), 2U);
    for (const auto& matcher : parsed.request->query.matchers)
        EXPECT_EQ(matcher.sequence, std::optional<Tag>(tags::RequestAttributesSequence));
    EXPECT_FALSE(parsed.request->query.want_document);
}

TEST(StandardQuery, PathUidsAreConditionsAndReturned) {
    const Parsed parsed = parse(standard(), "", SearchResource::series_instances);
    ASSERT_EQ(parsed.request->query.matchers.size(), 2U);
    EXPECT_EQ(parsed.request->query.level, Level::instance);
    EXPECT_EQ(parsed.request->query.order, dicom::Query::Order::by_number);
    EXPECT_EQ(parse(standard(), "").request->query.order, dicom::Query::Order::newest_first);
}

TEST(StandardQuery, StrictFacesRefuseWhatOthersIgnore) {
    Profile strict = standard();
    strict.ignore_unknown_query = false;
    for (const char* query : {"Rows=1", "nosuch=1"}) {
        EXPECT_TRUE(parse(standard(), query).request.ok()) << query;
        const Parsed parsed = parse(strict, query);
        ASSERT_FALSE(parsed.request.ok()) << query;
        EXPECT_EQ(parsed.request.error().code, ErrorCode::invalid_request);
        EXPECT_FALSE(parsed.parameter.empty()) << query;
    }
    EXPECT_TRUE(parse(strict, "PatientID=1&limit=5&includefield=Rows&accept=*/*").request.ok());
}

TEST(StandardQuery, UnknownValuesMatchWhenAsked) {
    Profile face = standard();
    face.unknown_matches = true;
    const Parsed parsed = parse(face, "PatientID=A&SeriesInstanceUID=1.2", SearchResource::study_series);
    ASSERT_TRUE(parsed.request.ok());
    EXPECT_TRUE(parsed.request->unknown_matches);
    for (const dicom::Matcher& matcher : parsed.request->query.matchers)
        EXPECT_EQ(matcher.or_unknown, matcher.tag == tags::PatientID) << dicom::to_hex8(matcher.tag);
    const Parsed unasked = parse(standard(), "PatientID=A");
    for (const dicom::Matcher& matcher : unasked.request->query.matchers)
        EXPECT_FALSE(matcher.or_unknown);
}

}  // namespace
}  // namespace isocenter::api
