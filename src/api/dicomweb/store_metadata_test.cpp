#include "api/dicomweb/store_metadata.h"

#include <gtest/gtest.h>

#include "api/dicomweb/spool.h"
#include "archive/test_archive.h"
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
        auto failures = store.finish(batch, [this](std::uint64_t bytes) {
            asked.push_back(bytes);
            return bytes > most ? Status(fail(ErrorCode::overloaded, "no memory")) : Status{};
        });
        outcomes = batch.finish();
        return failures;
    }

    archive::TestArchive stored;
    archive::StoreBatch batch{*stored.archive, {}};
    MetadataStore store{"http://test/studies/", Spool(1ULL << 30U, "")};
    std::uint64_t parts = 0;
    std::uint64_t most = UINT64_MAX;
    std::vector<std::uint64_t> asked;
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

}  // namespace
}  // namespace isocenter::api
