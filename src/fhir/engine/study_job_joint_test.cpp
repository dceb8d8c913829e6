#include <gtest/gtest.h>

#include <algorithm>

#include "fhir/client/fake_fhir.h"
#include "fhir/engine/study_job.h"
#include "fhir/mapping/parts.h"
#include "fhir/mapping/test_study.h"

namespace isocenter::fhir {
namespace {

namespace json = boost::json;
using testing::element;

/// Studies 2.25.N of one image each; `patients` says whose.
class SmallArchive : public ArchiveSource {
  public:
    Attempt<StudyContent> read_study(const Key& key) override {
        json::object image = testing::image(key.study_uid + ".1", 1);
        image["0020000D"] = element(key.study_uid);
        image["00100020"] = element(patient_of(key.study_uid));
        return StudyContent{{image}, "v1"};
    }
    Attempt<std::optional<StudyContent>> read_if_changed(const Key&, const std::string&) override {
        return std::optional<StudyContent>();
    }
    Attempt<std::vector<json::object>> studies_of_patient(const std::string&, const std::string&) override {
        return std::vector<json::object>();
    }
    std::string patient_of(const std::string& study) const {
        const auto found = patients.find(study);
        return found == patients.end() ? "P" + study : found->second;
    }
    std::map<std::string, std::string> patients;
};

class JointJobs : public ::testing::Test {
  protected:
    JointJobs() {
        json::object endpoint = make_endpoint(options()).resource;
        endpoint["id"] = "e1";
        endpoint["meta"].as_object()["versionId"] = "1";
        server.found = {endpoint};
    }
    static Options options() {
        Options made;
        made.own_endpoint = "http://pacs/v2";
        return made;
    }
    std::vector<JobResult> run(int studies) { return job.run_joint(requests_of(studies)); }
    std::vector<JobRequest> requests_of(int studies) {
        std::vector<JobRequest> requests;
        for (int n = 1; n <= studies; ++n) {
            JobRequest& request = requests.emplace_back();
            request.key = {"Microsoft.Default", "2.25." + std::to_string(n)};
            request.may_write = [this] { return may_write; };
        }
        return requests;
    }
    static bool is_about(const json::array& entries, const std::string& study) {
        return json::serialize(entries).find("urn:oid:" + study + "\"") != std::string::npos;
    }
    std::vector<int> studies_of_bundles() const {
        std::vector<int> counts;
        for (const json::array& bundle : server.written)
            counts.push_back(
                static_cast<int>(std::count_if(bundle.begin(), bundle.end(), [](const json::value& entry) {
                    return entry.at("resource").at("resourceType").as_string() == "ImagingStudy";
                })));
        return counts;
    }

    FakeFhir server;
    SmallArchive archive;
    FhirClient client{server, {.base = "http://fhir"}};
    StudyJob job{archive, client, options()};
    bool may_write = true;
};

TEST_F(JointJobs, studies_of_different_patients_are_one_transaction) {
    const auto results = run(5);
    for (const JobResult& result : results) {
        EXPECT_FALSE(result.failure);
        EXPECT_EQ(result.written, 2U);
    }
    EXPECT_EQ(studies_of_bundles(), std::vector<int>{5});
    EXPECT_EQ(server.written[0].front().at("resource").at("resourceType"), "ImagingStudy");
    EXPECT_EQ(server.written[0].back().at("resource").at("resourceType"), "Patient");
}

TEST_F(JointJobs, a_patient_of_two_and_an_endpoint_of_all_keep_them_apart) {
    archive.patients = {{"2.25.1", "P"}, {"2.25.3", "P"}};
    server.found.clear();
    const auto results = run(3);
    for (const JobResult& result : results)
        EXPECT_FALSE(result.failure);
    EXPECT_EQ(studies_of_bundles(), (std::vector<int>{1, 1, 1}));
}

TEST_F(JointJobs, a_refused_bundle_is_halved_until_the_culprit_is_alone) {
    server.judge = [](const json::array& entries) { return is_about(entries, "2.25.3") ? 422U : 0U; };
    const auto results = run(8);
    for (std::size_t at = 0; at < results.size(); ++at)
        EXPECT_EQ(results[at].failure.has_value(), at == 2) << at;
    EXPECT_EQ(results[2].failure->kind, FailureKind::refused);
    EXPECT_EQ(studies_of_bundles(), (std::vector<int>{2, 1, 4}));
}

TEST_F(JointJobs, an_endpoint_that_was_deleted_fails_none_of_them) {
    run(1);
    server.found.clear();
    server.reason = "HAPI-1096: Resource Endpoint/e1 is deleted, specified in path: ImagingStudy.endpoint";
    int refused = 0;
    server.judge = [&](const json::array& entries) {
        const bool refers = json::serialize(entries).find("Endpoint/e1") != std::string::npos;
        refused += refers ? 1 : 0;
        return refers ? 400U : 0U;
    };
    for (const JobResult& result : run_to_the_end(job, requests_of(8), [] {}))
        EXPECT_FALSE(result.failure);
    EXPECT_EQ(refused, 1) << "halving would not help";
}

TEST_F(JointJobs, what_concerns_everybody_is_not_tried_in_parts) {
    int bundles = 0;
    server.judge = [&](const json::array&) {
        ++bundles;
        return 429U;
    };
    for (const JobResult& result : run(4))
        EXPECT_EQ(result.failure->kind, FailureKind::transient);
    EXPECT_EQ(bundles, 1);
    may_write = false;
    for (const JobResult& result : run(4))
        EXPECT_EQ(result.failure->kind, FailureKind::lease_lost);
    EXPECT_EQ(bundles, 1);
}

}  // namespace
}  // namespace isocenter::fhir
