#include <gtest/gtest.h>

#include "api/dicomweb/test_object.h"

namespace isocenter::api {
namespace {

using archive::make_data_set;
using archive::to_part10;
using Fields = TestFace::Fields;

class EveryFace : public testing::TestWithParam<const Profile*> {};
INSTANTIATE_TEST_SUITE_P(Faces, EveryFace, testing::Values(&v1_profile(), &v2_profile(), &standard_profile()),
                         [](const auto& test) {
                             return test.param->standard ? std::string("standard")
                                                         : std::string(test.param->name);
                         });

TEST_P(EveryFace, StoredBytesComeBackUnchanged) {
    TestFace face(*GetParam());
    const std::string file = object();
    const Answer stored = face.post("/studies", kMultipart, multipart({{kDicomPart, file}}));
    EXPECT_EQ(stored.status, 200U) << stored.body;
    EXPECT_NE(stored.body.find("http://test/" + std::string(GetParam()->name) + kInstance),
              std::string::npos);
    const Answer single = face.get(kInstance, accept("application/dicom; transfer-syntax=*"));
    EXPECT_EQ(single.status, 200U);
    EXPECT_EQ(single.headers.get("Content-Type"), "application/dicom; transfer-syntax=1.2.840.10008.1.2.1");
    EXPECT_EQ(single.body, file);
    const Answer set =
        face.get("/studies/1.1", accept("multipart/related; type=\"application/dicom\"; transfer-syntax=*"));
    EXPECT_EQ(set.status, 200U);
    EXPECT_NE(set.body.find("\r\n\r\n" + file + "\r\n--"), std::string::npos);
    EXPECT_TRUE(set.body.starts_with("--"));
}

TEST_P(EveryFace, SinglePartStoreAndDuplicates) {
    TestFace face(*GetParam());
    EXPECT_EQ(face.post("/studies", kSingle, object()).status, 200U);
    const Answer again = face.post("/studies", kSingle, object());
    EXPECT_EQ(again.status, GetParam()->standard ? 200U : 409U);
    EXPECT_EQ(face.post("/studies/1.1", kSingle, "").status, 409U);
    EXPECT_EQ(face.post("/studies/abc", kSingle, object()).status, 400U);
    EXPECT_EQ(face.post("/studies/9.9", kSingle, object("1.4")).status, 409U);
}

TEST_P(EveryFace, WrongMediaTypesOfTheRequest) {
    TestFace face(*GetParam());
    EXPECT_EQ(face.post("/studies", {{"Content-Type", "multipart/form; boundary=B"}}, "x").status, 415U);
    // Without a boundary: a matter of the type on the compatibility faces, of the body on the standard one.
    EXPECT_EQ(face.post("/studies", {{"Content-Type", "multipart/related; type=\"application/dicom\""}}, "x")
                  .status,
              GetParam()->standard ? 400U : 415U);
    EXPECT_EQ(face.post("/studies", {}, "").status, 415U);
}

TEST_P(EveryFace, MetadataHasAnETagAnd304) {
    TestFace face(*GetParam());
    face.post("/studies", kMultipart, multipart({{kDicomPart, object()}, {kDicomPart, object("1.4")}}));
    const Answer all = face.get("/studies/1.1/metadata", accept("application/dicom+json"));
    ASSERT_EQ(all.status, 200U) << all.body;
    EXPECT_EQ(all.body.find("7FE00010") != std::string::npos, GetParam()->standard);
    EXPECT_EQ(all.body.find("/bulkdata/7FE00010") != std::string::npos, GetParam()->standard);
    const std::string tag(all.headers.get("ETag"));
    EXPECT_TRUE(tag.starts_with('"') && tag.find("-2-") != std::string::npos) << tag;
    const Answer same = face.get("/studies/1.1/metadata", {{"If-None-Match", tag}});
    EXPECT_EQ(same.status, 304U);
    EXPECT_EQ(same.body, "");
    EXPECT_EQ(face.get("/studies/1.1/metadata", {{"If-None-Match", "1" + tag}}).status, 200U);
    EXPECT_EQ(face.get("/studies/9.9/metadata").status, 404U);
    EXPECT_EQ(face.get("/studies/not-a-uid/metadata", accept("application/data")).status, 406U);
    EXPECT_EQ(face.get("/studies/not-a-uid/metadata").status, 400U);
}

TEST_P(EveryFace, FramesInTheOrderAsked) {
    TestFace face(*GetParam());
    face.post("/studies", kSingle, object());
    const Answer one =
        face.get(kInstance + "/frames/2", accept("application/octet-stream; transfer-syntax=*"));
    EXPECT_EQ(one.status, 200U);
    EXPECT_EQ(one.body, "CCCCDDDD");
    EXPECT_EQ(one.headers.get("Content-Type"),
              "application/octet-stream; transfer-syntax=1.2.840.10008.1.2.1");
    const Answer two =
        face.get(kInstance + "/frames/2%2C1",
                 accept("multipart/related; type=application/octet-stream; transfer-syntax=*"));
    EXPECT_EQ(two.status, 200U);
    EXPECT_LT(two.body.find("CCCCDDDD"), two.body.find("AAAABBBB"));
    EXPECT_EQ(face.get(kInstance + "/frames/3").status, 404U);
    EXPECT_EQ(face.get("/studies/9/series/9/instances/9/frames/1,-1").status, 400U);
    EXPECT_EQ(face.get(kInstance + "/frames/1,,2").status, 400U);
    EXPECT_EQ(face.get(kInstance + "/frames/1", accept("text/html")).status, 406U);
}

TEST_P(EveryFace, UnknownAndUnacceptable) {
    TestFace face(*GetParam());
    EXPECT_EQ(face.get(kInstance).status, 404U);
    EXPECT_EQ(face.get(kInstance, accept("text/html")).status, 406U);
    EXPECT_EQ(face.get("/studies/abc").status, 400U);
    EXPECT_EQ(face.get("/nowhere").status, 404U);
}

TEST_P(EveryFace, RenderedIsCheckedThenRefused) {
    TestFace face(*GetParam());
    EXPECT_EQ(face.get(kInstance + "/rendered").status, 404U);
    face.post("/studies", kSingle, object());
    EXPECT_EQ(face.get(kInstance + "/rendered").status, 406U);
    EXPECT_EQ(face.get(kInstance + "/rendered?quality=0").status, 400U);
    EXPECT_EQ(face.get(kInstance + "/frames/0/rendered").status, 400U);
    EXPECT_EQ(face.get(kInstance + "/frames/5/rendered").status, 404U);
}

TEST(CompatibilityStore, AWrongPartTypeStoresNothing) {
    TestFace face(v2_profile());
    const Answer refused = face.post(
        "/studies", kMultipart, multipart({{kDicomPart, object()}, {"Content-Type: text/plain\r\n", "x"}}));
    EXPECT_EQ(refused.status, 415U);
    EXPECT_EQ(refused.body, "");
    EXPECT_EQ(face.get(kInstance).status, 404U);
}

TEST(CompatibilityStore, NoPartsAndTruncatedParts) {
    TestFace face(v2_profile());
    EXPECT_EQ(face.post("/studies", kMultipart, "--B\r\n\r\n--B--").status, 204U);
    EXPECT_EQ(face.post("/studies", kMultipart, multipart({{kDicomPart, ""}})).status, 409U);
    EXPECT_EQ(face.post("/studies", kMultipart, "").status, 204U);
    const std::string whole = multipart({{kDicomPart, object()}, {kDicomPart, object("1.4")}});
    const Answer cut = face.post("/studies", kMultipart, whole.substr(0, whole.size() - 30));
    EXPECT_EQ(cut.status, 202U);
    EXPECT_NE(cut.body.find("\"00081198\""), std::string::npos) << cut.body;
    EXPECT_EQ(face.get(kInstance).status, 200U);
    EXPECT_EQ(face.get("/studies/1.1/series/1.2/instances/1.4").status, 404U);
}

TEST(CompatibilityStore, LostDataAreNotCalledNoParts) {
    for (const Profile* profile : {&v1_profile(), &v2_profile()}) {
        TestFace face(*profile);
        const std::string part = "--B\r\n" + kDicomPart + "\r\n" + object();
        EXPECT_EQ(face.post("/studies", kMultipart, part).status, 409U) << "without a closing boundary";
        const std::string other = "--C\r\n" + kDicomPart + "\r\n" + object() + "\r\n--C--\r\n";
        EXPECT_EQ(face.post("/studies", kMultipart, other).status, 400U) << "with another boundary";
        EXPECT_EQ(face.post("/studies", kMultipart, "\r\n").status, 400U);
        for (const char* broken : {"--B\r\n", "--B\r\nContent-Type: application/dicom\r\n", "--B\r\n\r\n"})
            EXPECT_EQ(face.post("/studies", kMultipart, broken).status, 400U) << broken;
        EXPECT_EQ(face.get(kInstance).status, 404U);
    }
}

TEST(CompatibilityStore, APartOverTheLimitStoresNothing) {
    ApiOptions options;
    options.max_instance_bytes = 2'000;
    for (const Profile* profile : {&v1_profile(), &v2_profile()}) {
        TestFace face(*profile, options);
        const std::string large = object("1.4") + std::string(2'000, '\0');
        const std::string parts = multipart({{kDicomPart, object()}, {kDicomPart, large}});
        EXPECT_EQ(face.post("/studies", kMultipart, parts).status, 413U);
        EXPECT_EQ(face.post("/studies", kSingle, large).status, 413U);
        EXPECT_EQ(face.get(kInstance).status, 404U);
        EXPECT_EQ(face.post("/studies", kMultipart, multipart({{kDicomPart, object()}})).status, 200U);
    }
}

TEST(CompatibilityStore, FirstPartMayTakeTheRequestsType) {
    TestFace face(v1_profile());
    EXPECT_EQ(face.post("/studies", kMultipart, multipart({{"", object()}})).status, 200U);
    EXPECT_EQ(face.post("/studies", accept("application/dicom"), "").status, 406U);
}

TEST(CompatibilityFace, MarkupInTheQueryIsLeftToTheServerToRefuse) {
    archive::TestArchive stored;
    Metrics metrics;
    net::Lane lane("test", {1, 16}, metrics);
    const ApiOptions options;
    for (const Profile* profile : {&v1_profile(), &v2_profile(), &standard_profile()}) {
        const Face face{*stored.archive, *profile, {lane, lane, lane}, options, "/x"};
        EXPECT_EQ(make_mount(face).refuse_markup_in_query, !profile->standard);
    }
}

TEST(CompatibilityFace, PartitionsInThePathAreRefused) {
    TestFace face(v2_profile());
    const Answer refused = face.get("/partitions/p1/studies", accept("application/dicom+json"));
    EXPECT_EQ(refused.status, 400U);
    EXPECT_EQ(refused.headers.get("Content-Type"), "text/plain; charset=utf-8");
    EXPECT_EQ(face.get("/partitions/p1/studies/1.1/metadata").status, 400U);
    EXPECT_EQ(face.get("/partitions/p1/changefeed").status, 404U);
}

TEST(CompatibilityStore, BulkUpdateIsNoStudy) {
    TestFace face(v2_profile());
    EXPECT_EQ(face.post("/studies/$bulkUpdate", {{"Content-Type", "application/json"}}, "{}").status, 404U);
}

TEST(CompatibilityRendered, TypeThenExistence) {
    TestFace face(v2_profile());
    for (const char* ranges : {"text/html", "*/*", "image/jpeg, image/png"}) {
        const Answer refused = face.get(kInstance + "/rendered", accept(ranges));
        EXPECT_EQ(refused.status, 406U) << ranges;
        EXPECT_NE(refused.body.find("Rendering is not offered"), std::string::npos) << refused.body;
        EXPECT_NE(refused.body.find("type=\"application/dicom\""), std::string::npos) << refused.body;
        EXPECT_EQ(refused.body.find("image/"), std::string::npos) << "that would be refused as well";
    }
    EXPECT_EQ(face.get(kInstance + "/rendered", accept("image/png")).status, 404U);
    face.post("/studies", kSingle, to_part10(make_data_set("1.1", "1.2", "1.3")));
    EXPECT_EQ(face.get(kInstance + "/rendered", accept("image/png")).status, 404U);
}

TEST(StandardStore, KeepsCompletePartsOfABrokenBody) {
    TestFace face(standard_profile());
    const std::string whole = multipart({{kDicomPart, object()}, {kDicomPart, object("1.4")}});
    const Answer cut = face.post("/studies", kMultipart, whole.substr(0, whole.size() - 30));
    EXPECT_EQ(cut.status, 202U);
    EXPECT_NE(cut.body.find("0008119A"), std::string::npos);
    EXPECT_EQ(face.post("/studies", kMultipart, "nothing").status, 400U);
}

TEST(StandardStore, ABodyWithAnotherBoundaryIsNotCalledOneWithoutParts) {
    TestFace face(standard_profile());
    const std::string other = "--C\r\n" + kDicomPart + "\r\n" + object() + "\r\n--C--\r\n";
    const Answer refused = face.post("/studies", kMultipart, other);
    EXPECT_EQ(refused.status, 400U);
    EXPECT_NE(refused.body.find("no boundary of its content type"), std::string::npos) << refused.body;
    const Answer empty = face.post("/studies", kMultipart, "");
    EXPECT_EQ(empty.status, 400U);
    EXPECT_NE(empty.body.find("holds no part"), std::string::npos) << empty.body;
}

/// An instance as metadata whose document is a part of its own.
std::string described(const std::string& uid) {
    return R"({"00080016":{"vr":"UI","Value":["1.2.840.10008.5.1.4.1.1.104.1"]},"00080018":{"vr":"UI","Value":[")" +
           uid + R"("]},"0020000D":{"vr":"UI","Value":["1.1"]},"0020000E":{"vr":"UI","Value":["1.2"]},)" +
           R"("00420011":{"vr":"OB","BulkDataURI":"bulk/)" + uid + "\"}}";
}

TEST(StandardStore, TheLimitOfAnInstanceIsNotThatOfARequestWithMetadata) {
    ApiOptions options;
    options.max_instance_bytes = 10'000;
    TestFace face(standard_profile(), options);
    std::vector<std::pair<std::string, std::string>> parts;
    parts.emplace_back("Content-Type: application/dicom+json\r\n",
                       "[" + described("1.3") + "," + described("1.4") + "," + described("1.5") + "]");
    for (const auto& [uid, bytes] :
         {std::pair("1.3", 6'000), std::pair("1.4", 10'000), std::pair("1.5", 6'000)})
        parts.emplace_back(
            "Content-Type: application/octet-stream\r\nContent-Location: bulk/" + std::string(uid) + "\r\n",
            std::string(static_cast<std::size_t>(bytes), 'x'));
    const Answer stored = face.post(
        "/studies", {{"Content-Type", "multipart/related; type=\"application/dicom+json\"; boundary=B"}},
        multipart(parts));
    EXPECT_EQ(stored.status, 202U) << stored.body;
    const auto failed = stored.body.find("\"00081198\"");
    ASSERT_NE(failed, std::string::npos) << stored.body;
    EXPECT_NE(stored.body.find("42752", failed), std::string::npos) << "A700H " << stored.body;
    EXPECT_NE(stored.body.find("\"1.4\"", failed), std::string::npos) << stored.body;
    EXPECT_EQ(stored.body.find("0008119A"), std::string::npos) << stored.body;
    for (const auto& [uid, status] : {std::pair("1.3", 200U), std::pair("1.4", 404U), std::pair("1.5", 200U)})
        EXPECT_EQ(
            face.get(std::string("/studies/1.1/series/1.2/instances/") + uid, accept("application/dicom"))
                .status,
            status)
            << uid;
}

TEST(StandardStore, AUidThatIsInAnotherSeriesIsToldOf) {
    TestFace face(standard_profile());
    EXPECT_FALSE(face.post("/studies", kSingle, object()).headers.has("Warning"));
    const Answer stored = face.post("/studies", kSingle, to_part10(make_data_set("1.1", "1.9", "1.3")));
    EXPECT_EQ(stored.status, 200U);
    EXPECT_EQ(stored.headers.get("Warning"),
              "299 isocenter: 1 stored beside an instance of the same SOP "
              "Instance UID in another series");
}

TEST(StandardStore, APartWithoutReadableHeadersSpoilsNoOther) {
    TestFace face(standard_profile());
    const std::pair<std::string, std::string> bad("Content-Type application/dicom\r\n", "x");
    const Answer stored = face.post("/studies", kMultipart, multipart({bad, {kDicomPart, object()}}));
    EXPECT_EQ(stored.status, 202U) << stored.body;
    EXPECT_NE(stored.body.find("\"0008119A\""), std::string::npos) << stored.body;
    EXPECT_EQ(face.get(kInstance, accept("application/dicom")).status, 200U);
    EXPECT_EQ(face.post("/studies", kMultipart, multipart({bad})).status, 400U);
}

TEST(CompatibilityStore, APartWithoutReadableHeadersStoresNothing) {
    TestFace face(v2_profile());
    const std::pair<std::string, std::string> bad("Content-Type application/dicom\r\n", "x");
    EXPECT_EQ(face.post("/studies", kMultipart, multipart({{kDicomPart, object()}, bad})).status, 400U);
    EXPECT_EQ(face.get(kInstance + "/metadata", accept("application/dicom+json")).status, 404U);
}

TEST(StandardStore, JsonMetadataWithBulkDataBecomesAnObject) {
    TestFace face(standard_profile());
    const std::string json =
        "[{\"00080016\":{\"vr\":\"UI\",\"Value\":[\"1.2.840.10008.5.1.4.1.1.2\"]},"
        "\"00080018\":{\"vr\":\"UI\",\"Value\":[\"1.3\"]},\"0020000D\":{\"vr\":\"UI\",\"Value\":[\"1.1\"]},"
        "\"0020000E\":{\"vr\":\"UI\",\"Value\":[\"1.2\"]},\"00100020\":{\"vr\":\"LO\",\"Value\":[\"P\"]},"
        "\"00280002\":{\"vr\":\"US\",\"Value\":[1]},\"00280010\":{\"vr\":\"US\",\"Value\":[2]},"
        "\"00280011\":{\"vr\":\"US\",\"Value\":[2]},\"00280100\":{\"vr\":\"US\",\"Value\":[8]},"
        "\"7FE00010\":{\"vr\":\"OB\",\"BulkDataURI\":\"bulk/1\"}}]";
    const Fields fields = {
        {"Content-Type", "multipart/related; type=\"application/dicom+json\"; boundary=B"}};
    const std::string bulk = "Content-Type: application/octet-stream\r\nContent-Location: bulk/1\r\n";
    // The bulk part first: any order is taken.
    const Answer stored = face.post(
        "/studies", fields, multipart({{bulk, "wxyz"}, {"Content-Type: application/dicom+json\r\n", json}}));
    ASSERT_EQ(stored.status, 200U) << stored.body;
    EXPECT_EQ(face.get(kInstance + "/frames/1", accept("application/octet-stream")).body, "wxyz");
    const Answer missing =
        face.post("/studies", fields, multipart({{"Content-Type: application/dicom+json\r\n", json}}));
    EXPECT_EQ(missing.status, 409U);
    EXPECT_NE(missing.body.find("\"00081155\":{\"vr\":\"UI\",\"Value\":[\"1.3\"]}"), std::string::npos)
        << missing.body;
    EXPECT_EQ(
        face.post("/studies", fields, multipart({{"Content-Type: application/dicom+json\r\n", "[{"}})).status,
        400U);
}

TEST(StandardStore, CompressedFramesDescribeThemselves) {
    TestFace face(standard_profile());
    const std::string identifiers =
        "\"00080016\":{\"vr\":\"UI\",\"Value\":[\"1.2.840.10008.5.1.4.1.1.2\"]},"
        "\"00080018\":{\"vr\":\"UI\",\"Value\":[\"1.3\"]},\"0020000D\":{\"vr\":\"UI\",\"Value\":[\"1.1\"]},"
        "\"0020000E\":{\"vr\":\"UI\",\"Value\":[\"1.2\"]},\"00100020\":{\"vr\":\"LO\",\"Value\":[\"P\"]}";
    const std::string json = "[{\"00020010\":{\"vr\":\"UI\",\"Value\":[\"1.2\"]}," + identifiers +
                             ",\"7FE00010\":{\"vr\":\"OB\",\"BulkDataURI\":\"b\"}}]";
    // Baseline, 8 bits, 3 rows of 5 columns, one component.
    const std::string stream(
        "\xFF\xD8\xFF\xC0\0\x0B\x08\0\x03\0\x05\x01\x01\x11\0\xFF\xDA\0\x08\x01\x01\0\0\x3F\0\xFF\xD9\0", 28);
    const Fields fields = {
        {"Content-Type", "multipart/related; type=\"application/dicom+json\"; boundary=B"}};
    const Answer stored =
        face.post("/studies", fields,
                  multipart({{"Content-Type: application/dicom+json\r\n", json},
                             {"Content-Type: image/jpeg\r\nContent-Location: b\r\n", stream}}));
    // Elements of group 2 were discarded: B006H.
    EXPECT_EQ(stored.status, 202U);
    EXPECT_NE(stored.body.find("\"00081196\":{\"vr\":\"US\",\"Value\":[45062]}"), std::string::npos)
        << stored.body;
    const Answer metadata = face.get(kInstance + "/metadata", accept("application/dicom+json"));
    EXPECT_NE(metadata.body.find("\"00280010\":{\"vr\":\"US\",\"Value\":[3]}"), std::string::npos);
    EXPECT_NE(metadata.body.find("\"00280011\":{\"vr\":\"US\",\"Value\":[5]}"), std::string::npos);
    const Answer frame = face.get(kInstance + "/frames/1", accept("image/jpeg"));
    EXPECT_EQ(frame.status, 200U);
    EXPECT_EQ(frame.body, stream);
}

TEST(StandardStore, PartsOfNoKnownTypeAndOthers) {
    TestFace face(standard_profile());
    const std::pair<std::string, std::string> note("Content-Type: text/plain\r\n", "x");
    EXPECT_EQ(face.post("/studies", kMultipart, multipart({note})).status, 415U);
    EXPECT_EQ(face.post("/studies", kMultipart, multipart({note, {kDicomPart, object()}})).status, 202U);
    EXPECT_EQ(face.post("/studies", {{"Content-Type", "multipart/related; type=\"text/plain\"; boundary=B"}},
                        multipart({{kDicomPart, object()}}))
                  .status,
              415U);
}

TEST(UnsupportedVersion, OnlyWellFormedOnes) {
    http::Request request;
    request.path = "/v3/studies";
    const auto response = unsupported_version(request);
    ASSERT_TRUE(response);
    EXPECT_EQ(response->status, 400U);
    EXPECT_EQ(std::get<std::string>(response->body),
              "{\"error\":{\"code\":\"UnsupportedApiVersion\",\"message\":\"version 3 is not offered for "
              "/v3/studies\"}}");
    for (const char* path : {"/vabc/studies", "/v2/studies", "/v1.0-prerelease", "/studies", "/"}) {
        request.path = path;
        EXPECT_FALSE(unsupported_version(request)) << path;
    }
}

}  // namespace
}  // namespace isocenter::api
