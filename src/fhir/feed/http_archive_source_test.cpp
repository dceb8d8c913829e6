#include "fhir/feed/http_archive_source.h"

#include <gtest/gtest.h>

namespace isocenter::fhir {
namespace {

class FakeArchive : public net::HttpSender {
  public:
    Result<net::HttpReply> send(const net::HttpRequest& request) override {
        asked.push_back(request.url);
        headers = request.headers;
        if (failure) return *failure;
        return net::HttpReply{status, "application/dicom+json", {{"etag", etag}}, body};
    }
    net::HttpHeaders headers;
    std::string etag;
    std::vector<std::string> asked;
    std::optional<Error> failure;
    unsigned status = 200;
    std::string body = "[]";
};

class HttpArchive : public testing::Test {
  protected:
    FakeArchive server;
    HttpArchiveSource archive{server, {.root = "http://pacs"}};
    const Key key{"Microsoft.Default", "1.2.3"};
};

TEST_F(HttpArchive, a_study_is_its_metadata_and_absent_when_there_is_none) {
    server.body = R"([{"00080018":{"vr":"UI"}},{"00080018":{"vr":"UI"}}])";
    EXPECT_EQ(archive.read_study(key)->instances.size(), 2U);
    EXPECT_EQ(server.asked[0], "http://pacs/v1/studies/1.2.3/metadata");
    for (const unsigned status : {204U, 404U, 410U}) {
        server.status = status;
        EXPECT_TRUE(archive.read_study(key)->instances.empty()) << status;
    }
    server.status = 200;
    ASSERT_TRUE(archive.read_study({"north wing", "1.2.3"}).has_value());
    EXPECT_EQ(server.asked.back(), "http://pacs/v1/partitions/north%20wing/studies/1.2.3/metadata");
}

TEST_F(HttpArchive, sequences_in_sequences_are_read_to_any_depth_that_occurs) {
    std::string nested = "{}";
    for (int depth = 0; depth < 64; ++depth)
        nested = R"({"0040A730":{"vr":"SQ","Value":[)" + nested + "]}}";
    server.body = "[" + nested + "]";
    const auto study = archive.read_study(key);
    ASSERT_TRUE(study.has_value());
    EXPECT_EQ(study->instances.size(), 1U);
}

TEST_F(HttpArchive, content_that_is_the_same_is_not_sent_again) {
    server.body = R"([{"00080018":{"vr":"UI"}}])";
    server.etag = "W/\"7\"";
    const auto first = archive.read_study(key);
    EXPECT_EQ(first->version, "W/\"7\"");
    server.status = 304;
    const auto same = archive.read_if_changed(key, first->version);
    ASSERT_TRUE(same.has_value());
    EXPECT_FALSE(same->has_value());
    EXPECT_EQ(server.headers.back(), std::pair(std::string("If-None-Match"), first->version));
    server.status = 200;
    EXPECT_EQ((*archive.read_if_changed(key, first->version))->instances.size(), 1U);
    server.status = 404;
    EXPECT_TRUE((*archive.read_if_changed(key, first->version))->instances.empty());
    server.status = 304;
    EXPECT_FALSE(archive.read_if_changed(key, "").has_value()) << "no server may say that to a plain request";
}

TEST_F(HttpArchive, an_outage_is_never_taken_for_an_absent_study) {
    for (const unsigned status : {400U, 401U, 403U, 429U, 500U, 503U}) {
        server.status = status;
        const auto study = archive.read_study(key);
        ASSERT_FALSE(study.has_value()) << status;
        EXPECT_EQ(study.error().kind,
                  status == 401 ? FailureKind::archive_down : FailureKind::archive_transient);
    }
    server.status = 200;
    server.body = "<html>";
    EXPECT_EQ(archive.read_study(key).error().kind, FailureKind::archive_transient);
    server.failure = fail(ErrorCode::unavailable, "connection refused");
    EXPECT_EQ(archive.read_study(key).error().kind, FailureKind::archive_down);
    server.failure = fail(ErrorCode::timed_out, "late");
    EXPECT_EQ(archive.read_study(key).error().kind, FailureKind::archive_transient);
    server.failure = fail(ErrorCode::too_large, "64 MiB");
    EXPECT_EQ(archive.read_study(key).error().kind, FailureKind::unusable) << "that study's fault alone";
    server.failure = fail(ErrorCode::cancelled, "stop");
    EXPECT_EQ(archive.read_study(key).error().kind, FailureKind::cancelled);
}

TEST_F(HttpArchive, studies_of_a_patient_are_asked_for_by_an_encoded_id) {
    ASSERT_TRUE(archive.studies_of_patient("Microsoft.Default", "A&B 1").has_value());
    EXPECT_EQ(server.asked,
              std::vector<std::string>{
                  "http://pacs/v1/studies?PatientID=A%26B%201&includefield=all&limit=200&offset=0"});
}

TEST_F(HttpArchive, studies_are_listed_by_page_and_filter) {
    server.body = R"([{"0020000D":{"vr":"UI","Value":["1.2"]}},{"0020000D":{"vr":"UI"}}])";
    const auto page = archive.page("Microsoft.Default", {"20240101-", "CT", "P 1", ""}, 400);
    EXPECT_EQ(*page, (std::vector<Key>{{"Microsoft.Default", "1.2"}}));
    EXPECT_EQ(server.asked[0],
              "http://pacs/v1/"
              "studies?StudyDate=20240101-&ModalitiesInStudy=CT&PatientID=P%201&limit=200&offset=400");
    server.status = 204;
    EXPECT_TRUE(archive.page("north wing", {}, 0)->empty());
    EXPECT_EQ(server.asked[1], "http://pacs/v1/partitions/north%20wing/studies?limit=200&offset=0");
    server.status = 500;
    EXPECT_EQ(archive.page("Microsoft.Default", {}, 0).error().kind, FailureKind::archive_transient);
}

}  // namespace
}  // namespace isocenter::fhir
