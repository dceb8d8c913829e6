#include <gtest/gtest.h>

#include "api/dicomweb/test_object.h"

namespace isocenter::api {
namespace {

using archive::make_data_set;
using archive::to_part10;
using Fields = TestFace::Fields;

TEST(StandardRetrieve, ImplicitVrTravelsAsExplicit) {
    TestFace face(standard_profile());
    face.post("/studies", kSingle, object("1.3", "1.2", dicom::kImplicitVrLittleEndian));
    const Answer answer = face.get(kInstance, accept("application/dicom; transfer-syntax=*"));
    EXPECT_EQ(answer.status, 200U);
    EXPECT_EQ(answer.headers.get("Content-Type"), "application/dicom; transfer-syntax=1.2.840.10008.1.2.1");
    EXPECT_EQ(answer.body, object());
}

TEST(StandardRetrieve, RangesOfSingleParts) {
    TestFace face(standard_profile());
    face.post("/studies", kSingle, object());
    const Answer part = face.get(kInstance, {{"Accept", "application/dicom"}, {"Range", "bytes=128-131"}});
    EXPECT_EQ(part.status, 206U);
    EXPECT_EQ(part.body, "DICM");
    const Answer bulk = face.get(kInstance + "/bulkdata/7FE00010", {{"Range", "bytes=4-7"}});
    EXPECT_EQ(bulk.status, 206U);
    EXPECT_EQ(bulk.body, "BBBB");
    EXPECT_EQ(face.get(kInstance + "/bulkdata/7FE00010", {{"Range", "bytes=99-"}}).status, 416U);
    EXPECT_EQ(face.get(kInstance + "/bulkdata/00091001").status, 404U);
    EXPECT_EQ(face.get("/studies/1.1/pixeldata").status, 200U);
}

/// Status of what was read at one address and is asked for again at another.
unsigned status_elsewhere(TestFace& face, const std::string& target, const std::string& ranges) {
    face.move_to("http://test");
    const Answer first = face.get(target, accept(ranges));
    EXPECT_EQ(first.status, 200U) << target << ranges;
    const Fields again = {{"Accept", ranges}, {"If-None-Match", std::string(first.headers.get("ETag"))}};
    EXPECT_EQ(face.get(target, again).status, 304U) << target << ranges;
    face.move_to("https://elsewhere.example");
    return face.get(target, again).status;
}

TEST(StandardRetrieve, WhatHoldsAddressesHasAnotherTagUnderAnother) {
    TestFace face(standard_profile());
    face.post("/studies", kSingle, object());
    const std::string frame = kInstance + "/frames/1";
    const std::string value = kInstance + "/bulkdata/7FE00010";
    const std::string octets = "multipart/related; type=\"application/octet-stream\"";
    for (const auto& [target, ranges] : std::vector<std::pair<std::string, std::string>>{
             {"/studies/1.1/metadata", "application/dicom+json"},
             {kInstance + "/metadata", "application/dicom+xml"},
             {"/studies/1.1/metadata", "multipart/related; type=\"application/dicom+xml\""},
             {"/studies/1.1", "multipart/related; type=\"application/dicom\""},
             {frame, octets},
             {value, octets},
             {"/studies/1.1/bulkdata", octets}})
        EXPECT_EQ(status_elsewhere(face, target, ranges), 200U) << target << ranges;
    for (const auto& [target, ranges] :
         std::vector<std::pair<std::string, std::string>>{{kInstance, "application/dicom"},
                                                          {"/studies/1.1", "application/zip"},
                                                          {frame, "application/octet-stream"},
                                                          {value, "application/octet-stream"}})
        EXPECT_EQ(status_elsewhere(face, target, ranges), 304U) << target << ranges;
}

TEST(CompatibilityFace, WithoutAddressesMetadataKeepTheirTag) {
    TestFace face(v2_profile());
    face.post("/studies", kSingle, object());
    EXPECT_EQ(status_elsewhere(face, "/studies/1.1/metadata", "application/dicom+json"), 304U);
}

TEST(StandardRetrieve, ZipOfAStudyAndMetadataAsXml) {
    TestFace face(standard_profile());
    face.post("/studies", kSingle, object());
    const Answer zip = face.get("/studies/1.1", accept("application/zip"));
    EXPECT_EQ(zip.status, 200U);
    EXPECT_TRUE(zip.body.starts_with("PK\x03\x04"));
    EXPECT_NE(zip.body.find("1.2/1.3.dcm"), std::string::npos);
    const Answer xml =
        face.get(kInstance + "/metadata", accept("multipart/related; type=\"application/dicom+xml\""));
    EXPECT_EQ(xml.status, 200U);
    EXPECT_NE(xml.body.find("<NativeDicomModel"), std::string::npos);
}

TEST(StandardRetrieve, WadoUri) {
    TestFace face(standard_profile());
    face.post("/studies", kSingle, object());
    const std::string uids = "&studyUID=1.1&seriesUID=1.2&objectUID=1.3";
    const Answer dicom = face.get("?requestType=WADO&contentType=application%2Fdicom" + uids);
    EXPECT_EQ(dicom.status, 200U);
    EXPECT_EQ(dicom.headers.get("Content-Type"), "application/dicom");
    EXPECT_EQ(dicom.body, object());
    EXPECT_EQ(face.get("/wado?requestType=WADO" + uids).status, 406U);
    for (const char* named :
         {"application/dicom", "image/jpeg;q=0.5, application/dicom", "application/*", "Application/DICOM"})
        EXPECT_EQ(face.get("/wado?requestType=WADO" + uids, accept(named)).body, object()) << named;
    for (const char* other : {"*/*", "image/jpeg, application/dicom;q=0", "text/html,*/*;q=0.8",
                              "multipart/related; type=\"application/dicom\""})
        EXPECT_EQ(face.get("/wado?requestType=WADO" + uids, accept(other)).status, 406U) << other;
    EXPECT_EQ(face.get("/wado?requestType=WADO&contentType=image%2Fjpeg" + uids, accept("application/dicom"))
                  .status,
              406U);
    EXPECT_EQ(face.get("/wado?requestType=OTHER" + uids).status, 400U);
    EXPECT_EQ(face.get("/wado?requestType=WADO&studyUID=1.1").status, 400U);
}

TEST(StandardRetrieve, WadoUriGoesByContentTypeWhereAcceptIsTakenStrictly) {
    Profile strict = standard_profile();
    strict.strict_accept = true;
    TestFace face(strict);
    face.post("/studies", kSingle, object());
    const Fields mixed = accept("application/dicom, image/jpeg");
    const Answer dicom = face.get(
        "/wado?requestType=WADO&contentType=application%2Fdicom&studyUID=1.1"
        "&seriesUID=1.2&objectUID=1.3",
        mixed);
    EXPECT_EQ(dicom.status, 200U) << dicom.body;
    EXPECT_EQ(face.get(kInstance, mixed).status, 400U) << "elsewhere it is refused";
}

TEST(StandardRetrieve, PartialSetsOnlyWhereTheyAreGiven) {
    const std::string accept =
        "multipart/related; type=\"application/dicom\"; transfer-syntax=1.2.840.10008.1.2.1";
    for (const bool partial : {true, false}) {
        Profile profile = standard_profile();
        profile.partial_sets = partial;
        TestFace face(profile);
        dicom::DataSet compressed = archive::make_data_set("1.2", "1.3", "1.5");
        face.archive().store({archive::to_part10(archive::make_data_set("1.2", "1.3", "1.4")),
                              archive::to_part10(compressed, "1.2.840.10008.1.2.4.100")});
        const Answer some = face.get("/studies/1.2", {{"Accept", accept}});
        EXPECT_EQ(some.status, partial ? 206U : 406U) << some.body;
        EXPECT_EQ(some.headers.has("Warning"), partial);
        EXPECT_EQ(face.get("/studies/1.2/series/1.3/instances/1.4", {{"Accept", accept}}).status, 200U);
    }
}

}  // namespace
}  // namespace isocenter::api
