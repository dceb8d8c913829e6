#include "fhir/cohort/qido_source.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <functional>

namespace isocenter::fhir::cohort {
namespace {

class FakePacs : public net::HttpSender {
  public:
    Result<net::HttpReply> send(const net::HttpRequest& request) override {
        if (request.url.ends_with("/partitions")) {
            ++asked_for_partitions;
            return net::HttpReply{partitions.empty() ? 404U : 200U, "application/json", {}, partitions};
        }
        asked.push_back(request.url);
        if (failure) return *failure;
        if (answer) return net::HttpReply{status, "application/dicom+json", {}, answer(request.url)};
        std::string body = bodies.empty() ? "[]" : bodies.front();
        if (!bodies.empty()) bodies.pop_front();
        return net::HttpReply{status, "application/dicom+json", headers, std::move(body)};
    }
    std::vector<std::string> asked;
    int asked_for_partitions = 0;
    std::string partitions;  ///< JSON; empty: the server has no such thing
    std::deque<std::string> bodies;
    std::function<std::string(const std::string&)> answer;  ///< from the URL, in place of `bodies`
    std::optional<Error> failure;
    unsigned status = 200;
    net::HttpHeaders headers;
};

class Qido : public testing::Test {
  protected:
    static std::string rows(int from, int count) {
        std::string text = "[";
        for (int i = from; i < from + count; ++i)
            text += (i > from ? "," : "") +
                    (R"({"0020000D":{"vr":"UI","Value":["1.)" + std::to_string(i) + R"("]}})");
        return text + ']';
    }
    FakePacs pacs;
    PartitionPaths partitions{pacs, {.root = "http://pacs/v2"}};
    QidoSource source{pacs, {.endpoint = "http://pacs/v2"}, partitions};
};

TEST_F(Qido, keys_choose_the_resource_and_are_encoded) {
    ASSERT_TRUE(source.find({"", {{"Modality", "CT"}}, dicom::Level::series, "A&B 1", {}, 0}).has_value());
    EXPECT_EQ(pacs.asked[0].substr(0, 55), "http://pacs/v2/series?Modality=CT&PatientID=A%26B%201&i");
    ASSERT_TRUE(source.find({"north wing", {}, dicom::Level::study, "", {"1.2", "1.3"}, 0}).has_value());
    EXPECT_TRUE(pacs.asked[1].starts_with(
        "http://pacs/v2/partitions/north%20wing/studies?StudyInstanceUID=1.2,1.3&"));
    EXPECT_NE(pacs.asked[1].find("includefield=ModalitiesInStudy"), std::string::npos);
}

TEST_F(Qido, the_default_partition_is_in_the_path_where_there_are_partitions) {
    ASSERT_TRUE(source.find({}).has_value());
    EXPECT_TRUE(pacs.asked[0].starts_with("http://pacs/v2/studies?"));
    pacs.partitions = R"([{"partitionKey":1,"partitionName":"Microsoft.Default"}])";
    pacs.status = 400;
    EXPECT_FALSE(source.find({}).has_value()) << "the server was told to keep partitions meanwhile";
    pacs.status = 200;
    ASSERT_TRUE(source.find({}).has_value());
    EXPECT_TRUE(pacs.asked[2].starts_with("http://pacs/v2/partitions/Microsoft.Default/studies?"));
    ASSERT_TRUE(source.find({"Microsoft.Default", {}, dicom::Level::series, "", {}, 0}).has_value());
    EXPECT_TRUE(pacs.asked[3].starts_with("http://pacs/v2/partitions/Microsoft.Default/series?"));
    EXPECT_EQ(pacs.asked_for_partitions, 2) << "once, and once more after a refusal";
}

TEST_F(Qido, reading_ends_when_there_are_more_studies_than_wanted) {
    pacs.bodies = {rows(0, 1), rows(1, 1), rows(2, 1)};
    StudyQuery query;
    query.most_studies = 1;
    const auto found = source.find(query);
    EXPECT_FALSE(found->complete);
    EXPECT_EQ(pacs.asked.size(), 2U);
    pacs.bodies = {rows(0, 1)};
    EXPECT_TRUE(source.find(query)->complete) << "just as many";
}

TEST_F(Qido, pages_are_read_to_the_end_and_each_study_comes_once) {
    pacs.bodies = {rows(0, 200), rows(150, 50)};
    const auto found = source.find({});
    EXPECT_EQ(found->studies.size(), 200U);
    EXPECT_TRUE(found->complete);
    EXPECT_TRUE(pacs.asked[1].ends_with("limit=200&offset=200"));
}

TEST_F(Qido, every_row_of_a_study_comes_where_rows_are_asked_for) {
    pacs.bodies = {R"([{"0020000D":{"Value":["1"]},"00080018":{"Value":["1.1"]}},
                       {"0020000D":{"Value":["1"]},"00080018":{"Value":["1.2"]}}])",
                   R"([{"0020000D":{"Value":["1"]},"00080018":{"Value":["1.2"]}},
                       {"0020000D":{"Value":["1"]},"00080018":{"Value":["1.3"]}}])"};
    StudyQuery query;
    query.level = dicom::Level::instance;
    query.every_row = true;
    EXPECT_EQ(source.find(query)->studies.size(), 3U);
    EXPECT_NE(pacs.asked[0].find("includefield=SOPClassUID"), std::string::npos);
    EXPECT_NE(pacs.asked[0].find("includefield=StudyInstanceUID"), std::string::npos);
}

TEST_F(Qido, a_server_that_gives_fewer_rows_than_asked_for_is_read_to_the_end) {
    pacs.answer = [](const std::string& url) {
        const int offset = std::stoi(url.substr(url.rfind('=') + 1));
        return rows(offset, std::min(100, 250 - offset));
    };
    const auto found = source.find({});
    EXPECT_EQ(found->studies.size(), 250U);
    EXPECT_TRUE(found->complete);
}

TEST_F(Qido, a_server_that_heeds_no_offset_is_asked_no_third_time) {
    pacs.answer = [](const std::string&) { return rows(0, 30); };
    EXPECT_EQ(source.find({})->studies.size(), 30U);
    EXPECT_EQ(pacs.asked.size(), 2U);
    pacs.answer = [](const std::string&) { return rows(0, 200); };
    EXPECT_EQ(source.find({}).error().kind, FailureKind::refused) << "nobody knows what is behind these";
}

TEST_F(Qido, a_limit_ends_the_reading) {
    pacs.bodies = {rows(0, 200), rows(200, 51)};
    StudyQuery query;
    query.limit = 251;
    EXPECT_FALSE(source.find(query)->complete);
    EXPECT_TRUE(pacs.asked[1].ends_with("limit=51&offset=200"));
    pacs.bodies = {rows(0, 3)};
    EXPECT_TRUE(source.find(query)->complete);
}

TEST_F(Qido, every_form_of_a_key_passes_and_none_is_passed_over) {
    const StudyQuery query{"", {{"00400275.00401001", "7"}, {"KVP", "120"}}, dicom::Level::instance, "", {},
                           0};
    ASSERT_TRUE(source.find(query).has_value());
    EXPECT_TRUE(pacs.asked[0].starts_with("http://pacs/v2/instances?00400275.00401001=7&KVP=120&"));
    pacs.headers = {{"warning", "299 pacs: \"There are 7 additional results\""},
                    {"warning", "299 pacs: \"KVP is not supported and was ignored\""}};
    const auto wider = source.find(query);
    ASSERT_FALSE(wider.has_value());
    EXPECT_EQ(wider.error().kind, FailureKind::refused);
    EXPECT_NE(wider.error().text.find("KVP is not supported"), std::string::npos);
    pacs.headers.back().second = "299 pacs: \"KVPs is not supported\"";
    EXPECT_TRUE(source.find(query).has_value());
}

TEST_F(Qido, a_key_that_was_passed_over_is_known_in_every_spelling) {
    const auto passes = [&](const std::string& key, const std::string& told) {
        pacs.headers = {{"warning", "299 pacs: \"" + told + " is ignored.\""}};
        return source.find({"", {{key, "1"}}, dicom::Level::series, "", {}, 0}).has_value();
    };
    for (const auto& [key, told] :
         {std::pair("Modality", "00080060"), std::pair("Modality", "attribute (0008,0060)"),
          std::pair("00080060", "Modality"), std::pair("0040100a", "0040100A"),
          std::pair("RequestAttributesSequence.RequestedProcedureID", "00400275.00401001"),
          std::pair("00400275.00401001", "RequestAttributesSequence.00401001"),
          std::pair("00400275.00401001", "a key in RequestAttributesSequence"),
          std::pair("00400275.00401001", "RequestedProcedureID")})
        EXPECT_FALSE(passes(key, told)) << key << ' ' << told;
    for (const auto& [key, told] :
         {std::pair("Modality", "00080061"), std::pair("Modality", "ModalitiesInStudy"),
          std::pair("AccessionNumber", "00400275.00080050"), std::pair("00080060", "includefield 00080061")})
        EXPECT_TRUE(passes(key, told)) << key << ' ' << told;
    pacs.headers = {{"warning", "299 pacs: \"00100020 is not supported\""}};
    EXPECT_FALSE(source.find({"", {}, dicom::Level::study, "A", {}, 0}).has_value());
    EXPECT_TRUE(source.find({}).has_value()) << "it was only asked to be shown";
}

TEST_F(Qido, refusals_outages_and_nothing) {
    pacs.status = 204;
    EXPECT_TRUE(source.find({})->studies.empty());
    pacs.status = 400;
    pacs.bodies = {"no such attribute"};
    const auto refused = source.find({});
    EXPECT_EQ(refused.error().kind, FailureKind::refused);
    EXPECT_NE(refused.error().text.find("no such attribute"), std::string::npos);
    pacs.status = 503;
    EXPECT_EQ(source.find({}).error().kind, FailureKind::archive_transient);
    pacs.status = 200;
    pacs.bodies = {"<html>"};
    EXPECT_EQ(source.find({}).error().kind, FailureKind::archive_transient);
    pacs.failure = fail(ErrorCode::unavailable, "connection refused");
    EXPECT_EQ(source.find({}).error().kind, FailureKind::archive_down);
}

}  // namespace
}  // namespace isocenter::fhir::cohort
