#include "dicom/value_rules.h"

#include <gtest/gtest.h>

#include "dicom/tags.h"

namespace isocenter::dicom {
namespace {

using namespace std::string_literals;

std::string minimum(Tag tag, Vr vr, std::string bytes, bool nul_tolerant = false) {
    return check_minimum_rules({.tag = tag, .vr = vr, .bytes = std::move(bytes)}, nul_tolerant);
}

/// The reason of the one violation that an element causes; empty when it is valid.
std::string whole(Tag tag, Vr vr, std::string bytes) {
    DataSet data_set;
    data_set.set({.tag = tag, .vr = vr, .bytes = std::move(bytes)});
    const auto found = check_data_set(data_set);
    EXPECT_LE(found.size(), 1U);
    return found.empty() ? std::string() : found.front().reason;
}

constexpr Tag kPrivate{0x0009, 0x1001};

TEST(MinimumRules, NameTheKeywordTheVrAndTheRuleButNoValue) {
    const std::string reason = minimum(tags::PatientID, Vr::LO, "SECRET\0"s);
    EXPECT_EQ(reason,
              "Dicom element 'PatientID' failed validation for VR 'LO': Value contains invalid character.");
}

TEST(MinimumRules, NulToleranceConcernsTrailingNulsOnly) {
    EXPECT_EQ(minimum(tags::PatientID, Vr::LO, "123\0"s, true), "");
    EXPECT_NE(minimum(tags::PatientID, Vr::LO, "\0123\0"s, true), "");
    EXPECT_EQ(minimum(tags::StudyInstanceUID, Vr::UI, "1.2\0"s, true), "");
}

TEST(MinimumRules, LengthsCountCharactersOfTheFirstValue) {
    EXPECT_EQ(minimum(tags::Modality, Vr::CS, std::string(16, 'm')), "") << "the repertoire is not checked";
    EXPECT_NE(minimum(tags::Modality, Vr::CS, std::string(17, 'M')), "");
    EXPECT_EQ(minimum(tags::AccessionNumber, Vr::SH, "A\\" + std::string(40, 'B')), "");
    std::string umlauts;
    for (int i = 0; i < 64; ++i)
        umlauts += "ü";
    const Element description{.tag = tags::StudyDescription, .vr = Vr::LO, .bytes = umlauts};
    EXPECT_EQ(check_minimum_rules(description, false, Charset("ISO_IR 192")), "");
    EXPECT_NE(check_minimum_rules({.tag = tags::StudyDescription, .vr = Vr::LO, .bytes = umlauts + "ü"},
                                  false, Charset("ISO_IR 192")),
              "");
    EXPECT_EQ(minimum(tags::StudyDescription, Vr::LO, "one\\two"), "");
}

TEST(MinimumRules, DatesAreRealDates) {
    EXPECT_EQ(minimum(tags::StudyDate, Vr::DA, "20240229"), "");
    EXPECT_EQ(minimum(tags::StudyDate, Vr::DA, ""), "");
    EXPECT_NE(minimum(tags::StudyDate, Vr::DA, "20230229"), "");
    EXPECT_NE(minimum(tags::StudyDate, Vr::DA, "20240101-20240102"), "");
    EXPECT_NE(minimum(tags::StudyDate, Vr::DA, "20240229\0"s), "") << "v1 is strict";
}

TEST(MinimumRules, Names) {
    EXPECT_EQ(minimum(tags::PatientName, Vr::PN, "A^B^C^D^E=" + std::string(64, 'x') + "=C"), "");
    EXPECT_NE(minimum(tags::PatientName, Vr::PN, "A^B^C^D^E^F"), "");
    EXPECT_NE(minimum(tags::PatientName, Vr::PN, "A=B=C=D"), "");
    EXPECT_NE(minimum(tags::PatientName, Vr::PN, std::string(65, 'x')), "");
    EXPECT_NE(minimum(tags::PatientName, Vr::PN, "A\nB"), "");
}

TEST(MinimumRules, VrAndSizesOfBinaryValues) {
    EXPECT_NE(minimum(tags::PatientID, Vr::SH, "1"), "");
    EXPECT_EQ(minimum(tags::Rows, Vr::US, "\1\0"s), "");
    EXPECT_NE(minimum(tags::Rows, Vr::US, ""), "");
    EXPECT_NE(minimum({0x0010, 0x1010}, Vr::AS, ""), "") << "an empty age fails";
    EXPECT_EQ(minimum({0x0028, 0x0106}, Vr::SS, "\1\0"s), "") << "the dictionary says US or SS";
}

TEST(Uids, Syntax) {
    for (std::string_view uid : {"007", "12.003.456", "0.2.4", "1..2", ".1", "1  "})
        EXPECT_TRUE(is_valid_uid(uid)) << uid;
    EXPECT_TRUE(is_valid_uid(std::string(64, '1') + "    "));
    for (std::string_view uid :
         {"", "  ", "123.", "abc.123", "11|", "98-0-705", "notAStudyInstanceUid", " 1"})
        EXPECT_FALSE(is_valid_uid(uid)) << uid;
    EXPECT_FALSE(is_valid_uid(std::string(65, '1')));
    EXPECT_EQ(bare_uid("1.2 \0"s), "1.2");
}

TEST(DataSetRules, ReasonsShowCodesAndDatesButNoText) {
    EXPECT_EQ(whole(tags::StudyDate, Vr::DA, "NotAValidStudyDate"),
              "Content \"NotAValidStudyDate\" does not validate VR DA: "
              "one of the date values does not match the pattern YYYYMMDD");
    EXPECT_EQ(whole(tags::Modality, Vr::CS, "X\0X"s),
              "Content \"X?X\" does not validate VR CS: value contains invalid character");
    EXPECT_EQ(whole(tags::PatientName, Vr::PN, "Doe\nJane"),
              "Content does not validate VR PN: value contains invalid character");
}

TEST(DataSetRules, TrailingNulsAndBlanksArePadding) {
    EXPECT_EQ(whole(tags::Modality, Vr::CS, "X\0"s), "");
    EXPECT_EQ(whole(tags::StudyDate, Vr::DA, "20240101  "), "");
    EXPECT_EQ(whole(kPrivate, Vr::IS, " 12 "), "");
    EXPECT_EQ(whole(kPrivate, Vr::DS, " 00.50 "), "") << "PS3.5 allows leading zeros";
    EXPECT_EQ(whole(tags::StudyInstanceUID, Vr::UI, "2.25.11 "), "");
    EXPECT_EQ(whole(tags::PatientID, Vr::LO, ""), "");
    EXPECT_EQ(whole(tags::PatientID, Vr::LO, "\0\0"s), "");
}

TEST(DataSetRules, EachVrHasItsLimits) {
    EXPECT_NE(whole(tags::Modality, Vr::CS, std::string(20, 'M')), "");
    EXPECT_NE(whole(tags::Modality, Vr::CS, "mri"), "");
    EXPECT_NE(whole(kPrivate, Vr::AE, "    "), "");
    EXPECT_NE(whole(kPrivate, Vr::AS, "45Y"), "");
    EXPECT_NE(whole(kPrivate, Vr::DS, "12345678901234567"), "");
    EXPECT_NE(whole(kPrivate, Vr::IS, "2147483648"), "");
    EXPECT_NE(whole(kPrivate, Vr::SH, std::string(17, 'x')), "");
    EXPECT_NE(whole(kPrivate, Vr::LO, std::string(65, 'x')), "");
    EXPECT_EQ(whole(kPrivate, Vr::LT, std::string(10240, '\n')), "") << "length only";
    EXPECT_NE(whole(kPrivate, Vr::LT, std::string(10241, 'x')), "");
    EXPECT_NE(whole(kPrivate, Vr::ST, std::string(1025, 'x')), "");
    EXPECT_NE(whole(kPrivate, Vr::TM, "25"), "");
    EXPECT_NE(whole(kPrivate, Vr::UI, "1.02"), "");
    EXPECT_EQ(whole(kPrivate, Vr::UN, "\1\2"), "");
    EXPECT_EQ(whole(kPrivate, Vr::UC, std::string(100, '\1')), "");
}

TEST(DataSetRules, EveryValueOfAnElementCounts) {
    EXPECT_NE(whole(tags::ModalitiesInStudy, Vr::CS, "CT\\mr"), "");
    EXPECT_EQ(whole(tags::ModalitiesInStudy, Vr::CS, "CT\\\\MR "), "");
}

TEST(DataSetRules, ValueMultiplicityOfPublicElements) {
    EXPECT_NE(whole(tags::StudyDescription, Vr::LO, "one\\two"), "");
    EXPECT_EQ(whole(kPrivate, Vr::LO, "one\\two"), "");
    EXPECT_NE(whole({0x0028, 0x0030}, Vr::DS, "1"), "") << "pixel spacing has two values";
    EXPECT_NE(whole(tags::Rows, Vr::US, "\1\0\1\0"s), "");
    EXPECT_EQ(whole({0x0020, 0x4000}, Vr::LT, "a\\b"), "") << "one text";
}

TEST(DataSetRules, TopLevelComesFirstAndPathsLeadToTheElement) {
    DataSet item;
    item.set({.tag = tags::StudyDate, .vr = Vr::DA, .bytes = "bad"});
    DataSet data_set;
    data_set.set({.tag = {0x0008, 0x1140}, .vr = Vr::SQ, .items = {DataSet{}, item}});
    data_set.set({.tag = tags::Modality, .vr = Vr::CS, .bytes = "mr"});
    const auto found = check_data_set(data_set);
    ASSERT_EQ(found.size(), 2U);
    EXPECT_EQ(found[0].path, "00080060");
    EXPECT_EQ(found[1].path, "00081140/2/00080020");
    EXPECT_EQ(found[1].tag, tags::StudyDate);
}

TEST(DataSetRules, WhatTheCompatibilityTestsStoreIsValid) {
    DataSet item;
    item.set({.tag = tags::PixelData, .vr = Vr::OW, .bytes = "abc"});
    DataSet data_set;
    data_set.set({.tag = {0x0007, 0x0008}, .vr = Vr::LO, .bytes = "Private data"});
    data_set.set({.tag = tags::PatientName, .vr = Vr::PN, .bytes = std::string(44, 'n')});
    data_set.set(
        {.tag = tags::StudyInstanceUID, .vr = Vr::UI, .bytes = "2.25.252387340829457302557461973982574361"});
    data_set.set({.tag = {0x0070, 0x0308}, .vr = Vr::SQ, .items = {item}});
    data_set.set({.tag = tags::PixelData, .vr = Vr::OB, .bytes = "abc"});
    EXPECT_TRUE(check_data_set(data_set).empty());
}

}  // namespace
}  // namespace isocenter::dicom
