#include "fhir/check/reconciliation.h"

#include <gtest/gtest.h>

#include "fhir/client/fake_fhir.h"

namespace isocenter::fhir {
namespace {

namespace json = boost::json;

/// Searches come as POST.
class SearchedFhir : public FakeFhir {
  public:
    Result<net::HttpReply> send(const net::HttpRequest& request) override {
        const std::size_t search = request.url.find("/_search");
        if (search == std::string::npos) return FakeFhir::send(request);
        net::HttpRequest as_get{.url = request.url.substr(0, search) + '?' + request.body};
        return FakeFhir::send(as_get);
    }
};

class ListedStudies : public StudyList {
  public:
    Attempt<std::vector<Key>> page(const std::string&, const StudyFilter&, std::size_t offset) override {
        return offset == 0 ? keys : std::vector<Key>();
    }
    std::vector<Key> keys;
};

/// Finds nothing to do.
class AgreeingRunner : public ComparingRunner {
  public:
    Attempt<Difference> compare(const Key&) override { return Difference{true, {}, {}}; }
    JobResult run(const JobRequest&) override { return {}; }
    Attempt<void> probe_target() override { return {}; }
};

class Repair : public testing::Test {
  protected:
    Attempt<ReconciliationResult> run(bool archive_is_empty) {
        fhir::Options content;
        content.own_endpoint = "http://pacs/v2";
        FhirClient client(server, {.base = "http://fhir"});
        Reconciliation check(
            {.repair = true, .archive_is_empty = archive_is_empty}, {studies, job, client, content},
            [](const Discrepancy&) {}, [](std::uint64_t, std::uint64_t) {});
        return check.run({});
    }
    SearchedFhir server;
    ListedStudies studies;
    AgreeingRunner job;
};

TEST_F(Repair, an_archive_that_lists_nothing_makes_it_remove_no_resource_of_which_it_is_not_asked) {
    server.found = {{{"resourceType", "ImagingStudy"},
                     {"id", "s1"},
                     {"meta", {{"versionId", "1"}, {"source", "http://pacs/v2#1"}}}}};
    const auto doubted = run(false);
    ASSERT_FALSE(doubted);
    EXPECT_EQ(doubted.error().kind, FailureKind::unusable);
    EXPECT_NE(doubted.error().text.find("--archive-is-empty"), std::string::npos) << doubted.error().text;
    EXPECT_TRUE(server.written.empty());
    const auto meant = run(true);
    ASSERT_TRUE(meant) << meant.error().text;
    EXPECT_EQ(meant->mended, 1U);
    ASSERT_EQ(server.written.size(), 1U);
    EXPECT_EQ(server.written[0].at(0).at("request").at("url"), "ImagingStudy/s1");
}

TEST_F(Repair, what_names_no_study_goes_where_the_archive_lists_some) {
    studies.keys = {{std::string(kDefaultPartition), "1.2"}};
    server.found = {{{"resourceType", "ImagingStudy"},
                     {"id", "s1"},
                     {"meta", {{"versionId", "1"}, {"source", "http://pacs/v2"}}}}};
    const auto result = run(false);
    ASSERT_TRUE(result) << result.error().text;
    EXPECT_EQ(result->mended, 1U);
    EXPECT_EQ(result->found.at(Discrepancy::Kind::extra), 1U);
}

}  // namespace
}  // namespace isocenter::fhir
