#include "fhir/feed/http_archive_source.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

namespace isocenter::fhir {
namespace {

class FakeArchive : public net::HttpSender {
  public:
    Result<net::HttpReply> send(const net::HttpRequest& request) override {
        if (request.url == "http://pacs/v1/partitions") {
            ++asked_for_partitions;
            return net::HttpReply{partitions_status, "application/json", {}, partitions};
        }
        asked.push_back(request.url);
        headers = request.headers;
        if (failure) return *failure;
        if (!refuses.empty() && request.url.find(refuses) != std::string::npos)
            return net::HttpReply{400, "application/json", {}, "unknown attribute"};
        if (std::find(too_large.begin(), too_large.end(), request.url) != too_large.end())
            return fail(ErrorCode::too_large, "the reply is larger than allowed");
        const bool searches = request.url.find("/studies?") != std::string::npos;
        const bool lists_series = request.url.find("/series?") != std::string::npos;
        return net::HttpReply{searches       ? search_status.value_or(status)
                              : lists_series ? series_status.value_or(status)
                                             : status,
                              "application/dicom+json",
                              {{"etag", etag}},
                              answer ? answer(request.url) : body};
    }
    net::HttpHeaders headers;
    std::string etag;
    std::vector<std::string> asked;
    std::vector<std::string> too_large;
    std::optional<Error> failure;
    std::string refuses;  ///< requests with this text are answered 400
    unsigned status = 200;
    std::optional<unsigned> search_status;  ///< where searches are answered otherwise
    std::optional<unsigned> series_status;
    std::string body = "[]";
    int asked_for_partitions = 0;
    unsigned partitions_status = 404;
    std::string partitions;
    std::function<std::string(const std::string&)> answer;  ///< from the URL, in place of `body`
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
    server.body = "[]";
    for (const unsigned status : {204U, 404U, 410U}) {
        for (const unsigned search_status : {200U, 204U}) {
            server.status = status;
            server.search_status = search_status;
            const auto study = archive.read_study(key);
            ASSERT_TRUE(study.has_value()) << status << ' ' << search_status;
            EXPECT_TRUE(study->instances.empty());
            EXPECT_EQ(server.asked.back(), "http://pacs/v1/studies?StudyInstanceUID=1.2.3&limit=1");
        }
    }
    server.status = 200;
    ASSERT_TRUE(archive.read_study({"north wing", "1.2.3"}).has_value());
    EXPECT_EQ(server.asked.back(), "http://pacs/v1/partitions/north%20wing/studies/1.2.3/metadata");
}

TEST_F(HttpArchive, the_default_partition_is_named_where_there_are_partitions) {
    server.partitions_status = 200;
    server.partitions = R"([{"partitionKey":1,"partitionName":"Microsoft.Default"}])";
    ASSERT_TRUE(archive.read_study(key).has_value());
    EXPECT_EQ(server.asked[0], "http://pacs/v1/partitions/Microsoft.Default/studies/1.2.3/metadata");
    ASSERT_TRUE(archive.studies_of_patient("Microsoft.Default", "A").has_value());
    EXPECT_TRUE(server.asked[1].starts_with("http://pacs/v1/partitions/Microsoft.Default/studies?"));
    ASSERT_TRUE(archive.page("Microsoft.Default", {}, 0).has_value());
    EXPECT_TRUE(server.asked[2].starts_with("http://pacs/v1/partitions/Microsoft.Default/studies?"));
    EXPECT_EQ(server.asked_for_partitions, 1);
}

TEST_F(HttpArchive, only_a_list_of_partitions_says_that_there_are_some) {
    for (const auto& [status, body] : {std::pair(400U, ""), std::pair(403U, ""), std::pair(404U, "{}"),
                                       std::pair(200U, "<html>"), std::pair(200U, "[]")}) {
        HttpArchiveSource other(server, {.root = "http://pacs"});
        server.partitions_status = status;
        server.partitions = body;
        ASSERT_TRUE(other.read_study(key).has_value()) << status << body;
        EXPECT_EQ(server.asked.back(), "http://pacs/v1/studies/1.2.3/metadata") << status << body;
    }
    const std::size_t before = server.asked.size();
    for (const unsigned status : {401U, 408U, 429U, 503U}) {
        server.partitions_status = status;
        EXPECT_FALSE(archive.read_study(key).has_value()) << status << " leaves it open";
    }
    EXPECT_EQ(server.asked.size(), before);
}

TEST_F(HttpArchive, a_server_that_refuses_the_path_is_asked_for_partitions_again) {
    ASSERT_TRUE(archive.read_study(key).has_value());
    server.partitions_status = 200;
    server.partitions = R"([{"partitionName":"Microsoft.Default"}])";
    server.status = 400;
    EXPECT_FALSE(archive.read_study(key).has_value());
    server.status = 200;
    ASSERT_TRUE(archive.read_study(key).has_value());
    EXPECT_EQ(server.asked.back(), "http://pacs/v1/partitions/Microsoft.Default/studies/1.2.3/metadata");
}

TEST_F(HttpArchive, a_partition_into_which_nothing_was_stored_yet_has_no_studies) {
    server.status = 400;
    server.partitions_status = 200;
    server.partitions = R"([{"partitionName":"Microsoft.Default"},{"partitionName":"north"}])";
    EXPECT_TRUE(archive.studies_of_patient("south", "A")->empty());
    EXPECT_TRUE(archive.page("south", {}, 0)->empty());
    EXPECT_FALSE(archive.page("north", {}, 0).has_value()) << "that one is there";
    EXPECT_FALSE(archive.page("Microsoft.Default", {}, 0).has_value());
    EXPECT_FALSE(archive.read_study({"south", "1.2.3"}).has_value()) << "who names a study knows it is there";
    server.partitions_status = 503;
    EXPECT_FALSE(archive.page("south", {}, 0).has_value());
}

TEST_F(HttpArchive, without_a_list_of_partitions_a_refused_search_makes_no_study_absent) {
    server.status = 404;
    server.search_status = 400;
    for (const auto& [status, body] : {std::pair(400U, ""), std::pair(403U, ""), std::pair(404U, ""),
                                       std::pair(200U, "<html>"), std::pair(200U, "[]")}) {
        server.partitions_status = status;
        server.partitions = body;
        const auto study = archive.read_study({"south", "1.2.3"});
        ASSERT_FALSE(study.has_value()) << status << body;
        EXPECT_EQ(study.error().kind, FailureKind::archive_transient) << status << body;
        EXPECT_FALSE(archive.page("south", {}, 0).has_value()) << status << body;
    }
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
    server.search_status = 204;
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

TEST_F(HttpArchive, what_stands_before_the_archive_cannot_make_a_study_absent) {
    for (const unsigned status : {404U, 410U}) {
        for (const unsigned search_status : {400U, 404U, 410U, 502U}) {
            server.status = status;
            server.search_status = search_status;
            for (const std::string version : {"", "W/\"7\""}) {
                const auto study = archive.read_if_changed(key, version);
                ASSERT_FALSE(study.has_value()) << status << ' ' << search_status;
                EXPECT_EQ(study.error().kind, FailureKind::archive_transient);
            }
        }
    }
    server.search_status = 200;
    server.body = R"([{"0020000D":{"vr":"UI","Value":["1.2.3"]}}])";
    EXPECT_EQ(archive.read_study(key).error().kind, FailureKind::archive_transient) << "the search finds it";
    server.failure = fail(ErrorCode::unavailable, "connection refused");
    EXPECT_EQ(archive.read_study(key).error().kind, FailureKind::archive_down);
}

TEST_F(HttpArchive, a_study_that_is_too_large_is_read_series_by_series) {
    server.too_large = {"http://pacs/v1/studies/1.2.3/metadata"};
    server.etag = "W/\"7\"";
    server.answer = [](const std::string& url) -> std::string {
        if (url.find("/series?") == std::string::npos) return R"([{"00080018":{"vr":"UI"}},{}])";
        const std::string offset = url.substr(url.rfind('=') + 1);
        if (std::stoi(offset) >= 3) return "[]";
        return R"([{"0020000E":{"vr":"UI","Value":["1.2.3.)" + offset + R"("]}}])";
    };
    const auto study = archive.read_study(key);
    ASSERT_TRUE(study.has_value());
    EXPECT_EQ(study->instances.size(), 6U);
    EXPECT_EQ(study->version, "");
    EXPECT_EQ(server.asked[1], "http://pacs/v1/studies/1.2.3/series?limit=200&offset=0");
    EXPECT_EQ(server.asked.back(), "http://pacs/v1/studies/1.2.3/series/1.2.3.2/metadata");
    EXPECT_EQ((*archive.read_if_changed(key, ""))->instances.size(), 6U);
    server.too_large.emplace_back("http://pacs/v1/studies/1.2.3/series/1.2.3.1/metadata");
    EXPECT_EQ(archive.read_study(key).error().kind, FailureKind::unusable);
    EXPECT_NE(archive.read_study(key).error().text.find("series"), std::string::npos);
}

TEST_F(HttpArchive, a_series_that_is_gone_while_a_large_study_is_read_is_no_smaller_study) {
    server.too_large = {"http://pacs/v1/studies/1.2.3/metadata"};
    server.body = R"([{"0020000E":{"vr":"UI","Value":["1.2.3.1"]}}])";
    server.status = 404;
    server.series_status = 200;
    EXPECT_EQ(archive.read_study(key).error().kind, FailureKind::archive_transient);
    for (const unsigned status : {204U, 404U}) {
        server.series_status = status;
        EXPECT_EQ(archive.read_study(key).error().kind, FailureKind::archive_transient) << status;
    }
}

TEST_F(HttpArchive, a_search_that_is_not_found_is_no_empty_list) {
    for (const unsigned status : {404U, 410U}) {
        server.status = status;
        EXPECT_EQ(archive.page("Microsoft.Default", {}, 0).error().kind, FailureKind::archive_transient);
        EXPECT_EQ(archive.page("north", {}, 0).error().kind, FailureKind::archive_transient);
        EXPECT_EQ(archive.studies_of_patient("Microsoft.Default", "A").error().status, status);
    }
}

TEST_F(HttpArchive, a_study_that_is_not_found_is_looked_for_where_there_are_partitions_meanwhile) {
    ASSERT_TRUE(archive.read_study(key).has_value());
    server.partitions_status = 200;
    server.partitions = R"([{"partitionName":"Microsoft.Default"}])";
    server.status = 404;
    server.search_status = 200;
    ASSERT_TRUE(archive.read_study(key).has_value());
    EXPECT_TRUE(server.asked.back().starts_with("http://pacs/v1/partitions/Microsoft.Default/studies?"));
}

TEST_F(HttpArchive, studies_of_a_patient_are_asked_for_by_an_encoded_id) {
    ASSERT_TRUE(archive.studies_of_patient("Microsoft.Default", "A&B 1").has_value());
    EXPECT_EQ(server.asked,
              std::vector<std::string>{
                  "http://pacs/v1/studies?PatientID=A%26B%201&includefield=PatientID&"
                  "includefield=IssuerOfPatientID&includefield=IssuerOfPatientIDQualifiersSequence&"
                  "includefield=StudyDate&includefield=StudyTime&limit=200&offset=0"});
}

TEST_F(HttpArchive, a_server_that_refuses_a_field_is_asked_without) {
    server.refuses = "IssuerOfPatientID";
    server.body = R"([{"0020000D":{"vr":"UI","Value":["1.2"]}}])";
    ASSERT_TRUE(archive.studies_of_patient("Microsoft.Default", "A").has_value());
    EXPECT_EQ(archive.studies_of_patient("Microsoft.Default", "A")->size(), 1U);
    EXPECT_EQ(server.asked.back(), "http://pacs/v1/studies?PatientID=A&limit=200&offset=1");
    server.status = 503;
    EXPECT_EQ(archive.studies_of_patient("Microsoft.Default", "A").error().status, 503U);
}

TEST_F(HttpArchive, studies_of_a_patient_are_all_of_them_however_few_a_page_has) {
    server.answer = [](const std::string& url) -> std::string {
        const std::string offset = url.substr(url.rfind('=') + 1);
        if (std::stoi(offset) >= 3) return "[]";
        return R"([{"0020000D":{"vr":"UI","Value":["1.2.)" + offset + R"("]}}])";
    };
    EXPECT_EQ(archive.studies_of_patient("Microsoft.Default", "A")->size(), 3U);
    EXPECT_TRUE(server.asked[3].ends_with("&offset=3"));
}

TEST_F(HttpArchive, a_server_that_heeds_no_offset_is_asked_no_third_time) {
    server.body = R"([{"0020000D":{"vr":"UI","Value":["1.2"]}},{"0020000D":{"vr":"UI","Value":["1.3"]}}])";
    EXPECT_EQ(archive.studies_of_patient("Microsoft.Default", "A")->size(), 2U);
    EXPECT_EQ(server.asked.size(), 2U);
    std::string full;
    for (int i = 0; i < 200; ++i)
        full +=
            (i > 0 ? "," : "[") + (R"({"0020000D":{"vr":"UI","Value":["1.)" + std::to_string(i)) + "\"]}}";
    server.body = full + ']';
    EXPECT_EQ(archive.studies_of_patient("Microsoft.Default", "A").error().kind, FailureKind::unusable);
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
