#include "dicom/attribute_path.h"

#include <gtest/gtest.h>

#include <string>

#include "dicom/tags.h"

namespace isocenter::dicom {
namespace {

using Kind = AttributePath::Kind;

TEST(AttributePath, ReadsKeywordsAndDigitsOfEitherCase) {
    for (const char* text : {"StudyInstanceUID", "0020000D", "0020000d"}) {
        const AttributePath path = parse_attribute_path(text);
        ASSERT_EQ(path.kind, Kind::known) << text;
        EXPECT_EQ(path.tag(), tags::StudyInstanceUID);
        EXPECT_EQ(path.vr, Vr::UI);
        EXPECT_FALSE(path.nested());
    }
}

TEST(AttributePath, FormsMayBeMixedInAPath) {
    const AttributePath path = parse_attribute_path("RequestAttributesSequence.00401001");
    ASSERT_EQ(path.kind, Kind::known);
    ASSERT_EQ(path.tags.size(), 2U);
    EXPECT_EQ(path.tags[0], tags::RequestAttributesSequence);
    EXPECT_EQ(path.tag(), tags::RequestedProcedureID);
}

TEST(AttributePath, TellsUnknownFromMalformed) {
    for (const char* text :
         {"NoSuchKeyword", "studyDate", "00080003x", "0008FFFE", "NoSuchKeyword.PatientID"}) {
        const Kind wanted = std::string_view(text) == "00080003x" ? Kind::malformed : Kind::unknown;
        EXPECT_EQ(parse_attribute_path(text).kind, wanted) << text;
    }
    for (const char* text : {"", "0008", "Patient-ID", "a b", ".", "PatientID.", ".PatientID",
                             "PatientID.StudyID", "(0010,0020)"}) {
        EXPECT_EQ(parse_attribute_path(text).kind, Kind::malformed) << text;
    }
}

TEST(AttributePath, KnowsPrivateAttributesByDigitsOnly) {
    const AttributePath path = parse_attribute_path("00231001");
    ASSERT_EQ(path.kind, Kind::known);
    EXPECT_TRUE(path.tag().is_private());
}

TEST(AttributePath, BoundsTheDepth) {
    std::string deep = "RequestAttributesSequence";
    for (int i = 0; i < 8; ++i)
        deep += ".RequestAttributesSequence";
    EXPECT_EQ(parse_attribute_path(deep).kind, Kind::malformed);
}

TEST(AttributePath, KnowsWhichAttributesHaveSeveralValues) {
    EXPECT_TRUE(parse_attribute_path("ModalitiesInStudy").multi_valued);
    EXPECT_FALSE(parse_attribute_path("PatientID").multi_valued);
}

}  // namespace
}  // namespace isocenter::dicom
