#include "fhir/engine/study_job.h"

#include <gtest/gtest.h>

#include "fhir/client/fake_fhir.h"
#include "fhir/mapping/parts.h"
#include "fhir/mapping/test_study.h"

namespace isocenter::fhir {
namespace {

namespace json = boost::json;
using testing::element;

/// An archive of one study, which may change between two looks.
class FakeArchive : public ArchiveSource {
  public:
    Attempt<StudyContent> read_study(const Key& key) override {
        if (key.partition == "north") return StudyContent{north, ""};
        if (const auto found = studies.find(key.study_uid); found != studies.end())
            return StudyContent{found->second, ""};
        if (key.study_uid != "2.25.1") return StudyContent{others, ""};
        ++reads;
        return content;
    }
    Attempt<std::optional<StudyContent>> read_if_changed(const Key&, const std::string& version) override {
        ++checks;
        if (meanwhile) content = *std::exchange(meanwhile, std::nullopt);
        if (!version.empty() && version == content.version) return std::optional<StudyContent>();
        return std::optional<StudyContent>(content);
    }
    Attempt<std::vector<json::object>> studies_of_patient(const std::string& partition,
                                                          const std::string& id) override {
        patients.push_back(id);
        if (!rows.empty()) return rows;
        if (partition == "north") return north;
        return others;
    }

    StudyContent content{{testing::image("2.25.2", 1)}, "v1"};
    std::optional<StudyContent> meanwhile;
    std::vector<json::object> rows;                            ///< of the search, where they are not `others`
    std::map<std::string, std::vector<json::object>> studies;  ///< instances, by study
    std::vector<json::object> others;                          ///< instances of another study
    std::vector<json::object> north;                           ///< the same in that partition
    std::vector<std::string> patients;                         ///< asked for
    int reads = 0;
    int checks = 0;
};

class StudyJobTest : public ::testing::Test {
  protected:
    static Options options() {
        Options made;
        made.own_endpoint = "http://pacs/v2";
        return made;
    }
    JobResult run() {
        return job.run({.key = {"Microsoft.Default", "2.25.1"}, .may_write = [this] { return may_write; }});
    }
    static StudyContent with(const char* tag, const char* value) {
        json::object image = testing::image("2.25.2", 1);
        image[tag] = element(value);
        return {{image}, "v2"};
    }

    FakeFhir server;
    FakeArchive archive;
    FhirClient client{server, {.base = "http://fhir"}};
    StudyJob job{archive, client, options()};
    bool may_write = true;
};

TEST_F(StudyJobTest, a_study_is_read_once_and_written_in_one_transaction) {
    const JobResult result = run();
    ASSERT_FALSE(result.failure) << result.failure->text;
    EXPECT_EQ(result.written, 3U);
    ASSERT_EQ(server.written.size(), 1U);
    EXPECT_EQ(archive.reads, 1);
    EXPECT_EQ(archive.checks, 1);
    EXPECT_EQ(server.last("ImagingStudy").at("numberOfInstances"), 1);
    EXPECT_EQ(server.last("Patient").at("gender"), "female");
    EXPECT_EQ(server.last("Endpoint").at("address"), "http://pacs/v2");
}

// Obligation: 19.slots.patient-response, 19.slots.study-response, 19.slots.observation-response
TEST_F(StudyJobTest, each_response_is_judged_as_that_of_its_own_request) {
    archive.content.instances.push_back(testing::dose_report());
    const std::vector<std::string> types{"Endpoint", "ImagingStudy", "Observation", "Observation", "Patient"};
    for (std::size_t at = 0; at < types.size(); ++at) {
        server.statuses = {{at, "200 OK"}};
        const JobResult exists = run();
        ASSERT_EQ(server.written.back().size(), types.size());
        EXPECT_EQ(server.written.back()[at].at("request").at("url").as_string(), types[at]);
        ASSERT_TRUE(exists.failure) << types[at];
        EXPECT_EQ(exists.failure->kind, FailureKind::conflict);
        EXPECT_EQ(exists.failure->text, "entry " + std::to_string(at) + " exists meanwhile");
        server.statuses = {{at, "404 Not Found"}};
        const JobResult refused = run();
        ASSERT_TRUE(refused.failure) << types[at];
        EXPECT_EQ(refused.failure->kind, FailureKind::refused);
        EXPECT_EQ(refused.failure->text, "entry " + std::to_string(at) + " was answered 404");
    }
    server.statuses.clear();
    EXPECT_EQ(run().written, types.size());
}

TEST_F(StudyJobTest, an_order_that_one_search_finds_is_referred_to) {
    archive.content = with("00080050", "551");
    const json::object order{{"resourceType", "ServiceRequest"},
                             {"id", "17"},
                             {"meta", {{"versionId", "1"}}},
                             {"identifier", json::array{{{"system", "urn:ris"}, {"value", "551"}}}}};
    json::object of_another = order;
    of_another["id"] = "18";
    of_another["subject"] = json::object{{"reference", "Patient/other"}};
    server.found = {order, of_another};
    ASSERT_FALSE(run().failure);
    EXPECT_EQ(server.asked["/ServiceRequest"], 0) << "the server does not know the type";
    EXPECT_EQ(server.last("ImagingStudy").at("basedOn").at(0).at("identifier").at("value"), "551");
    server.types = {json::object{{"type", "ServiceRequest"}}};
    StudyJob knowing{archive, client, options()};
    const JobRequest request{.key = {"Microsoft.Default", "2.25.1"}, .may_write = [] { return true; }};
    ASSERT_FALSE(knowing.run(request).failure);
    EXPECT_EQ(server.last("ImagingStudy").at("basedOn").at(0),
              (json::object{{"reference", "ServiceRequest/17"}}));
    for (const unsigned status : {400U, 403U, 404U}) {
        server.closed = status;
        ASSERT_FALSE(knowing.run(request).failure) << status;
        EXPECT_EQ(server.last("ImagingStudy").at("basedOn").at(0).at("identifier").at("value"), "551");
    }
    server.closed = 503;
    EXPECT_TRUE(knowing.run(request).failure) << "who is busy is asked again";
}

TEST_F(StudyJobTest, what_changed_before_the_locks_were_held_is_what_is_written) {
    archive.meanwhile = with("00081030", "changed");
    ASSERT_FALSE(run().failure);
    EXPECT_EQ(server.last("ImagingStudy").at("description"), "changed");
}

TEST_F(StudyJobTest, an_archive_that_cannot_tell_is_read_again) {
    archive.content.version.clear();
    archive.meanwhile = with("00081030", "changed");
    archive.meanwhile->version.clear();
    ASSERT_FALSE(run().failure);
    EXPECT_EQ(server.last("ImagingStudy").at("description"), "changed");
}

TEST_F(StudyJobTest, another_patient_than_the_one_whose_lock_is_held_is_a_conflict) {
    archive.meanwhile = with("00100020", "OTHER");
    const JobResult first = run();
    ASSERT_TRUE(first.failure);
    EXPECT_EQ(first.failure->kind, FailureKind::conflict);
    EXPECT_TRUE(server.written.empty());
    ASSERT_FALSE(run().failure) << "the rerun takes the right lock";
    EXPECT_EQ(archive.patients, std::vector<std::string>{"OTHER"});
}

TEST_F(StudyJobTest, the_latest_study_of_the_patient_decides_the_demographics) {
    json::object later = testing::image("2.25.7", 1);
    later["0020000D"] = element("2.25.6");
    later["00080020"] = element("20250101");
    later["00100040"] = element("M");
    archive.others = {later};
    ASSERT_FALSE(run().failure);
    EXPECT_EQ(server.last("Patient").at("gender"), "male");
}

TEST_F(StudyJobTest, a_study_of_somebody_else_decides_nothing) {
    json::object other = testing::image("2.25.7", 1);
    other["0020000D"] = element("2.25.6");
    other["00080020"] = element("20250101");
    other["00100020"] = element("SOMEBODY");
    other["00100040"] = element("M");
    archive.others = {other};
    ASSERT_FALSE(run().failure);
    EXPECT_EQ(server.last("Patient").at("gender"), "female");
}

/// An instance of study `uid` in which the patient says so.
json::object instance_of(const char* uid, const char* date, const char* patient, const char* sex,
                         const char* created) {
    json::object made = testing::image(std::string(uid) + ".1", 1);
    made["00080018"] = element(std::string(uid) + ".1." + created);
    made["0020000D"] = element(uid);
    made["00080020"] = element(date);
    made["00100020"] = element(patient);
    made["00100040"] = element(sex);
    made["00080012"] = element(created);
    return made;
}

TEST_F(StudyJobTest, a_study_that_is_decided_for_somebody_else_decides_nothing_whatever_its_row_says) {
    // The row of 2.25.6 names our patient; its newest instance is another's.
    archive.rows = {instance_of("2.25.6", "20250101", "LK-2207", "M", "20250101"),
                    instance_of("2.25.5", "20240801", "LK-2207", "O", "20240801")};
    archive.studies["2.25.6"] = {archive.rows[0], instance_of("2.25.6", "20250101", "B", "M", "20250201")};
    archive.studies["2.25.5"] = {archive.rows[1]};
    ASSERT_FALSE(run().failure);
    EXPECT_EQ(server.last("Patient").at("gender"), "other") << "the next one decides";
    archive.studies["2.25.5"] = archive.studies["2.25.6"];
    ASSERT_FALSE(run().failure);
    EXPECT_EQ(server.last("Patient").at("gender"), "female") << "without others it is the job's own";
}

TEST_F(StudyJobTest, the_own_study_counts_whatever_its_row_says) {
    archive.rows = {instance_of("2.25.6", "20230101", "LK-2207", "M", "20230101")};
    archive.studies["2.25.6"] = archive.rows;
    ASSERT_FALSE(run().failure);
    EXPECT_EQ(server.last("Patient").at("gender"), "female") << "the search does not list it, it is later";
}

TEST_F(StudyJobTest, a_study_that_the_fhir_server_links_to_the_patient_counts_without_a_row) {
    server.types = {
        json::object{{"type", "ImagingStudy"}, {"searchParam", json::array{{{"name", "patient"}}}}}};
    const json::object patient{{"resourceType", "Patient"},
                               {"id", "p1"},
                               {"meta", {{"versionId", "1"}, {"source", "http://pacs/v2"}}},
                               {"identifier", json::array{json::object{{"value", "LK-2207"}}}}};
    const json::object linked{
        {"resourceType", "ImagingStudy"},
        {"id", "s6"},
        {"meta", {{"versionId", "1"}, {"source", "http://pacs/v2"}}},
        {"subject", {{"reference", "Patient/p1"}}},
        {"identifier", json::array{{{"system", "urn:dicom:uid"}, {"value", "urn:oid:2.25.6"}}}}};
    server.found = {patient, linked};
    archive.studies["2.25.6"] = {instance_of("2.25.6", "20250101", "LK-2207", "M", "20250201"),
                                 instance_of("2.25.6", "20250101", "B", "F", "20250101")};
    ASSERT_FALSE(run().failure);
    EXPECT_EQ(server.last("Patient").at("gender"), "male");
    EXPECT_EQ(std::count(server.queries.begin(), server.queries.end(),
                         "/ImagingStudy?patient=Patient/p1&_elements=identifier,meta&_count=1000"),
              1);
    archive.studies["2.25.6"][0]["00100020"] = element("B");
    ASSERT_FALSE(run().failure);
    EXPECT_EQ(server.last("Patient").at("gender"), "female") << "it went to another one meanwhile";
    archive.studies["2.25.6"][0]["00100020"] = element("LK-2207");
    server.found[1]
        .at("identifier")
        .as_array()
        .push_back(json::object{{"system", "urn:isocenter:partition:gone"}, {"value", "2.25.6"}});
    ASSERT_FALSE(run().failure);
    EXPECT_EQ(server.last("Patient").at("gender"), "female") << "nobody asks the archive for that partition";
    const std::string no_uid = "2.25." + std::string(60, '6');
    server.found[1].at("identifier") =
        json::array{{{"system", "urn:dicom:uid"}, {"value", "urn:oid:" + no_uid}}};
    archive.studies[no_uid] = archive.studies["2.25.6"];
    ASSERT_FALSE(run().failure);
    EXPECT_EQ(server.last("Patient").at("gender"), "female") << "nor for what is no UID";
}

TEST_F(StudyJobTest, a_former_patient_is_not_recomputed_from_the_study_that_left) {
    const json::object patient{{"resourceType", "Patient"},
                               {"id", "p1"},
                               {"meta", {{"versionId", "1"}, {"source", "http://pacs/v2"}}},
                               {"identifier", json::array{json::object{{"value", "FORMER"}}}},
                               {"gender", "female"}};
    const json::object study{
        {"resourceType", "ImagingStudy"},
        {"id", "s1"},
        {"meta", {{"versionId", "1"}, {"source", "http://pacs/v2"}}},
        {"subject", {{"reference", "Patient/p1"}}},
        {"identifier", json::array{{{"system", "urn:dicom:uid"}, {"value", "urn:oid:2.25.1"}}}}};
    server.found = {patient, study};
    // The row of the study still names the former patient and would be the latest.
    archive.rows = {instance_of("2.25.1", "20260101", "FORMER", "F", "20260101"),
                    instance_of("2.25.6", "20230101", "FORMER", "M", "20230101")};
    archive.studies["2.25.6"] = {archive.rows[1]};
    ASSERT_FALSE(run().failure);
    // Patients come last, the former one behind the study's.
    EXPECT_EQ(server.written.back().at(server.written.back().size() - 1).at("resource").at("gender"), "male");
}

json::object patient_of(const char* id, const char* value, const char* source, const char* gender) {
    return {{"resourceType", "Patient"},
            {"id", id},
            {"meta", {{"versionId", "1"}, {"source", source}}},
            {"identifier", json::array{json::object{{"value", value}}}},
            {"gender", gender}};
}

TEST_F(StudyJobTest, a_patient_whose_id_differs_in_case_is_another_one_also_where_the_server_finds_both) {
    server.ignores_case = true;
    server.types = {
        json::object{{"type", "ImagingStudy"}, {"searchParam", json::array{{{"name", "patient"}}}}}};
    server.found = {patient_of("p1", "lk-2207", "http://pacs/v2", "male")};
    const JobResult created = run();
    ASSERT_FALSE(created.failure) << created.failure->text << ": a condition would have found the other";
    EXPECT_EQ(server.last("Patient").at("identifier").at(0).at("value"), "LK-2207");
    EXPECT_FALSE(server.last("Patient").contains("id"));
    EXPECT_EQ(std::count_if(server.queries.begin(), server.queries.end(),
                            [](const std::string& query) { return query.find("patient=") != query.npos; }),
              0)
        << "his studies are not the patient's";
    server.found = {patient_of("p1", "lk-2207", "http://other", "male"),
                    patient_of("p2", "LK-2207", "http://other", "male")};
    const JobResult updated = run();
    ASSERT_FALSE(updated.failure) << updated.failure->text;
    EXPECT_EQ(server.last("Patient").at("id"), "p2");
    EXPECT_EQ(server.last("ImagingStudy").at("subject").at("reference"), "Patient/p2");
}

TEST_F(StudyJobTest, our_endpoint_is_looked_for_by_name_where_another_has_its_address_in_other_case) {
    json::object other = make_endpoint(options()).resource;
    other["id"] = "e1";
    other["meta"].as_object()["versionId"] = "1";
    json::object adopted = other;
    other["name"] = "DICOM WADO-RS endpoint http://PACS/v2";
    other["identifier"].as_array()[0].as_object()["value"] = "http://PACS/v2";
    adopted["id"] = "e2";
    adopted["identifier"] = json::array{json::object{{"value", "of its owner"}}};
    server.ignores_case = true;
    server.found = {other, adopted};
    ASSERT_FALSE(run().failure);
    EXPECT_EQ(server.last("ImagingStudy").at("endpoint").at(0).at("reference"), "Endpoint/e2");
}

json::object study_of_ours(const char* subject) {
    return {{"resourceType", "ImagingStudy"},
            {"id", "s1"},
            {"meta", {{"versionId", "1"}, {"source", "http://pacs/v2"}}},
            {"subject", {{"reference", subject}}},
            {"identifier", json::array{{{"system", "urn:dicom:uid"}, {"value", "urn:oid:2.25.1"}}}}};
}

TEST_F(StudyJobTest, a_former_patient_of_others_is_recomputed_by_the_identifiers_of_our_system) {
    json::object bea = patient_of("bea", "B", "http://other", "male");
    bea.at("identifier").as_array().push_back({{"system", "urn:insurance"}, {"value", "X1"}});
    server.found = {bea, study_of_ours("Patient/bea")};
    archive.rows = {instance_of("2.25.6", "20230101", "B", "F", "20230101")};
    archive.studies["2.25.6"] = archive.rows;
    ASSERT_FALSE(run().failure);
    const json::object changed = server.written.back().back().at("resource").as_object();
    EXPECT_EQ(changed.at("id"), "bea");
    EXPECT_EQ(changed.at("gender"), "female");
    EXPECT_EQ(std::count(archive.patients.begin(), archive.patients.end(), "X1"), 0);
    Options keeping = options();
    keeping.foreign_patient = ForeignPatient::keep;
    StudyJob knowing{archive, client, keeping};
    ASSERT_FALSE(
        knowing.run({.key = {"Microsoft.Default", "2.25.1"}, .may_write = [] { return true; }}).failure);
    EXPECT_EQ(json::serialize(server.written.back()).find("Patient/bea"), std::string::npos);
}

TEST_F(StudyJobTest, a_subject_on_another_server_is_nobody_of_this_one) {
    server.found = {patient_of("p5", "B", "http://pacs/v2", "male"),
                    study_of_ours("https://other.example/fhir/Patient/p5")};
    archive.rows = {instance_of("2.25.6", "20230101", "B", "F", "20230101")};
    archive.studies["2.25.6"] = archive.rows;
    ASSERT_FALSE(run().failure);
    EXPECT_EQ(server.asked["/Patient/p5"], 0);
    EXPECT_EQ(json::serialize(server.written.back()).find("Patient/p5"), std::string::npos);
}

TEST_F(StudyJobTest, nothing_that_has_the_id_of_a_create_is_overwritten) {
    for (const char* type : {"Endpoint", "ImagingStudy", "Observation", "Patient"})
        server.types.push_back(json::object{{"type", type}, {"updateCreate", true}});
    archive.content.instances.push_back(testing::dose_report());
    ASSERT_FALSE(run().failure);
    const std::string id(server.last("Patient").at("id").as_string());
    EXPECT_EQ(server.asked["/Patient/" + id], 1);
    EXPECT_EQ(std::count_if(server.queries.begin(), server.queries.end(),
                            [](const std::string& query) { return query.starts_with("/Observation?_id="); }),
              1)
        << "several at once";
    server.found = {patient_of(id.c_str(), "A-7", "http://clinic", "male")};
    ASSERT_FALSE(run().failure);
    EXPECT_FALSE(server.last("Patient").contains("id"));
    EXPECT_EQ(server.written.back().back().at("request").at("method"), "POST");
    server.found = {patient_of(id.c_str(), "A-7", "http://pacs/v2", "male")};
    ASSERT_FALSE(run().failure);
    EXPECT_EQ(server.last("Patient").at("id").as_string(), id) << "ours, which only lost its identifier";
    EXPECT_EQ(server.last("Patient").at("identifier").at(1).at("value"), "LK-2207");
    EXPECT_EQ(server.written.back().back().at("request").at("ifMatch"), "W/\"1\"");
}

TEST_F(StudyJobTest, a_row_that_tells_no_issuer_is_looked_into) {
    Options issuers = options();
    issuers.is_issuer_id_used = true;
    StudyJob knowing{archive, client, issuers};
    archive.content = with("00100021", "L");
    json::object later = instance_of("2.25.6", "20250101", "LK-2207", "M", "20250101");
    archive.rows = {later};
    later["00100021"] = element("L");
    archive.studies["2.25.6"] = {later};
    const JobRequest request{.key = {"Microsoft.Default", "2.25.1"}, .may_write = [] { return true; }};
    ASSERT_FALSE(knowing.run(request).failure);
    EXPECT_EQ(server.last("Patient").at("gender"), "male");
    archive.studies["2.25.6"][0]["00100021"] = element("ELSEWHERE");
    ASSERT_FALSE(knowing.run(request).failure);
    EXPECT_EQ(server.last("Patient").at("gender"), "female");
}

TEST_F(StudyJobTest, the_latest_study_may_be_in_another_partition_of_the_target) {
    json::object later = testing::image("2.25.7", 1);
    later["00080020"] = element("20250101");
    later["00100040"] = element("M");
    archive.north = {later};
    ASSERT_FALSE(run().failure);
    EXPECT_EQ(server.last("Patient").at("gender"), "female") << "north goes elsewhere";
    Options shared = options();
    shared.partitions["north"] = {};
    StudyJob joined{archive, client, shared};
    const JobRequest request{.key = {"Microsoft.Default", "2.25.1"}, .may_write = [] { return true; }};
    ASSERT_FALSE(joined.run(request).failure);
    EXPECT_EQ(server.last("Patient").at("gender"), "male") << "the study's UID is the same there";
    shared.partitions["north"].patient_system = "urn:north";
    StudyJob apart{archive, client, shared};
    archive.patients.clear();
    ASSERT_FALSE(apart.run(request).failure);
    EXPECT_EQ(server.last("Patient").at("gender"), "female") << "north has patients of its own";
    EXPECT_EQ(archive.patients.size(), 1U) << "who need not be asked for";
}

TEST_F(StudyJobTest, nothing_is_written_when_the_lease_may_end) {
    may_write = false;
    const JobResult result = run();
    ASSERT_TRUE(result.failure);
    EXPECT_EQ(result.failure->kind, FailureKind::lease_lost);
    EXPECT_TRUE(server.written.empty());
}

TEST_F(StudyJobTest, the_endpoint_is_looked_up_again_after_a_failure_only) {
    server.found = {
        {{"resourceType", "Endpoint"},
         {"id", "e1"},
         {"meta", {{"versionId", "1"}}},
         {"address", "http://pacs/v2"},
         {"identifier", json::array{{{"system", "urn:ietf:rfc:3986"}, {"value", "http://pacs/v2"}}}}}};
    ASSERT_FALSE(run().failure);
    ASSERT_FALSE(run().failure);
    EXPECT_EQ(server.asked["/Endpoint"], 1);
    server.refuse = 404;
    ASSERT_TRUE(run().failure);
    server.refuse = 0;
    ASSERT_FALSE(run().failure);
    EXPECT_EQ(server.asked["/Endpoint"], 2);
    EXPECT_EQ(server.asked["/metadata"], 1);
}

TEST_F(StudyJobTest, an_endpoint_that_was_deleted_is_made_again_by_one_rerun) {
    json::object endpoint = make_endpoint(options()).resource;
    endpoint["id"] = "e1";
    endpoint["meta"].as_object()["versionId"] = "1";
    server.found = {endpoint};
    ASSERT_FALSE(run().failure);
    server.found.clear();
    server.reason = "HAPI-1094: Resource Endpoint/e1 not found, specified in path: ImagingStudy.endpoint";
    int bundles = 0;
    server.judge = [&](const json::array& entries) {
        ++bundles;
        return json::serialize(entries).find("Endpoint/e1") == std::string::npos ? 0U : 400U;
    };
    const JobRequest request{.key = {"Microsoft.Default", "2.25.1"}, .may_write = [] { return true; }};
    const JobResult result = run_to_the_end(job, request, [] {});
    ASSERT_FALSE(result.failure) << result.failure->text;
    EXPECT_EQ(bundles, 2);
    EXPECT_EQ(server.last("Endpoint").at("address"), "http://pacs/v2");
    server.judge = [&](const json::array&) {
        ++bundles;
        return 400U;
    };
    const JobResult lasting = run_to_the_end(job, request, [] {});
    ASSERT_TRUE(lasting.failure);
    EXPECT_EQ(lasting.failure->kind, FailureKind::refused);
    EXPECT_EQ(bundles, 4) << "once more, not again and again";
}

TEST_F(StudyJobTest, a_study_without_patient_id_is_unusable) {
    archive.content = with("00100020", "");
    const JobResult result = run();
    ASSERT_TRUE(result.failure);
    EXPECT_EQ(result.failure->kind, FailureKind::unusable);
    EXPECT_EQ(result.failure->tag, "00100020");
}

TEST_F(StudyJobTest, an_invalid_value_is_named_where_it_fails_the_study) {
    Options strict = options();
    strict.enforce_validation = true;
    StudyJob strict_job{archive, client, strict};
    archive.content = with("00100040", "X");
    const JobResult result =
        strict_job.run({.key = {"Microsoft.Default", "2.25.1"}, .may_write = [] { return true; }});
    ASSERT_TRUE(result.failure);
    EXPECT_EQ(result.failure->kind, FailureKind::unusable);
    EXPECT_EQ(result.failure->tag, "00100040");
}

TEST_F(StudyJobTest, a_server_of_another_version_blames_no_study) {
    server.version = "5.0.0";
    const JobResult result = run();
    ASSERT_TRUE(result.failure);
    EXPECT_EQ(result.failure->kind, FailureKind::target_down);
    EXPECT_NE(result.failure->text.find("5.0.0"), std::string::npos);
    EXPECT_EQ(archive.reads, 0);
}

}  // namespace
}  // namespace isocenter::fhir
