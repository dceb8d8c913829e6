#pragma once

// Searches that every index database must answer alike; see contract_test.h.

#include "index/fixture_for_contract_test.h"

namespace isocenter::index {

TEST_P(IndexContract, SearchPagesNewestFirst) {
    for (int i = 1; i <= 5; ++i)
        add(key_of(std::to_string(i), "1." + std::to_string(i), "7"));
    dicom::Query query;
    query.limit = 2;
    EXPECT_THAT(uids(query), ElementsAre("5", "4"));
    EXPECT_TRUE(summary_.more);
    EXPECT_EQ(summary_.total, 5U);
    query.offset = 4;
    EXPECT_THAT(uids(query), ElementsAre("1"));
    EXPECT_FALSE(summary_.more);
    EXPECT_FALSE(summary_.total.has_value());
    query.want_total = true;
    query.offset = 50;
    EXPECT_THAT(uids(query), IsEmpty());
    EXPECT_EQ(summary_.total, 5U);
    query.offset = 0;
    query.limit = 0;
    EXPECT_THAT(uids(query), IsEmpty());
    EXPECT_TRUE(summary_.more);
    // A study keeps its place when instances are added.
    add(key_of("1", "1.1", "8"));
    query = {};
    query.limit = 1;
    EXPECT_THAT(uids(query), ElementsAre("5"));
    EXPECT_THAT(uids(query_of(dicom::Level::instance, {})), ElementsAre("8", "7", "7", "7", "7", "7"));
    EXPECT_THAT(uids(query_of(dicom::Level::series, {})), ElementsAre("1.5", "1.4", "1.3", "1.2", "1.1"));
}

TEST_P(IndexContract, SearchEndsWithTheSinksError) {
    add(key_of("1", "2", "3"));
    add(key_of("4", "5", "6"));
    int calls = 0;
    const auto summary = index().search({}, [&](SearchRow&&) -> Status {
        ++calls;
        return fail(ErrorCode::cancelled, "enough");
    });
    EXPECT_EQ(summary.error().code, ErrorCode::cancelled);
    EXPECT_EQ(calls, 1);
}

TEST_P(IndexContract, SearchByText) {
    add(key_of("1", "2", "3"), {{tags::PatientID, "Ab[1]"}, {tags::StudyDescription, "CT Thorax"}});
    add(key_of("4", "5", "6"), {{tags::PatientID, "ab[1]"}});
    add(key_of("7", "8", "9"), {{tags::PatientID, "Müller*"}});
    EXPECT_THAT(uids(studies_with(tags::PatientID, text_of({"Ab[1]"}))), ElementsAre("1"));
    EXPECT_THAT(uids(studies_with(tags::PatientID, text_of({"AB[1]"}, false))), ElementsAre("4", "1"));
    EXPECT_THAT(uids(studies_with(tags::PatientID, text_of({"Ab[1]", "Müller*", "x"}))),
                ElementsAre("7", "1"));
    EXPECT_THAT(uids(studies_with(tags::PatientID, text_of({"muller*"}, false))), IsEmpty())
        << "accents count";
    EXPECT_THAT(uids(studies_with(tags::PatientID, text_of({"MÜLLER*"}, false))), ElementsAre("7"));
    EXPECT_THAT(uids(studies_with(tags::StudyDescription, text_of({"ct thorax"}, false))), ElementsAre("1"));
    EXPECT_THAT(uids(studies_with(tags::StudyDescription, text_of({"ct thorax"}))), IsEmpty());
    EXPECT_THAT(uids(studies_with(tags::PatientID, text_of({}))), IsEmpty());
    EXPECT_THAT(uids(studies_with(tags::PatientID, text_of({"x' OR 1 --", "\"]"}))), IsEmpty());
    EXPECT_THAT(uids(studies_with(tags::StudyDescription, dicom::MatchEmpty{})), ElementsAre("7", "4"));
}

TEST_P(IndexContract, SearchByLongLists) {
    add(key_of("1", "2", "3"), {{tags::PatientID, "P[255]"}, {tags::PatientName, "N255"}});
    add(key_of("4", "5", "6"), {{tags::PatientID, "P255x"}, {tags::PatientName, "A=B=N5"}});
    std::vector<std::string> ids;
    std::vector<std::string> names;
    std::vector<std::string> patterns;
    std::vector<std::string> groups;
    for (int i = 0; i < 4096; ++i)
        names.push_back("n" + std::to_string(i));
    // Of values with wildcards the faces take no more.
    for (int i = 0; i < 256; ++i) {
        const std::string number = std::to_string(i);
        ids.push_back("P[" + number + "]*");
        patterns.push_back("n" + number + "^*");
        groups.push_back("a*=b*=n" + number);
    }
    const auto by_name = [&](std::vector<std::string> any_of) {
        return studies_with(tags::PatientName, dicom::MatchName{std::move(any_of), false});
    };
    EXPECT_THAT(uids(studies_with(tags::PatientID, dicom::MatchWildcard{ids})), ElementsAre("1"));
    EXPECT_THAT(uids(studies_with(tags::PatientID, text_of(ids))), IsEmpty());
    EXPECT_THAT(uids(by_name(names)), ElementsAre("4", "1"));
    EXPECT_THAT(uids(by_name(patterns)), ElementsAre("4", "1"));
    const auto all = index().search(by_name(groups), [](SearchRow&&) { return Status{}; });
    EXPECT_EQ(all.error().code, ErrorCode::too_large);
    groups.resize(50);
    EXPECT_THAT(uids(by_name(groups)), ElementsAre("4"));
    patterns.resize(100);
    patterns.insert(patterns.end(), groups.begin(), groups.end());
    EXPECT_THAT(uids(by_name(patterns)), ElementsAre("4"));
}

TEST_P(IndexContract, SearchByLongPatterns) {
    add(key_of("1", "2", "3"), {{tags::PatientName, "Doe^Jane"}});
    std::string pieces;
    std::string stars;
    for (int i = 0; i < 249; ++i)
        pieces += "*abc";
    for (int i = 0; i < 499; ++i)
        stars += "*a";
    for (const std::string& pattern : {pieces, pieces + "*", stars, stars + "^*", std::string(1000, '?')})
        EXPECT_THAT(uids(studies_with(tags::PatientName, name_of(pattern))), IsEmpty());
}

TEST_P(IndexContract, SearchByName) {
    add(key_of("1", "2", "3"), {{tags::PatientName, "Müller^Jörg^^^"}});
    add(key_of("4", "5", "6"), {{tags::PatientName, "Yamada^Tarou=山田^太郎=やまだ^たろう"}});
    add(key_of("7", "8", "9"), {{tags::ReferringPhysicianName, "Muller^Jorg"}});
    const auto ids = [&](const std::string& pattern) {
        return uids(studies_with(tags::PatientName, name_of(pattern)));
    };
    EXPECT_THAT(ids("MULLER^JORG"), ElementsAre("1"));
    EXPECT_THAT(ids("Muller^Jorg^"), ElementsAre("1"));
    EXPECT_THAT(ids("Muller"), IsEmpty());
    EXPECT_THAT(ids("Mul*"), ElementsAre("1"));
    EXPECT_THAT(ids("*jör*"), ElementsAre("1"));
    EXPECT_THAT(ids("*rg"), ElementsAre("1"));
    EXPECT_THAT(ids("*uller*jor*"), ElementsAre("1"));
    EXPECT_THAT(ids("*ullerjor*"), IsEmpty());
    EXPECT_THAT(ids("muller^j?rg^*"), ElementsAre("1"));
    EXPECT_THAT(ids("山田*"), ElementsAre("4"));
    EXPECT_THAT(ids("*太郎"), ElementsAre("4"));
    EXPECT_THAT(ids("yamada^tarou=山田*"), ElementsAre("4"));
    EXPECT_THAT(ids("=山田^太郎"), ElementsAre("4"));
    EXPECT_THAT(ids("yamada*=muller*"), IsEmpty());
    EXPECT_THAT(ids("Y*太郎"), IsEmpty()) << "a pattern stays within a group";
    EXPECT_THAT(ids("muller*=*"), ElementsAre("1")) << "'*' is nothing as well: a group that is absent";
    EXPECT_THAT(ids("*=x*"), IsEmpty());
    EXPECT_THAT(ids("*\"*"), IsEmpty());
    EXPECT_THAT(ids("*a\"b*"), IsEmpty());
    EXPECT_THAT(uids(studies_with(tags::ReferringPhysicianName, name_of("*ller*"))), ElementsAre("7"));
    EXPECT_THAT(uids(studies_with(tags::PatientName, dicom::MatchName{{"mul*", "yama*"}, false})),
                ElementsAre("4", "1"));
    EXPECT_THAT(uids(studies_with(tags::PatientName, name_of("muller^jorg^^^", true))), ElementsAre("1"));
    EXPECT_THAT(uids(studies_with(tags::PatientName, name_of("muller^jorg", true))), IsEmpty())
        << "'^' counts";
    EXPECT_THAT(uids(studies_with(tags::PatientName, name_of("mul*", true))), IsEmpty());
    EXPECT_THAT(uids(studies_with(tags::PatientName, dicom::MatchEmpty{})), ElementsAre("7"));
}

TEST_P(IndexContract, SearchByNameFollowsChangesAndRemovals) {
    add(key_of("1", "2", "3"), {{tags::PatientName, "Adams^Ann"}});
    add(key_of("1", "2", "4"), {{tags::PatientName, "Baker^Ann"}});
    EXPECT_THAT(uids(studies_with(tags::PatientName, name_of("*dams*"))), IsEmpty());
    EXPECT_THAT(uids(studies_with(tags::PatientName, name_of("*aker*"))), ElementsAre("1"));
    ASSERT_TRUE(index().remove(key_of("1")).ok());
    EXPECT_THAT(uids(studies_with(tags::PatientName, name_of("*aker*"))), IsEmpty());
    add(key_of("1", "2", "4"), {{tags::PatientName, "Clark^Ann"}});
    EXPECT_THAT(uids(studies_with(tags::PatientName, name_of("*lark*"))), ElementsAre("1"));
}

TEST_P(IndexContract, SearchByNameWords) {
    add(key_of("1", "2", "3"), {{tags::PatientName, "Doe^John Stone-Hall"}});
    add(key_of("4", "5", "6"), {{tags::PatientName, "John^Doe=John^Johnson"}});
    const auto ids = [&](std::vector<std::string> words, bool adjacent) {
        return uids(studies_with(tags::PatientName, dicom::MatchNameWords{std::move(words), adjacent}));
    };
    EXPECT_THAT(ids({"joh"}, true), ElementsAre("4", "1"));
    EXPECT_THAT(ids({"ohn"}, true), IsEmpty());
    EXPECT_THAT(ids({"jo", "do"}, true), ElementsAre("4"));
    EXPECT_THAT(ids({"do", "jo"}, true), ElementsAre("4", "1")) << "across '=' too";
    EXPECT_THAT(ids({"doe", "stone"}, true), IsEmpty());
    EXPECT_THAT(ids({"Stone", "HA"}, true), ElementsAre("1"));
    EXPECT_THAT(ids({"doe", "stone"}, false), ElementsAre("1"));
    EXPECT_THAT(ids({"ha", "st", "jo", "d"}, false), ElementsAre("1"));
    EXPECT_THAT(ids({"jo", "john"}, false), ElementsAre("4")) << "each its own stored word";
    EXPECT_THAT(ids({"doe", "johnson"}, false), IsEmpty()) << "within one group";
    EXPECT_THAT(ids({"d*e", "j?hn"}, false), ElementsAre("4", "1"));
    EXPECT_THAT(ids({"j*n", "jo"}, false), ElementsAre("4")) << "with wildcards, too";
    EXPECT_THAT(ids({"j*n", "j*n", "j*n"}, false), IsEmpty());
    EXPECT_THAT(ids({"d*", "?oe", "s*e"}, false), IsEmpty()) << "two words for one stored one";
    EXPECT_THAT(ids({"h*", "?o*", "s*e"}, false), ElementsAre("1"));
    EXPECT_THAT(ids({}, false), IsEmpty());
    EXPECT_THAT(ids(std::vector<std::string>(100, "a"), true), IsEmpty());
}

TEST_P(IndexContract, OfSeveralValuesTheFirstIsCompared) {
    add(key_of("1", "2", "3"), {{tags::StudyDescription, "one\\two"}, {tags::PatientName, "Doe\\Roe"}});
    const auto ids = [&](dicom::Match match) { return uids(studies_with(tags::StudyDescription, match)); };
    EXPECT_THAT(ids(dicom::MatchText{{"one"}}), ElementsAre("1"));
    EXPECT_THAT(ids(dicom::MatchText{{"ONE"}, false}), ElementsAre("1"));
    EXPECT_THAT(ids(dicom::MatchText{{"two", "one\\two"}}), IsEmpty());
    EXPECT_THAT(ids(dicom::MatchWildcard{{"*two"}}), IsEmpty());
    EXPECT_THAT(uids(studies_with(tags::PatientName, name_of("doe"))), ElementsAre("1"));
}

TEST_P(IndexContract, SearchByDatesAndTimes) {
    add(key_of("1", "2", "3"), {{tags::StudyDate, "20240101"}, {tags::StudyTime, "1000"}});
    add(key_of("4", "5", "6"), {{tags::StudyDate, "20240102"}, {tags::StudyTime, "235959.5"}});
    add(key_of("7", "8", "9"), {{tags::StudyDate, "20240103"}});
    add(key_of("0", "8", "9"));
    const auto dates = [&](std::string from, std::string to) {
        return uids(studies_with(tags::StudyDate, dicom::MatchRange{std::move(from), std::move(to)}));
    };
    EXPECT_THAT(dates("20240102", "20240102"), ElementsAre("4"));
    EXPECT_THAT(dates("20240102", ""), ElementsAre("7", "4"));
    EXPECT_THAT(dates("", "20240102"), ElementsAre("4", "1"));
    EXPECT_THAT(dates("20250101", "20260101"), IsEmpty());
    const auto times = [&](std::string from, std::string to) {
        return uids(studies_with(tags::StudyTime, dicom::MatchRange{std::move(from), std::move(to)}));
    };
    EXPECT_THAT(times("100000.000000", "100000.000000"), ElementsAre("1"));
    EXPECT_THAT(times("100000.000001", ""), ElementsAre("4"));
    const auto moments = [&](std::string from, std::string to) {
        return uids(studies_with(tags::StudyDate,
                                 dicom::MatchMoment{tags::StudyTime, std::move(from), std::move(to)}));
    };
    EXPECT_THAT(moments("20240101100000.000000", "20240102235959.400000"), ElementsAre("1"));
    EXPECT_THAT(moments("20240101100000.000001", "20240109000000.000000"), ElementsAre("4"));
    EXPECT_THAT(moments("", "20240109000000.000000"), ElementsAre("4", "1"));
    EXPECT_THAT(uids(studies_with(tags::StudyDate, dicom::MatchEmpty{})), ElementsAre("0"));
    EXPECT_THAT(uids(studies_with(tags::StudyDate, text_of({"20240101"}))), ElementsAre("1"));
    EXPECT_THAT(uids(studies_with(tags::StudyDate, text_of({"20240103", "20240101", "20250101"}))),
                ElementsAre("7", "1"));
    EXPECT_THAT(uids(studies_with(tags::StudyTime, text_of({"100000.000000", "235959.500000"}))),
                ElementsAre("4", "1"))
        << "by meaning, not as they were written";
}

TEST_P(IndexContract, ValuesThatCannotBeComparedAreShownAndNeverFound) {
    const auto study_with = [&](const std::string& uid, const std::string& date, const std::string& time) {
        const AttributeValues values{
            {tags::StudyDate, date}, {tags::StudyTime, time}, {tags::SeriesNumber, "7th"}};
        add(key_of(uid, "1." + uid, "8"), values);
    };
    study_with("1", "2024.01.31", "10:10:10");
    study_with("2", "1950", "25");
    study_with("3", "20240231", "1:0101");
    const auto dates = dicom::MatchRange{"19000101", {}};
    EXPECT_THAT(uids(studies_with(tags::StudyDate, dates)), ElementsAre("1"));
    EXPECT_THAT(uids(studies_with(tags::StudyDate, text_of({"20240131"}))), ElementsAre("1"));
    EXPECT_THAT(uids(studies_with(tags::StudyTime, text_of({"101010.000000"}))), ElementsAre("1"));
    EXPECT_THAT(uids(studies_with(tags::StudyTime, dicom::MatchRange{"000000.000000", {}})),
                ElementsAre("1"));
    EXPECT_THAT(uids(studies_with(tags::StudyDate, dicom::MatchEmpty{})), IsEmpty());
    const auto numbers = dicom::Matcher{tags::SeriesNumber, std::nullopt, dicom::MatchNumber{{7}}};
    EXPECT_THAT(uids(query_of(dicom::Level::series, {numbers})), IsEmpty());
    // Rows keep the text, also when it has to be read again from what is left.
    add(key_of("2", "1.2", "9"), {{tags::StudyDate, "20200101"}});
    ASSERT_TRUE(index().remove(key_of("2", "1.2", "9")).ok());
    std::vector<AttributeValues::value_type> shown;
    for (const SearchRow& row : rows(query_of(dicom::Level::series, {}))) {
        shown.push_back(row.study.at(0));
        shown.push_back(row.study.at(1));
        shown.push_back(row.series.at(0));
    }
    using Value = AttributeValues::value_type;
    const Value number{tags::SeriesNumber, "7th"};
    EXPECT_THAT(
        shown, ElementsAre(Value{tags::StudyDate, "20240231"}, Value{tags::StudyTime, "1:0101"}, number,
                           Value{tags::StudyDate, "1950"}, Value{tags::StudyTime, "25"}, number,
                           Value{tags::StudyDate, "2024.01.31"}, Value{tags::StudyTime, "10:10:10"}, number));
}

TEST_P(IndexContract, SearchByNumbersAndCounts) {
    add(key_of("1", "2", "3"), {{tags::SeriesNumber, "007"}, {tags::InstanceNumber, "+5"}});
    add(key_of("1", "2", "4"), {{tags::InstanceNumber, "6"}});
    add(key_of("4", "5", "6"), {{tags::SeriesNumber, "70"}});
    const auto number = [](double value) { return dicom::MatchNumber{{value}}; };
    EXPECT_THAT(uids(query_of(dicom::Level::series, {{tags::SeriesNumber, {}, number(7)}})),
                ElementsAre("2"));
    EXPECT_THAT(uids(query_of(dicom::Level::instance, {{tags::InstanceNumber, {}, number(5)}})),
                ElementsAre("3"));
    EXPECT_THAT(
        uids(query_of(dicom::Level::instance, {{tags::InstanceNumber, {}, dicom::MatchNumber{{5, 6}}}})),
        ElementsAre("4", "3"));
    EXPECT_THAT(uids(studies_with(tags::NumberOfStudyRelatedInstances, number(2))), ElementsAre("1"));
    EXPECT_THAT(uids(studies_with(tags::NumberOfStudyRelatedSeries, number(1))), ElementsAre("4", "1"));
    EXPECT_THAT(uids(query_of(dicom::Level::series, {{tags::NumberOfSeriesRelatedInstances, {}, number(1)}})),
                ElementsAre("5"));
}

TEST_P(IndexContract, SearchByUids) {
    add(key_of("1", "2", "3"));
    add(key_of("1", "2", "30"));
    add(key_of("4", "5", "6"));
    const auto uid = [](std::vector<std::string> list) { return dicom::MatchUid{std::move(list)}; };
    EXPECT_THAT(uids(studies_with(tags::StudyInstanceUID, uid({"4", "1", "9"}))), ElementsAre("4", "1"));
    EXPECT_THAT(uids(query_of(dicom::Level::series, {{tags::StudyInstanceUID, {}, uid({"1"})}})),
                ElementsAre("2"));
    EXPECT_THAT(uids(query_of(dicom::Level::instance, {{tags::StudyInstanceUID, {}, uid({"1"})},
                                                       {tags::SOPInstanceUID, {}, uid({"30", "6"})}})),
                ElementsAre("30"));
    EXPECT_THAT(uids(query_of(dicom::Level::instance, {{tags::SeriesInstanceUID, {}, uid({"2"})}})),
                ElementsAre("30", "3"));
    EXPECT_THAT(uids(studies_with(tags::SeriesInstanceUID, uid({"5"}))), ElementsAre("4")) << "a level below";
    EXPECT_THAT(uids(studies_with(tags::SOPInstanceUID, uid({"3"}))), ElementsAre("1"));
    EXPECT_THAT(uids(query_of(dicom::Level::series, {{tags::SOPInstanceUID, {}, uid({"6"})}})),
                ElementsAre("5"));
    EXPECT_THAT(uids(studies_with(tags::StudyInstanceUID, uid({}))), IsEmpty());
}

TEST_P(IndexContract, SearchByMembersOfTheStudy) {
    NewInstance special = instance_of(key_of("1", "2", "3"), {{tags::Modality, "CT"}});
    special.sop_class_uid = "1.9";
    add(special);
    add(key_of("1", "2.2", "4"), {{tags::Modality, "SR"}});
    add(key_of("4", "5", "6"), {{tags::Modality, "MR"}});
    add(key_of("7", "8", "9"));
    EXPECT_THAT(uids(studies_with(tags::ModalitiesInStudy, text_of({"SR"}))), ElementsAre("1"));
    EXPECT_THAT(uids(studies_with(tags::ModalitiesInStudy, text_of({"mr", "ct"}, false))),
                ElementsAre("4", "1"));
    EXPECT_THAT(uids(studies_with(tags::ModalitiesInStudy, dicom::MatchWildcard{{"?R"}})),
                ElementsAre("4", "1"));
    EXPECT_THAT(uids(studies_with(tags::ModalitiesInStudy, dicom::MatchEmpty{})), ElementsAre("7"));
    EXPECT_THAT(uids(studies_with(tags::SOPClassesInStudy, dicom::MatchUid{{"1.9"}})), ElementsAre("1"));
    EXPECT_THAT(uids(query_of(dicom::Level::series, {{tags::ModalitiesInStudy, {}, text_of({"CT"})}})),
                ElementsAre("2.2", "2"));
    EXPECT_THAT(uids(query_of(dicom::Level::series, {{tags::Modality, {}, text_of({"CT"})}})),
                ElementsAre("2"));
    EXPECT_THAT(uids(query_of(dicom::Level::instance, {{tags::SOPClassUID, {}, dicom::MatchUid{{"1.9"}}}})),
                ElementsAre("3"));
    const auto row = rows(studies_with(tags::StudyInstanceUID, dicom::MatchUid{{"1"}}))[0];
    EXPECT_THAT(row.modalities_in_study, ElementsAre("CT", "SR"));
    EXPECT_THAT(row.sop_classes_in_study, ElementsAre("1.2.840.10008.5.1.4.1.1.2", "1.9"));
    EXPECT_EQ(row.study_series, 2U);
    ASSERT_TRUE(index().remove(key_of("1", "2")).ok());
    EXPECT_THAT(uids(studies_with(tags::ModalitiesInStudy, text_of({"CT"}))), IsEmpty());
    EXPECT_THAT(uids(studies_with(tags::SOPClassesInStudy, dicom::MatchUid{{"1.9"}})), IsEmpty());
}

TEST_P(IndexContract, SearchByItemsOfTheRequest) {
    NewInstance one = instance_of(key_of("1", "2", "3"));
    one.requests = {{"S1", "P1"}, {"S2", "P2"}};
    add(one);
    NewInstance two = instance_of(key_of("4", "5", "6"));
    two.requests = {{"S1", ""}};
    add(two);
    add(key_of("7", "8", "9"));
    const std::optional<dicom::Tag> sequence = tags::RequestAttributesSequence;
    const auto step = [&](dicom::Match match) {
        return dicom::Matcher{tags::ScheduledProcedureStepID, sequence, std::move(match)};
    };
    const auto procedure = [&](dicom::Match match) {
        return dicom::Matcher{tags::RequestedProcedureID, sequence, std::move(match)};
    };
    using dicom::Level;
    EXPECT_THAT(uids(query_of(Level::series, {step(text_of({"S1"}))})), ElementsAre("5", "2"));
    EXPECT_THAT(uids(query_of(Level::series, {step(text_of({"S1"})), procedure(text_of({"P1"}))})),
                ElementsAre("2"));
    EXPECT_THAT(uids(query_of(Level::series, {step(text_of({"S1"})), procedure(text_of({"P2"}))})),
                IsEmpty());
    EXPECT_THAT(
        uids(query_of(Level::series, {step(dicom::MatchWildcard{{"S*"}}), procedure(dicom::MatchEmpty{})})),
        ElementsAre("5"));
    EXPECT_THAT(uids(query_of(Level::series, {procedure(dicom::MatchEmpty{})})), ElementsAre("8", "5"));
    EXPECT_THAT(uids(query_of(Level::instance, {procedure(text_of({"p2"}, false))})), ElementsAre("3"));
    EXPECT_THAT(uids(query_of(Level::study, {procedure(text_of({"P2"}))})), ElementsAre("1"));
    const auto found = rows(query_of(Level::series, {procedure(text_of({"P2"}))}));
    ASSERT_EQ(found[0].requests.size(), 2U);
    EXPECT_EQ(found[0].requests[1].scheduled_procedure_step_id, "S2");
}

TEST_P(IndexContract, SearchFillsTheLevelsAbove) {
    NewInstance given = instance_of(
        key_of("1", "2", "3"), {{tags::PatientID, "P"}, {tags::Modality, "CT"}, {tags::InstanceNumber, "4"}});
    given.hidden = {"00100010"};
    add(given);
    add(key_of("1", "2", "9"));
    dicom::Query query =
        query_of(dicom::Level::instance, {{tags::SOPInstanceUID, {}, dicom::MatchUid{{"3"}}}});
    query.want_document = true;
    const auto found = rows(query);
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0].key, given.key);
    EXPECT_THAT(found[0].study, ElementsAre(std::pair(tags::PatientID, std::string("P"))));
    EXPECT_THAT(found[0].series, ElementsAre(std::pair(tags::Modality, std::string("CT"))));
    EXPECT_THAT(found[0].instance, ElementsAre(std::pair(tags::SOPClassUID, given.sop_class_uid),
                                               std::pair(tags::InstanceNumber, std::string("4"))));
    EXPECT_EQ(found[0].series_instances, 2U);
    EXPECT_EQ(found[0].transfer_syntax, given.transfer_syntax);
    ASSERT_TRUE(found[0].document.has_value());
    EXPECT_EQ(found[0].document->json, given.document);
    EXPECT_EQ(found[0].document->hidden, given.hidden);
    query = {};
    query.want_document = true;
    EXPECT_EQ(rows(query)[0].document->key.instance.str(), "9") << "the newest";
}

TEST_P(IndexContract, SearchInOrderOfNumbers) {
    add(key_of("1", "30", "3"), {{tags::SeriesNumber, "10"}, {tags::InstanceNumber, "2"}});
    add(key_of("1", "30", "2"), {{tags::InstanceNumber, "10"}});
    add(key_of("1", "20", "1"), {{tags::SeriesNumber, "9"}, {tags::InstanceNumber, "50"}});
    add(key_of("1", "21", "0"), {{tags::SeriesNumber, "9"}, {tags::InstanceNumber, "7"}});
    dicom::Query query =
        query_of(dicom::Level::series, {{tags::StudyInstanceUID, {}, dicom::MatchUid{{"1"}}}});
    query.order = dicom::Query::Order::by_number;
    EXPECT_THAT(uids(query), ElementsAre("20", "21", "30"));
    query.level = dicom::Level::instance;
    EXPECT_THAT(uids(query), ElementsAre("0", "1", "3", "2"));
    query.offset = 1;
    query.limit = 2;
    EXPECT_THAT(uids(query), ElementsAre("1", "3"));
    EXPECT_EQ(summary_.total, 4U);
}

TEST_P(IndexContract, SearchStaysInThePartition) {
    add(key_of("1", "2", "3"), {{tags::Modality, "CT"}, {tags::PatientName, "Doe"}});
    for (const dicom::Level level : {dicom::Level::study, dicom::Level::series, dicom::Level::instance}) {
        dicom::Query query = query_of(level, {});
        query.partition = 2;
        EXPECT_THAT(uids(query), IsEmpty());
        query.matchers = {{tags::PatientName, {}, name_of("d*")}};
        EXPECT_THAT(uids(query), IsEmpty());
        query.matchers = {{tags::SOPInstanceUID, {}, dicom::MatchUid{{"3"}}}};
        EXPECT_THAT(uids(query), IsEmpty());
    }
}

TEST_P(IndexContract, SearchRefusesWhatItCannotCompare) {
    const auto refused = [&](dicom::Matcher matcher) {
        const auto ignore = [](SearchRow&&) -> Status { return {}; };
        const auto summary = index().search(query_of(dicom::Level::study, {std::move(matcher)}), ignore);
        return !summary.ok() && summary.error().code == ErrorCode::unsupported;
    };
    EXPECT_TRUE(refused({tags::Rows, {}, text_of({"1"})}));
    EXPECT_TRUE(refused({tags::PatientID, {}, dicom::MatchNumber{{1}}}));
    EXPECT_TRUE(refused({tags::PatientID, {}, name_of("a")}));
    EXPECT_TRUE(refused({tags::PatientID, {}, dicom::MatchMoment{tags::StudyTime, "", ""}}));
}

TEST_P(IndexContract, SearchThatUnknownValuesPass) {
    add(key_of("1", "2", "3"), {{tags::PatientID, "A"},
                                {tags::PatientName, "Doe"},
                                {tags::StudyDate, "20240101"},
                                {tags::StudyTime, "1000"},
                                {tags::Modality, "CT"}});
    add(key_of("4", "5", "6"),
        {{tags::PatientID, "B"}, {tags::StudyDate, "20240101"}, {tags::Modality, "MR"}});
    add(key_of("7", "8", "9"), {{tags::StudyTime, "1200"}});
    const auto found = [&](dicom::Tag tag, dicom::Match match) {
        return uids(query_of(dicom::Level::study, {{tag, std::nullopt, std::move(match), true}}));
    };
    EXPECT_THAT(found(tags::PatientID, text_of({"A"})), ElementsAre("7", "1"));
    EXPECT_EQ(summary_.total, std::nullopt);
    EXPECT_THAT(found(tags::PatientID, dicom::MatchWildcard{{"B*"}}), ElementsAre("7", "4"));
    EXPECT_THAT(found(tags::PatientName, name_of("d*")), ElementsAre("7", "4", "1"));
    EXPECT_THAT(found(tags::PatientName, name_of("x*")), ElementsAre("7", "4"));
    EXPECT_THAT(found(tags::ModalitiesInStudy, text_of({"MR"})), ElementsAre("7", "4"));
    EXPECT_THAT(found(tags::StudyDate, dicom::MatchRange{"20240102", ""}), ElementsAre("7"));
    const auto moment = [](std::string from, std::string to) {
        return dicom::MatchMoment{tags::StudyTime, std::move(from), std::move(to)};
    };
    EXPECT_THAT(found(tags::StudyDate, moment("20240101110000.000000", "")), ElementsAre("7", "4"));
    EXPECT_THAT(found(tags::StudyDate, moment("20240102000000.000000", "")), ElementsAre("7"));
    EXPECT_THAT(found(tags::StudyDate, moment("", "20231231000000.000000")), ElementsAre("7"));
    // Together with one that must be there.
    EXPECT_THAT(
        uids(query_of(dicom::Level::study, {{tags::PatientID, std::nullopt, text_of({"B"}), true},
                                            {tags::StudyInstanceUID, {}, dicom::MatchUid{{"4", "1"}}}})),
        ElementsAre("4"));
}

TEST_P(IndexContract, SearchThatUnknownRequestsPass) {
    NewInstance given = instance_of(key_of("1", "2", "3"));
    given.requests = {{"S1", ""}, {"S2", "R2"}};
    add(given);
    add(key_of("1", "5", "6"));
    const auto found = [&](std::string step, std::string procedure) {
        return uids(
            query_of(dicom::Level::series, {{tags::ScheduledProcedureStepID, tags::RequestAttributesSequence,
                                             text_of({std::move(step)}), true},
                                            {tags::RequestedProcedureID, tags::RequestAttributesSequence,
                                             text_of({std::move(procedure)}), true}}));
    };
    EXPECT_THAT(found("S1", "R9"), ElementsAre("5", "2"));
    EXPECT_THAT(found("S2", "R9"), ElementsAre("5"));
    EXPECT_THAT(found("S2", "R2"), ElementsAre("5", "2"));
}

}  // namespace isocenter::index
