#include "dicom/data_set.h"

#include <gtest/gtest.h>

#include "dicom/tags.h"

namespace isocenter::dicom {
namespace {

using namespace std::string_literals;

DataSet with(Tag tag, Vr vr, std::string bytes) {
    DataSet data_set;
    data_set.set({.tag = tag, .vr = vr, .bytes = std::move(bytes)});
    return data_set;
}

TEST(DataSet, KeepsOrderAndReplaces) {
    DataSet data_set;
    for (const Tag tag : {tags::PatientID, tags::StudyDate, tags::Rows, tags::PatientName}) {
        data_set.set_text(tag, "a");
    }
    data_set.set_text(tags::PatientID, "b");
    ASSERT_EQ(data_set.elements().size(), 4U);
    EXPECT_EQ(data_set.elements()[0].tag, tags::StudyDate);
    EXPECT_EQ(data_set.elements()[1].tag, tags::PatientName);
    EXPECT_EQ(data_set.elements()[3].tag, tags::Rows);
    EXPECT_EQ(data_set.text(tags::PatientID), "b");
    data_set.remove(tags::PatientID);
    data_set.remove(tags::PatientID);
    EXPECT_EQ(data_set.find(tags::PatientID), nullptr);
    EXPECT_EQ(data_set.elements().size(), 3U);
}

TEST(DataSet, TextIsTheFirstValueWithoutPadding) {
    EXPECT_EQ(with(tags::PatientID, Vr::LO, " 12 \\34 ").text(tags::PatientID), "12");
    EXPECT_EQ(with(tags::StudyInstanceUID, Vr::UI, "1.2\0"s).text(tags::StudyInstanceUID), "1.2");
    EXPECT_EQ(with(tags::PatientName, Vr::LT, " a\\b  ").text(tags::PatientName), " a\\b");
    EXPECT_EQ(with(tags::PatientID, Vr::LO, "").text(tags::PatientID), "");
    EXPECT_EQ(DataSet{}.text(tags::PatientID), "");
}

TEST(DataSet, TextIsDecodedByTheOwnCharacterSet) {
    DataSet data_set = with(tags::SpecificCharacterSet, Vr::CS, "ISO_IR 100");
    data_set.set({.tag = tags::PatientName, .vr = Vr::PN, .bytes = "J\xE9r\xF4me"});
    EXPECT_EQ(data_set.text(tags::PatientName), "Jérôme");
}

TEST(DataSet, Integers) {
    EXPECT_EQ(with(tags::Rows, Vr::US, "\xFF\xFF").integer(tags::Rows), 65535);
    EXPECT_EQ(with(tags::Rows, Vr::SS, "\xFF\xFF\x01").integer(tags::Rows), -1);
    EXPECT_EQ(with(tags::Rows, Vr::UL, "\x01\0\0\x80"s).integer(tags::Rows), 0x80000001LL);
    EXPECT_EQ(with(tags::Rows, Vr::SV, std::string(8, '\xFF')).integer(tags::Rows), -1);
    EXPECT_FALSE(with(tags::Rows, Vr::UV, std::string(8, '\xFF')).integer(tags::Rows).has_value());
    EXPECT_EQ(with(tags::Rows, Vr::AT, "\x08\0\x05\0"s).integer(tags::Rows), 0x00080005);
    EXPECT_EQ(with(tags::Rows, Vr::IS, " +12 \\3").integer(tags::Rows), 12);
    EXPECT_FALSE(with(tags::Rows, Vr::IS, "1.5").integer(tags::Rows).has_value());
    EXPECT_FALSE(with(tags::Rows, Vr::US, "\x01").integer(tags::Rows).has_value());
    EXPECT_FALSE(with(tags::Rows, Vr::LO, "1").integer(tags::Rows).has_value());
}

TEST(DataSet, SetTextTakesTheVrOfTheDictionary) {
    DataSet data_set;
    data_set.set_text(tags::Modality, "CT");
    EXPECT_EQ(data_set.find(tags::Modality)->vr, Vr::CS);
    EXPECT_TRUE(data_set.find(tags::Modality)->has_value());
}

}  // namespace
}  // namespace isocenter::dicom
