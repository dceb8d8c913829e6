#include "dicom/json_reader.h"

#include <gtest/gtest.h>

#include "dicom/json_tree.h"
#include "dicom/json_writer.h"
#include "dicom/tags.h"

namespace isocenter::dicom {
namespace {

using namespace std::string_literals;

DataSet read_one(std::string_view text) {
    auto result = read_json(text);
    EXPECT_TRUE(result.ok()) << (result ? "" : result.error().message);
    if (!result) return {};
    EXPECT_EQ(result->size(), 1U);
    return result->empty() ? DataSet{} : result->front();
}

/// The value field of one private element of `vr` with these members.
std::string bytes_of(std::string_view vr, std::string_view members) {
    std::string text = R"({"00091001":{"vr":")";
    text.append(vr).append("\"").append(members).append("}}");
    const DataSet data_set = read_one(text);
    const Element* element = data_set.find({0x0009, 0x1001});
    return element == nullptr ? "missing" : element->bytes;
}

std::string error_of(std::string_view text) {
    const auto result = read_json(text);
    if (result) return {};
    EXPECT_EQ(result.error().code, ErrorCode::invalid_request);
    EXPECT_FALSE(result.error().message.empty());
    return result.error().message;
}

TEST(JsonReader, ObjectsAndArraysOfThem) {
    EXPECT_EQ(read_json("[]")->size(), 0U);
    EXPECT_EQ(read_json("[{},{}]")->size(), 2U);
    EXPECT_EQ(read_json(" \xEF\xBB\xBF{}").ok(), false);
    EXPECT_EQ(read_json("\xEF\xBB\xBF {} \n")->size(), 1U);
}

TEST(JsonReader, KeysInEitherCaseOrAsKeywordAndInAnyOrder) {
    const DataSet data_set = read_one(
        R"({"0020000d":{"vr":"UI","Value":["1.2"]},"PatientID":{"Value":["7"]},"00080060":{"Value":["CT"],"vr":"CS"}})");
    ASSERT_EQ(data_set.elements().size(), 3U);
    EXPECT_EQ(data_set.elements()[0].tag, tags::Modality);
    EXPECT_EQ(data_set.find(tags::PatientID)->vr, Vr::LO);
    EXPECT_EQ(data_set.text(tags::StudyInstanceUID), "1.2");
}

TEST(JsonReader, NumbersAndStringsForNumbers) {
    EXPECT_EQ(bytes_of("DS", R"(,"Value":[1.50,"2.5",null,-0.00])"), "1.50\\2.5\\\\-0.00")
        << "digits as written";
    EXPECT_EQ(bytes_of("IS", R"(,"Value":["7",8])"), "7\\8");
    EXPECT_EQ(bytes_of("US", R"(,"Value":["7",256])"), "\7\0\0\1"s);
    EXPECT_EQ(bytes_of("UV", R"(,"Value":["18446744073709551615"])"), std::string(8, '\xFF'));
    EXPECT_EQ(bytes_of("UV", R"(,"Value":[18446744073709551615])"), std::string(8, '\xFF'));
    EXPECT_EQ(bytes_of("AT", R"(,"Value":["00280010"])"), "\x28\0\x10\0"s);
    EXPECT_EQ(bytes_of("FL", R"(,"Value":["-Infinity"])"), "\0\0\x80\xFF"s);
    EXPECT_EQ(bytes_of("FL", R"(,"Value":["inf",1])"), "\0\0\x80\x7F\0\0\x80\x3F"s);
}

TEST(JsonReader, EveryWayToSayNothing) {
    for (std::string_view members :
         {"", R"(,"Value":null)", R"(,"Value":[])", R"(,"Value":[null])", R"(,"Value":[""])"}) {
        EXPECT_EQ(bytes_of("LO", members), "") << members;
        EXPECT_EQ(bytes_of("US", members), "") << members;
    }
    EXPECT_EQ(bytes_of("SQ", R"(,"Value":[null])"), "");
    EXPECT_TRUE(read_one(R"({"00100020":null})").find(tags::PatientID) != nullptr);
}

TEST(JsonReader, NamesTextAndCharacterSet) {
    EXPECT_EQ(bytes_of("PN", R"(,"Value":[{"Ideographic":"B"},{"Alphabetic":"A^","Phonetic":"C"},"X=Y"])"),
              "=B\\A^==C\\X=Y");
    EXPECT_EQ(bytes_of("LT", R"(,"Value":["a\\b"])"), "a\\b");
    const DataSet ascii =
        read_one(R"({"00080005":{"vr":"CS","Value":["ISO_IR 100"]},"00100020":{"vr":"LO","Value":["a"]}})");
    EXPECT_EQ(ascii.text(tags::SpecificCharacterSet), "ISO_IR 100");
    const DataSet nested = read_one(
        R"({"00400275":{"vr":"SQ","Value":[{"00080005":{"vr":"CS","Value":["ISO_IR 100"]},"00401001":{"vr":"SH","Value":["ü"]}}]}})");
    EXPECT_EQ(nested.text(tags::SpecificCharacterSet), "ISO_IR 192");
    EXPECT_EQ(nested.find(tags::RequestAttributesSequence)->items[0].text(tags::SpecificCharacterSet),
              "ISO_IR 192");
}

TEST(JsonReader, TextThatMustBeAsciiSurvivesWhenItIsNot) {
    const std::string text =
        R"({"00080005":{"vr":"CS","Value":["ISO_IR 192"]},"00080060":{"vr":"CS","Value":["É山"]}})";
    EXPECT_EQ(to_json(read_one(R"({"00080060":{"vr":"CS","Value":["É山"]}})")), text);
}

TEST(JsonReader, BulkData) {
    EXPECT_EQ(bytes_of("OB", R"(,"InlineBinary":"AAE=")"), "\0\1"s);
    const DataSet data_set = read_one(R"({"7FE00010":{"vr":"OW","BulkDataURI":"http://h/1"}})");
    EXPECT_EQ(data_set.find(tags::PixelData)->bulk_uri, "http://h/1");
    EXPECT_EQ(bytes_of("ZZ", R"(,"InlineBinary":"AAE=")"), "\0\1"s) << "unknown letters are UN";
}

TEST(JsonReader, RefusesWhatIsWrongAndSaysWhere) {
    EXPECT_EQ(error_of(R"({"00880200":{"vr":"SQ","Value":[{"00280010":{"vr":"US","Value":["x"]}}]}})"),
              "DICOM JSON: 00880200/00280010: a value is not of its VR");
    for (std::string_view text : {
             "",
             "{",
             "1",
             "[1]",
             "{}x",
             "{\"00100020\":{\"vr\":\"LO\",\"Value\":[\"\xFF\"]}}",
             R"({"00100020":{"vr":"LO"},"00100020":{"vr":"LO"}})",
             R"({"00100020":{"vr":"LO"},"PatientID":{}})",
             R"({"00100020":{"vr":"LO","vr":"LO"}})",
             R"({"0010002":{"vr":"LO"}})",
             R"({"patientID":{"vr":"LO"}})",
             R"({"00091001":{}})",
             R"({"00100020":[]})",
             R"({"00100020":{"vr":1}})",
             R"({"00100020":{"vr":"LO","Value":"x"}})",
             R"({"00100020":{"vr":"LO","Value":[{}]}})",
             R"({"00100020":{"vr":"LO","Value":[true]}})",
             R"({"00100020":{"vr":"LO","Value":["a\\b"]}})",
             R"({"00100020":{"vr":"LO","InlineBinary":"AAE="}})",
             R"({"00204000":{"vr":"LT","Value":["a","b"]}})",
             R"({"7FE00010":{"vr":"OW","Value":[1]}})",
             R"({"7FE00010":{"vr":"OW","InlineBinary":"?"}})",
             R"({"7FE00010":{"vr":"OW","InlineBinary":"","BulkDataURI":""}})",
             R"({"00280010":{"vr":"US","Value":[65536]}})",
             R"({"7FE00010":{"vr":"OW","BulkDataURI":""}})",
             R"({"7FE00010":{"vr":"OW","BulkDataURI":null}})",
             R"({"00280010":{"vr":"US","Value":[1,null]}})",
             R"({"00880200":{"vr":"SQ","Value":[1]}})",
             R"({"00880200":{"vr":"SQ","BulkDataURI":"x"}})",
             R"({"00100010":{"vr":"PN","Value":[{"Alphabetic":"a","Alphabetic":"b"}]}})",
         })
        EXPECT_NE(error_of(text), "") << text;
}

TEST(JsonReader, SalvagesWhatCanBeRead) {
    const auto sets = salvage_json(
        R"([{"00280010":{"vr":"US","Value":["x"]},"00100020":{"vr":"LO","Value":["a"]},"x":{}},1,{"PatientID":{}}])");
    ASSERT_TRUE(sets);
    ASSERT_EQ(sets->size(), 3U);
    EXPECT_EQ(sets->at(0).status.error().message, "DICOM JSON: 00280010: a value is not of its VR");
    EXPECT_EQ(sets->at(0).data_set.text(tags::PatientID), "a");
    EXPECT_EQ(sets->at(0).data_set.elements().size(), 1U);
    EXPECT_FALSE(sets->at(1).status);
    EXPECT_TRUE(sets->at(2).status);
    const auto alias = salvage_json(R"({"00100020":{"vr":"LO"},"PatientID":{}})");
    ASSERT_TRUE(alias);
    EXPECT_FALSE(alias->front().status);
    for (std::string_view text : {"[{}", "1", R"([{},{"00100020":{},"00100020":{}}])",
                                  R"({"00100020":{"vr":"LO","x":{"y":1,"y":1}}})"})
        EXPECT_FALSE(salvage_json(text)) << text;
}

TEST(JsonReader, UnknownVrs) {
    const DataSet known =
        read_one(R"({"00100020":{"vr":"ZZ","Value":["x"]},"00280010":{"vr":"zz","Value":[7]}})");
    EXPECT_EQ(known.find(tags::PatientID)->vr, Vr::LO);
    EXPECT_EQ(known.text(tags::PatientID), "x");
    EXPECT_EQ(known.find(tags::Rows)->bytes, "\7\0"s);
    EXPECT_EQ(read_one(R"({"00100020":{"vr":"ZZ","InlineBinary":"AAE="}})").find(tags::PatientID)->vr,
              Vr::UN);
    EXPECT_EQ(bytes_of("ZZ", ""), "");
    EXPECT_EQ(error_of(R"({"00091001":{"vr":"ZZ","Value":["x"]}})"),
              "DICOM JSON: 00091001: the VR ZZ is unknown and the attribute is not in the dictionary");
    EXPECT_EQ(error_of(R"({"00091001":{"vr":"Doe^Jane","Value":["x"]}})"),
              "DICOM JSON: 00091001: the VR given is unknown and the attribute is not in the dictionary");
    EXPECT_EQ(error_of(R"({"00091001":{"vr":"OB","Value":["x"]}})"),
              "DICOM JSON: 00091001: a VR of binary data cannot have a Value");
}

TEST(JsonReader, ErrorsHaveNothingOfTheText) {
    EXPECT_EQ(error_of(R"({"PatientID":{"vr":"LO"},"Doe^Jane":{"vr":"LO"}})"),
              "DICOM JSON: key 2 is no tag and no keyword");
}

std::string nested(unsigned levels) {
    std::string text = "{}";
    for (unsigned i = 0; i < levels; ++i)
        text = R"({"00880200":{"vr":"SQ","Value":[)" + text + "]}}";
    return text;
}

TEST(JsonReader, DepthIsBounded) {
    EXPECT_EQ(error_of(nested(64)), "");
    EXPECT_NE(error_of(nested(65)), "");
    EXPECT_NE(error_of(std::string(1'000'000, '[')), "");
}

TEST(JsonReader, NumberOfValuesIsBounded) {
    std::string text = R"({"00091001":{"vr":"US","Value":[0)";
    for (int i = 0; i < 2'000'000; ++i)
        text += ",0";
    EXPECT_NE(error_of(text + "]}}"), "");
}

TEST(JsonReader, WhatTheWriterWroteComesBackAsItWas) {
    const std::string text =
        R"({"00080005":{"vr":"CS","Value":["ISO_IR 192"]},"00080008":{"vr":"CS","Value":["A",null,"B"]},)"
        R"("00091001":{"vr":"UN","InlineBinary":"AAE="},)"
        R"("00100010":{"vr":"PN","Value":[{"Alphabetic":"Doe^\"J\"","Phonetic":"山"},null]},)"
        R"("00189310":{"vr":"FD","Value":["NaN",1.5],"BulkDataURI":"00189310"},)"
        R"("00200013":{"vr":"IS","Value":[1]},"00204000":{"vr":"LT","Value":["a\\\u0000\r\n"]},)"
        R"("00880200":{"vr":"SQ","Value":[{"00280010":{"vr":"US","Value":[2]},)"
        R"("7FE00010":{"vr":"OB","BulkDataURI":"00880200/1/7FE00010"}},{}]}})";
    EXPECT_EQ(to_json(read_one(text)), text);
}

TEST(JsonTree, ValuesAreCountedBeforeTheyAreRead) {
    const std::pair<const char*, std::size_t> texts[] = {
        {"1", 1}, {"[1,2]", 3}, {R"({"a":"x,[{\\\",","b":[null]})", 4}, {R"(["\\",1])", 3}};
    for (const auto& [text, count] : texts) {
        EXPECT_EQ(count_json_values(text), count) << text;
        EXPECT_TRUE(parse_json_tree(text, 9, count).ok()) << text;
        EXPECT_FALSE(parse_json_tree(text, 9, count - 1).ok()) << text;
    }
}

}  // namespace
}  // namespace isocenter::dicom
