#include "api/dicomweb/store_metadata.h"

#include <gtest/gtest.h>

#include "api/dicomweb/spool.h"
#include "archive/test_archive.h"
#include "dicom/json_filter.h"
#include "dicom/tags.h"
#include "dicom/xml.h"

namespace isocenter::api {
namespace {

using archive::StoreFailure;
using Kind = MetadataStore::Kind;

/// One request with metadata and bulk data, for an archive of its own.
class MetadataStoreTest : public ::testing::Test {
  protected:
    void part(Kind kind, const std::string& text, const std::string& location = {},
              const std::string& type = "application/octet-stream") {
        store.begin_part(kind, ++parts, *http::parse_media_type(type), location);
        ASSERT_TRUE(store.write(as_bytes(text)).ok());
    }
    Result<std::vector<PartFailure>> finish() {
        auto failures = store.finish(
            batch,
            [this](std::uint64_t bytes) {
                asked.push_back(bytes);
                return bytes > most ? Status(fail(ErrorCode::overloaded, "no memory")) : Status{};
            },
            abandoned.get_token());
        outcomes = batch.finish();
        return failures;
    }

    archive::TestArchive stored;
    archive::StoreBatch batch{*stored.archive, {}};
    MetadataStore store{"http://test/studies", Spool(1ULL << 30U, ""), 0};
    std::uint64_t parts = 0;
    std::uint64_t most = UINT64_MAX;
    std::vector<std::uint64_t> asked;
    std::stop_source abandoned;
    std::vector<archive::StoreOutcome> outcomes;
};

/// An instance with `members` behind its identifiers.
std::string instance(const std::string& uid, const std::string& members = {}) {
    return R"({"00080016":{"vr":"UI","Value":["1.2.840.10008.5.1.4.1.1.2"]},"00080018":{"vr":"UI","Value":[")" +
           uid + R"("]},"0020000D":{"vr":"UI","Value":["1.1"]},"0020000E":{"vr":"UI","Value":["1.1.1"]})" +
           members + "}";
}

std::string numbers(std::size_t count) {
    std::string text = R"(,"00280106":{"vr":"US","Value":[0)";
    for (std::size_t i = 1; i < count; ++i)
        text += ",0";
    return text + "]}";
}

TEST_F(MetadataStoreTest, MemoryIsAskedForByTheValuesOfEachPart) {
    constexpr std::uint64_t kCount = 100'000;
    part(Kind::json, instance("1.1.1.1", numbers(kCount)));
    part(Kind::json, instance("1.1.1.2"));
    ASSERT_TRUE(finish().ok());
    ASSERT_EQ(asked.size(), 3U);
    EXPECT_GT(asked[0], kCount * 130) << "what such a value was seen to take";
    EXPECT_LT(asked[1], 10'000U);
    EXPECT_EQ(asked[2], 0U);
    ASSERT_EQ(outcomes.size(), 2U);
    EXPECT_TRUE(outcomes[0].created);
    EXPECT_TRUE(outcomes[1].created);
}

TEST_F(MetadataStoreTest, APartThatFindsNoMemoryFailsAlone) {
    most = 1'000'000;
    part(Kind::json, instance("1.1.1.1", numbers(100'000)));
    part(Kind::json, instance("1.1.1.2"));
    const auto failures = finish();
    ASSERT_TRUE(failures.ok());
    ASSERT_EQ(failures->size(), 1U);
    EXPECT_EQ(failures->front().failure, StoreFailure::out_of_resources);
    EXPECT_EQ(failures->front().part, 1U);
    ASSERT_EQ(outcomes.size(), 1U);
    EXPECT_TRUE(outcomes[0].created);
}

TEST_F(MetadataStoreTest, WithoutMemoryForAnyThereIsAnError) {
    most = 1'000'000;
    part(Kind::json, instance("1.1.1.1", numbers(100'000)));
    EXPECT_EQ(finish().error().code, ErrorCode::overloaded);
}

TEST_F(MetadataStoreTest, ElementsOfXmlAreBoundedAndCharged) {
    std::string xml = "<NativeDicomModel>";
    for (std::size_t i = 0; i <= dicom::kMaxXmlElements; ++i)
        xml += "<a/>";
    part(Kind::xml, xml + "</NativeDicomModel>");
    const auto failures = finish();
    EXPECT_EQ(failures.error().code, ErrorCode::invalid_request);
    EXPECT_NE(failures.error().message.find("too many elements"), std::string::npos);
    ASSERT_FALSE(asked.empty());
    EXPECT_GT(asked[0], dicom::kMaxXmlElements * 64);
}

std::string link(const std::string& uri) {
    return R"(,"7FE00010":{"vr":"OB","BulkDataURI":")" + uri + R"("})";
}

TEST_F(MetadataStoreTest, LinksFindTheirPartsByTheirAbsoluteLocations) {
    const struct {
        const char* link;
        const char* location;
    } equal[] = {{"a/1", "a/1"},
                 {"a/2", "http://test/studies/a/2"},
                 {"http://test/studies/a/3/", "a/3"},
                 {"a/6", "http://test/a/6"},
                 {"http://test/a/7", "a/7"},
                 {"./a/8", "../a/8"},
                 {"a/9", "/a/9/frames/1"},
                 {"/studies/a/10", "a/10/frames/1"},
                 {"/b/4", "http://test/b/4"},
                 {"cid:5", "cid:5"}};
    int number = 0;
    for (const auto& [uri, location] : equal) {
        part(Kind::json, instance("1.1.1." + std::to_string(++number), link(uri)));
        part(Kind::bulk, "ab", location);
    }
    const auto failures = finish();
    ASSERT_TRUE(failures.ok());
    EXPECT_TRUE(failures->empty());
    ASSERT_EQ(outcomes.size(), std::size(equal));
    for (std::size_t i = 0; i < outcomes.size(); ++i)
        EXPECT_TRUE(outcomes[i].created) << equal[i].link << ": " << outcomes[i].message;
}

TEST_F(MetadataStoreTest, LinksToNothingFailTheirInstance) {
    part(Kind::json, instance("1.1.1.1", link("")));
    part(Kind::json, instance("1.1.1.2", R"(,"7FE00010":{"vr":"OB","BulkDataURI":null})"));
    part(
        Kind::xml,
        R"(<NativeDicomModel><DicomAttribute tag="7FE00010" vr="OB"><BulkData uri=""/></DicomAttribute></NativeDicomModel>)");
    ASSERT_TRUE(finish().ok());
    ASSERT_EQ(outcomes.size(), 3U);
    for (const archive::StoreOutcome& outcome : outcomes)
        EXPECT_EQ(outcome.failure, StoreFailure::not_understood);
}

TEST_F(MetadataStoreTest, TextOfBulkPartsNamesItsCharacterSet) {
    const std::string latin = R"(,"00080005":{"vr":"CS","Value":["ISO_IR 100"]})";
    const std::string text = R"(,"0040A160":{"vr":"UT","BulkDataURI":"u)";
    const std::string long_text(64 * 1024 - 1, 'x');  // a character lies across two pieces
    const struct {
        std::string members;
        std::string bytes;
        const char* set;
    } cases[] = {{text, "\xC3\xA4 \xC3\xB6", "ISO_IR 192"},
                 {latin + text, "\xC3\xA4", "ISO_IR 192"},
                 {latin + text, "\xE4 and more", "ISO_IR 100"},
                 {text, long_text + "\xC3\xA4", "ISO_IR 192"},
                 {text, "ascii", ""}};
    int number = 0;
    for (const auto& [members, bytes, set] : cases) {
        const std::string uid = std::to_string(++number);
        part(Kind::json, instance("1.1.1." + uid, members + uid + "\"}"));
        part(Kind::bulk, bytes, "u" + uid, "text/plain; charset=utf-8");
    }
    const auto failures = finish();
    ASSERT_TRUE(failures.ok());
    EXPECT_TRUE(failures->empty());
    for (int i = 1; i <= number; ++i) {
        const auto location =
            stored.archive->locate(archive::key_of("1.1", "1.1.1", "1.1.1." + std::to_string(i)));
        ASSERT_TRUE(location.ok()) << i;
        const auto documents = stored.archive->documents({&(*location)->record.id, 1});
        ASSERT_TRUE(documents.ok());
        const std::string_view set =
            dicom::find_attribute(documents->front().json, dicom::tags::SpecificCharacterSet);
        const auto& expected = cases[i - 1];
        EXPECT_EQ(set.empty() ? "" : set,
                  *expected.set == '\0' ? std::string()
                                        : R"({"vr":"CS","Value":[")" + std::string(expected.set) + R"("]})")
            << i;
        const std::string_view value = dicom::find_attribute(documents->front().json, {0x0040, 0xA160});
        EXPECT_EQ(value.find("\xEF\xBF\xBD"), std::string_view::npos) << i;
    }
}

TEST_F(MetadataStoreTest, FramesThatAreNoRowFailTheirInstance) {
    const std::vector<std::vector<const char*>> suffixes = {
        {}, {"/frames/2"}, {"/frames/x"}, {"/frames/1", "/frames/1"}, {"/frames/0"}, {"", "/frames/1"}};
    for (std::size_t i = 0; i < suffixes.size(); ++i) {
        const std::string uri = "b/" + std::to_string(i);
        part(Kind::json, instance("1.1.1." + std::to_string(i + 1), link(uri)));
        for (const char* frame : suffixes[i])
            part(Kind::bulk, "ab", uri + frame);
    }
    part(Kind::json, instance("1.1.1.99", link("b/99")));
    part(Kind::bulk, "ab", "b/99/frames/2");
    part(Kind::bulk, "cd", "b/99/frames/1");
    ASSERT_TRUE(finish().ok());
    ASSERT_EQ(outcomes.size(), suffixes.size() + 1);
    for (std::size_t i = 0; i < suffixes.size(); ++i)
        EXPECT_EQ(outcomes[i].failure, StoreFailure::not_understood) << i;
    EXPECT_TRUE(outcomes.back().created) << outcomes.back().message;
}

TEST_F(MetadataStoreTest, ManyLinksFindManyParts) {
    constexpr int kLinks = 20'000;
    std::string items;
    for (int i = 0; i < kLinks; ++i) {
        const std::string uri = "b/" + std::to_string(i);
        items +=
            (i == 0 ? "" : ",") + std::string(R"({"0040A160":{"vr":"UT","BulkDataURI":")") + uri + "\"}}";
        part(Kind::bulk, "ab", uri, "text/plain");
    }
    part(Kind::json, instance("1.1.1.1", R"(,"0040A730":{"vr":"SQ","Value":[)" + items + "]}"));
    const auto failures = finish();
    ASSERT_TRUE(failures.ok());
    EXPECT_TRUE(failures->empty());
    ASSERT_EQ(outcomes.size(), 1U);
    EXPECT_TRUE(outcomes[0].created) << outcomes[0].message;
}

/// Each of several links takes all parts of its place; those of a place without links are told one by one.
TEST_F(MetadataStoreTest, ManyPartsShareALocation) {
    constexpr int kParts = 5'000;
    const std::string pixels =
        R"(,"00280002":{"vr":"US","Value":[1]},"00280100":{"vr":"US","Value":[8]})" + link("b");
    for (int i = 1; i <= 3; ++i)
        part(Kind::json, instance("1.1.1." + std::to_string(i), pixels));
    std::string expected;
    for (int i = 0; i < kParts; ++i) {
        expected += std::to_string(10'000 + i) + '.';
        part(Kind::bulk, std::to_string(10'000 + i) + '.', "b");
        part(Kind::bulk, "x", "nowhere");
    }
    const auto failures = finish();
    ASSERT_TRUE(failures.ok());
    ASSERT_EQ(failures->size(), static_cast<std::size_t>(kParts));
    for (int i = 0; i < kParts; ++i)
        EXPECT_EQ((*failures)[static_cast<std::size_t>(i)].part, static_cast<std::uint64_t>(5 + 2 * i));
    ASSERT_EQ(outcomes.size(), 3U);
    for (int i = 1; i <= 3; ++i) {
        const auto location =
            stored.archive->locate(archive::key_of("1.1", "1.1.1", "1.1.1." + std::to_string(i)));
        ASSERT_TRUE(location.ok());
        const auto value =
            stored.archive->open_bulk(**location, *dicom::find_bulk((*location)->layout, "7FE00010"));
        ASSERT_TRUE(value.ok());
        EXPECT_TRUE(*read_all(**value, 1U << 20U) == expected);
    }
}

TEST_F(MetadataStoreTest, ManyFramesOfALocationAreInTheOrderOfTheirNumbers) {
    constexpr int kFrames = 3'000;
    part(Kind::json, instance("1.1.1.1", link("b")));
    std::string expected;
    for (int i = 0; i < kFrames; ++i) {
        expected += std::to_string(10'000 + i) + '.';
        const int number = kFrames - i;
        part(Kind::bulk, std::to_string(10'000 + number - 1) + '.', "b/frames/" + std::to_string(number));
    }
    const auto failures = finish();
    ASSERT_TRUE(failures.ok());
    EXPECT_TRUE(failures->empty());
    const auto location = stored.archive->locate(archive::key_of("1.1", "1.1.1", "1.1.1.1"));
    ASSERT_TRUE(location.ok());
    EXPECT_TRUE(
        *read_all(**stored.archive->open_bulk(**location, *dicom::find_bulk((*location)->layout, "7FE00010")),
                  1U << 20U) == expected);
}

TEST_F(MetadataStoreTest, WhatHasNoIdentifiersIsRefusedWithoutMakingAnObject) {
    stored.blobs.fail_from(blob::FaultStore::Call::create, 1);
    part(Kind::json, R"([{},{"00080018":{"vr":"UI","Value":["1.1.1.9"]}}])");
    ASSERT_TRUE(finish().ok());
    ASSERT_EQ(outcomes.size(), 2U);
    for (const archive::StoreOutcome& outcome : outcomes) {
        EXPECT_EQ(outcome.failure, StoreFailure::invalid_attribute);
        EXPECT_EQ(outcome.message, "a mandatory UID is missing or invalid");
    }
    EXPECT_EQ(outcomes[0].violations.size(), 4U);
    EXPECT_EQ(outcomes[1].violations.size(), 3U);
    EXPECT_EQ(outcomes[1].sop_instance_uid, "1.1.1.9");
}

TEST_F(MetadataStoreTest, WhatNobodyWaitsForIsNotStored) {
    abandoned.request_stop();
    part(Kind::json, "[" + instance("1.1.1.1") + "," + instance("1.1.1.2") + "]");
    const auto failures = finish();
    ASSERT_FALSE(failures.ok());
    EXPECT_EQ(failures.error().code, ErrorCode::cancelled);
    EXPECT_TRUE(outcomes.empty());
}

}  // namespace
}  // namespace isocenter::api
