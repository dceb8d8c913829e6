#include "dicom/xml.h"

#include <gtest/gtest.h>

#include "dicom/json_reader.h"
#include "dicom/json_tree.h"
#include "dicom/json_writer.h"
#include "dicom/tags.h"

namespace isocenter::dicom {
namespace {

using namespace std::string_literals;

constexpr std::string_view kHead =
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<NativeDicomModel xml:space=\"preserve\" "
    "xmlns=\"http://dicom.nema.org/PS3.19/models/NativeDICOM\">";
constexpr std::string_view kTail = "</NativeDicomModel>\n";

/// What stands inside the root of the document of `data_set`.
std::string inside(const DataSet& data_set) {
    const std::string xml = to_xml(data_set);
    EXPECT_TRUE(xml.starts_with(kHead)) << xml;
    EXPECT_TRUE(xml.ends_with(kTail)) << xml;
    return xml.substr(kHead.size(), xml.size() - kHead.size() - kTail.size());
}

std::string inside(Element element) {
    DataSet data_set;
    data_set.set(std::move(element));
    return inside(data_set);
}

Result<DataSet> read_inside(std::string_view attributes) {
    return read_xml(std::string(kHead).append(attributes).append(kTail));
}

std::string json_of(std::string_view attributes) {
    const auto data_set = read_inside(attributes);
    return data_set ? to_json(*data_set) : data_set.error().message;
}

TEST(XmlWriter, ValuesAreNumberedAndKeepTheirPlaces) {
    EXPECT_EQ(
        inside({.tag = tags::ModalitiesInStudy, .vr = Vr::CS, .bytes = "CT\\\\ SR "}),
        R"(<DicomAttribute tag="00080061" vr="CS" keyword="ModalitiesInStudy"><Value number="1">CT</Value>)"
        R"(<Value number="2"></Value><Value number="3">SR</Value></DicomAttribute>)");
    EXPECT_EQ(
        inside({.tag = tags::Rows, .vr = Vr::US, .bytes = "\1\2"}),
        R"(<DicomAttribute tag="00280010" vr="US" keyword="Rows"><Value number="1">513</Value></DicomAttribute>)");
    EXPECT_EQ(inside({.tag = tags::Rows, .vr = Vr::US}),
              R"(<DicomAttribute tag="00280010" vr="US" keyword="Rows"></DicomAttribute>)");
}

TEST(XmlWriter, NamesHaveTheirParts) {
    EXPECT_EQ(
        inside({.tag = tags::PatientName, .vr = Vr::PN, .bytes = "Doe^Jane^^Dr^=X "}),
        R"(<DicomAttribute tag="00100010" vr="PN" keyword="PatientName"><PersonName number="1"><Alphabetic>)"
        R"(<FamilyName>Doe</FamilyName><GivenName>Jane</GivenName><NamePrefix>Dr</NamePrefix></Alphabetic>)"
        R"(<Ideographic><FamilyName>X</FamilyName></Ideographic></PersonName></DicomAttribute>)");
}

TEST(XmlWriter, SequencesPrivateAttributesAndBulk) {
    DataSet data_set;
    data_set.set({.tag = {0x0023, 0x0010}, .vr = Vr::LO, .bytes = "AC&ME "});
    data_set.set({.tag = {0x0023, 0x1001}, .vr = Vr::LO, .bytes = "x"});
    data_set.set({.tag = tags::RequestAttributesSequence, .vr = Vr::SQ, .items = {DataSet{}}});
    data_set.set({.tag = tags::PixelData, .vr = Vr::OW, .held = false, .where = {1, 2}});
    EXPECT_EQ(
        inside(data_set),
        R"(<DicomAttribute tag="00230010" vr="LO"><Value number="1">AC&amp;ME</Value></DicomAttribute>)"
        R"(<DicomAttribute tag="00230001" vr="LO" privateCreator="AC&amp;ME"><Value number="1">x</Value></DicomAttribute>)"
        R"(<DicomAttribute tag="00400275" vr="SQ" keyword="RequestAttributesSequence"><Item number="1"></Item></DicomAttribute>)"
        R"(<DicomAttribute tag="7FE00010" vr="OW" keyword="PixelData"><BulkData uri="7FE00010"/></DicomAttribute>)");
}

TEST(XmlWriter, DropsWhatXmlCannotHold) {
    EXPECT_EQ(inside({.tag = {0x0020, 0x4000}, .vr = Vr::LT, .bytes = " a\x01\r\n<\"\0b\0"s}),
              "<DicomAttribute tag=\"00204000\" vr=\"LT\" keyword=\"ImageComments\"><Value number=\"1\"> "
              "a&#13;\n&lt;"
              "&quot;b</Value></DicomAttribute>");
}

TEST(XmlWriter, IsUtf8WhateverAUriHolds) {
    const Element element{
        .tag = tags::PixelData, .vr = Vr::OB, .held = false, .bulk_uri = "http://h/\xCF\xDD?a\xC3\xA9"};
    EXPECT_EQ(inside(element),
              "<DicomAttribute tag=\"7FE00010\" vr=\"OB\" keyword=\"PixelData\">"
              "<BulkData uri=\"http://h/\xEF\xBF\xBD\xEF\xBF\xBD?a\xC3\xA9\"/></DicomAttribute>");
}

TEST(XmlReader, ElementsAndAttributesAreCountedBeforeTheyAreRead) {
    const XmlCounts counts = count_xml("<a b='1' c = \"2\"><d/><!-- no --></a>");
    EXPECT_EQ(counts.elements, 3U) << "a comment counts as one";
    EXPECT_EQ(counts.attributes, 2U);
    EXPECT_EQ(count_xml("<").elements, 0U);
}

TEST(XmlReader, FindsTheCreatorWhoseNameHasBlanksAround) {
    DataSet data_set;
    data_set.set({.tag = {0x0023, 0x0010}, .vr = Vr::LO, .bytes = " ACME "});
    data_set.set({.tag = {0x0023, 0x1001}, .vr = Vr::LO, .bytes = "x"});
    const auto back = read_xml(to_xml(data_set));
    ASSERT_TRUE(back.ok()) << back.error().message;
    EXPECT_EQ(to_json(*back), R"({"00230010":{"vr":"LO","Value":["ACME"]},)"
                              R"("00231001":{"vr":"LO","Value":["x"]}})");
}

TEST(XmlReader, ReadsWhatTheWriterWrote) {
    const std::string json =
        R"({"00080005":{"vr":"CS","Value":["ISO_IR 192"]},"00080008":{"vr":"CS","Value":["A",null,"B"]},)"
        R"("00090010":{"vr":"LO","Value":["ACME"]},"00090011":{"vr":"LO","Value":["OTHER"]},)"
        R"("00091001":{"vr":"UN","InlineBinary":"AAE="},"00091101":{"vr":"LO","Value":["y"]},)"
        R"("00100010":{"vr":"PN","Value":[{"Alphabetic":"Doe^J^M^P^S","Phonetic":"山^川"},null]},)"
        R"("00200013":{"vr":"IS","Value":[1]},"00204000":{"vr":"LT","Value":["  a\\&<>\"\r\n\tb"]},)"
        R"("00280009":{"vr":"AT","Value":["00181063"]},"00280030":{"vr":"DS","Value":[0.50,1]},)"
        R"("00880200":{"vr":"SQ","Value":[{"00280010":{"vr":"US","Value":[2]},)"
        R"("7FE00010":{"vr":"OB","BulkDataURI":"http://h/?a=1&b=2"}},{}]}})";
    const auto original = read_json(json);
    ASSERT_TRUE(original.ok());
    const auto back = read_xml(to_xml(original->front()));
    ASSERT_TRUE(back.ok()) << back.error().message;
    EXPECT_EQ(to_json(*back), json);
    std::string xml;
    ASSERT_TRUE(append_xml(xml, json).ok());
    EXPECT_EQ(xml, to_xml(original->front())) << "the same without a tree";
}

TEST(XmlWriter, OfStoredJsonNamesTheCharacterSetThatTheObjectDidNot) {
    const std::string name = R"("00100010":{"vr":"PN","Value":[{"Alphabetic":"Müller"}]}})";
    for (const std::string before : {"{", R"({"00080060":{"vr":"CS","Value":["CT"]},)"}) {
        std::string xml;
        ASSERT_TRUE(append_xml(xml, before + name).ok());
        EXPECT_EQ(xml, to_xml(read_json(before + name)->front()));
        EXPECT_NE(xml.find("ISO_IR 192"), std::string::npos);
    }
    std::string xml;
    ASSERT_TRUE(append_xml(xml, R"({"00100010":{"vr":"PN","Value":[{"Alphabetic":"Doe"}]}})").ok());
    EXPECT_EQ(xml.find("ISO_IR"), std::string::npos);
}

TEST(XmlWriter, OfStoredJsonTakesAnyNumberOfValues) {
    std::string json = R"({"00280106":{"vr":"US","Value":[0)";
    const std::string_view kMore = ",1";
    constexpr std::size_t kValues = kMaxJsonValues + 10;
    for (std::size_t i = 1; i < kValues; ++i)
        json += kMore;
    json += "]}}";
    EXPECT_FALSE(read_json(json).ok());
    std::string xml;
    std::uint64_t reserved = 0;
    const Reserve keep = [&](std::uint64_t bytes) -> Status {
        reserved = bytes;
        return {};
    };
    ASSERT_TRUE(append_xml(xml, json, keep).ok());
    EXPECT_NE(xml.find("<Value number=\"" + std::to_string(kValues) + "\">1</Value>"), std::string::npos);
    EXPECT_GT(reserved, xml.size());
    const Reserve refuse = [](std::uint64_t) -> Status { return fail(ErrorCode::overloaded, "no"); };
    EXPECT_EQ(append_xml(xml, json, refuse).error().code, ErrorCode::overloaded);
}

TEST(XmlWriter, OfJsonThatIsNoDataSetIsCorrupt) {
    for (const char* json :
         {"", "[]", "{", R"({"00100020":{"vr":"LO"})", R"({"PatientID":{"vr":"LO"}})",
          R"({"00080061":{"vr":"SQ","Value":[1]}})", R"({"00100020":{"vr":"LO","Value":1}})",
          R"({"00280010":{"vr":"US","Value":["x"]}})"}) {
        std::string xml;
        EXPECT_EQ(append_xml(xml, json).error().code, ErrorCode::corrupt) << json;
    }
}

TEST(XmlReader, ToleratesCapitalsMissingNamespaceAndOrder) {
    const auto data_set = read_xml(
        "<NativeDicomModel>\n <DicomAttribute Tag='00100020' VR='LO' Keyword='PatientID'>\n  <Value "
        "number='1'>P7</Value>\n </DicomAttribute>\n <DicomAttribute keyword='Modality'><Value>CT</Value>"
        "</DicomAttribute></NativeDicomModel>");
    ASSERT_TRUE(data_set.ok()) << data_set.error().message;
    EXPECT_EQ(to_json(*data_set),
              R"({"00080060":{"vr":"CS","Value":["CT"]},"00100020":{"vr":"LO","Value":["P7"]}})");
    EXPECT_TRUE(read_xml("<n:NativeDicomModel xmlns:n='x'><n:DicomAttribute tag='00100020' vr='LO'/>"
                         "</n:NativeDicomModel>")
                    ->find(tags::PatientID) != nullptr);
}

TEST(XmlReader, PrivateAttributesWithoutACreatorElementGetAFreeBlock) {
    EXPECT_EQ(
        json_of(
            R"(<DicomAttribute tag="00090010" vr="LO"><Value number="1">OTHER</Value></DicomAttribute>)"
            R"(<DicomAttribute tag="00090010" vr="LO" privateCreator="ACME"><Value>x</Value></DicomAttribute>)"),
        R"({"00090010":{"vr":"LO","Value":["OTHER"]},"00090011":{"vr":"LO","Value":["ACME"]},)"
        R"("00091110":{"vr":"LO","Value":["x"]}})");
}

TEST(XmlReader, BlocksBelongToTheirGroupAndItem) {
    const std::string acme = R"(<DicomAttribute tag="00090001" vr="LO" privateCreator="ACME"/>)"
                             R"(<DicomAttribute tag="00090002" vr="LO" privateCreator="ACME"/>)"
                             R"(<DicomAttribute tag="00090001" vr="LO" privateCreator="EMCA"/>)"
                             R"(<DicomAttribute tag="000B0001" vr="LO" privateCreator="EMCA"/>)";
    const std::string expected =
        R"("00090010":{"vr":"LO","Value":["ACME"]},"00090011":{"vr":"LO","Value":["EMCA"]},)"
        R"("00091001":{"vr":"LO"},"00091002":{"vr":"LO"},"00091101":{"vr":"LO"},)"
        R"("000B0010":{"vr":"LO","Value":["EMCA"]},"000B1001":{"vr":"LO"})";
    EXPECT_EQ(json_of(acme + R"(<DicomAttribute tag="00400275" vr="SQ"><Item number="1">)" + acme +
                      "</Item></DicomAttribute>"),
              "{" + expected + R"(,"00400275":{"vr":"SQ","Value":[{)" + expected + "}]}}");
}

TEST(XmlReader, AGroupHasNoMoreThan240PrivateCreators) {
    std::string attributes;
    for (int i = 0; i < 240; ++i)
        attributes +=
            R"(<DicomAttribute tag="00090001" vr="LO" privateCreator=")" + std::to_string(i) + R"("/>)";
    const auto full = read_xml(std::string(kHead).append(attributes).append(kTail));
    ASSERT_TRUE(full.ok());
    EXPECT_NE(full->find({0x0009, 0xFF01}), nullptr);
    attributes += R"(<DicomAttribute tag="00090001" vr="LO" privateCreator="240"/>)";
    EXPECT_FALSE(read_xml(std::string(kHead).append(attributes).append(kTail)).ok());
}

TEST(XmlReader, ValuesGoWhereTheirNumberSays) {
    EXPECT_EQ(
        json_of(
            R"(<DicomAttribute tag="00080008" vr="CS"><Value number="3">C</Value><Value number="1">A</Value></DicomAttribute>)"),
        R"({"00080008":{"vr":"CS","Value":["A",null,"C"]}})");
}

TEST(XmlReader, UnknownVrs) {
    const auto known = read_xml(
        "<NativeDicomModel><DicomAttribute tag='00100020' vr='ZZ'><Value>x</Value></DicomAttribute>"
        "<DicomAttribute tag='00091001' vr='ZZ'><InlineBinary>AAE=</InlineBinary></DicomAttribute>"
        "</NativeDicomModel>");
    ASSERT_TRUE(known);
    EXPECT_EQ(known->find(tags::PatientID)->vr, Vr::LO);
    EXPECT_EQ(known->find({0x0009, 0x1001})->vr, Vr::UN);
    const auto unknown = read_xml(
        "<NativeDicomModel><DicomAttribute tag='00091001' vr='ZZ'><Value>x</Value></DicomAttribute>"
        "</NativeDicomModel>");
    ASSERT_FALSE(unknown);
    EXPECT_EQ(unknown.error().message,
              "XML: the VR ZZ is unknown and the attribute is not in the dictionary in 00091001");
}

TEST(XmlReader, SalvagesWhatCanBeRead) {
    const auto read = salvage_xml(
        "<NativeDicomModel><DicomAttribute tag='00280010' vr='US'><Value>x</Value></DicomAttribute>"
        "<DicomAttribute/><DicomAttribute tag='00100020' vr='LO'><Value>a</Value></DicomAttribute>"
        "</NativeDicomModel>");
    ASSERT_TRUE(read);
    EXPECT_EQ(read->status.error().message, "XML: a value is not of its VR in 00280010");
    EXPECT_EQ(read->data_set.text(tags::PatientID), "a");
    EXPECT_EQ(read->data_set.elements().size(), 1U);
    EXPECT_FALSE(salvage_xml("<NativeDicomModel>"));
    EXPECT_FALSE(salvage_xml("<x/>"));
}

TEST(XmlReader, RefusesWhatIsWrong) {
    for (std::string_view attributes : {
             "<DicomAttribute vr='LO'/>",
             "<DicomAttribute tag='001000' vr='LO'/>",
             "<DicomAttribute tag='00090001'/>",
             "<DicomAttribute tag='00100020' vr='LO'/><DicomAttribute tag='00100020' vr='LO'/>",
             "<DicomAttribute tag='00280010' vr='US'><Value number='1'>x</Value></DicomAttribute>",
             "<DicomAttribute tag='00280010' vr='US'><Value number='0'>1</Value></DicomAttribute>",
             "<DicomAttribute tag='00280010' vr='US'><Value number='9999999'>1</Value></DicomAttribute>",
             "<DicomAttribute tag='00080008' vr='CS'><Value number='1'>A</Value><Value "
             "number='1'>B</Value></DicomAttribute>",
             "<DicomAttribute tag='7FE00010' vr='OW'><InlineBinary>?</InlineBinary></DicomAttribute>",
             "<DicomAttribute tag='00100020' vr='LO'>",
         }) {
        const auto result = read_inside(attributes);
        ASSERT_FALSE(result.ok()) << attributes;
        EXPECT_EQ(result.error().code, ErrorCode::invalid_request);
    }
    EXPECT_FALSE(read_xml("").ok());
    EXPECT_FALSE(read_xml("<x/>").ok());
    const auto nested = read_inside(
        "<DicomAttribute tag='00880200' vr='SQ'><Item number='1'><DicomAttribute "
        "tag='00280010' vr='US'><Value>x</Value></DicomAttribute></Item></DicomAttribute>");
    ASSERT_FALSE(nested.ok());
    EXPECT_EQ(nested.error().message, "XML: a value is not of its VR in 00880200/00280010");
}

TEST(XmlReader, RefusesEntitiesThatXmlDoesNotHave) {
    const auto comment = [](const std::string& value) {
        return read_inside("<DicomAttribute tag=\"00104000\" vr=\"LT\"><Value number=\"1\">" + value +
                           "</Value></DicomAttribute>");
    };
    for (const char* value :
         {"&nosuch;", "A & B", "&amp", "&#0;", "&#xD800;", "&#x110000;", "&#;", "&#x;", "&"})
        EXPECT_EQ(comment(value).error().code, ErrorCode::invalid_request) << value;
    EXPECT_FALSE(read_inside("<DicomAttribute tag=\"00104000\" keyword=\"&nosuch;\"/>").ok());
    const auto read = comment("&lt;&gt;&amp;&quot;&apos;&#65;&#x42;<![CDATA[&nosuch;]]><!-- &nosuch; -->");
    ASSERT_TRUE(read.ok()) << read.error().message;
    EXPECT_EQ(read->find({0x0010, 0x4000})->bytes, "<>&\"'AB&nosuch;");
}

TEST(XmlReader, RefusesADocumentType) {
    const std::string body = std::string(kHead.substr(kHead.find("<Native"))).append(kTail);
    for (const std::string declared :
         {"<!DOCTYPE NativeDicomModel>", "<!DOCTYPE NativeDicomModel [<!ENTITY e \"x\">]>"}) {
        const auto read = read_xml(declared + body);
        ASSERT_FALSE(read.ok()) << declared;
        EXPECT_NE(read.error().message.find("document type"), std::string::npos) << read.error().message;
    }
    EXPECT_TRUE(read_xml(body).ok());
}

TEST(XmlReader, DepthIsBounded) {
    const auto nested = [](unsigned levels) {
        std::string text;
        for (unsigned i = 0; i < levels; ++i)
            text += "<DicomAttribute tag='00880200' vr='SQ'><Item number='1'>";
        for (unsigned i = 0; i < levels; ++i)
            text += "</Item></DicomAttribute>";
        return text;
    };
    EXPECT_TRUE(read_inside(nested(64)).ok());
    EXPECT_FALSE(read_inside(nested(65)).ok());
}

}  // namespace
}  // namespace isocenter::dicom
