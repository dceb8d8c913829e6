#include "fhir/classic/classic_job.h"

#include <gtest/gtest.h>

#include <map>

#include "fhir/classic/test_entry.h"
#include "fhir/client/fake_fhir.h"

namespace isocenter::fhir::classic {
namespace {

namespace json = boost::json;
using fhir::testing::dose_report;
using testing::element;
using testing::removed;
using testing::stored;

class FakeEntries : public EntrySource {
  public:
    Attempt<std::optional<Entry>> entry(std::int64_t sequence) override {
        if (failure) return failed(*failure);
        const auto it = entries.find(sequence);
        return it == entries.end() ? std::optional<Entry>() : it->second;
    }
    Attempt<std::optional<Entry>> reread(std::int64_t sequence) override {
        ++rereads;
        if (after_reread) entries[sequence] = *after_reread;
        return entry(sequence);
    }
    std::map<std::int64_t, Entry> entries;
    std::optional<Entry> after_reread;
    int rereads = 0;
    std::optional<Failure> failure;
};

class FakeArchive : public ArchiveSource {
  public:
    Attempt<StudyContent> read_study(const Key&) override { return content; }
    Attempt<std::optional<StudyContent>> read_if_changed(const Key&, const std::string&) override {
        return std::optional<StudyContent>(content);
    }
    Attempt<std::vector<json::object>> studies_of_patient(const std::string&, const std::string&) override {
        return std::vector<json::object>();
    }
    StudyContent content;
};

class ClassicJobTest : public ::testing::Test {
  protected:
    JobResult run(const Entry& entry, bool keep_referenced = false) {
        entries.entries = {{4, entry}};
        return run_number(4, keep_referenced);
    }
    JobResult run_number(std::int64_t sequence, bool keep_referenced = false) {
        testing::Desk desk;
        options.own_endpoint = desk.options.own_endpoint;
        options.patient_system_id = desk.options.patient_system_id;
        ClassicJob job({entries, archive, client}, options, [this] { return std::to_string(++uuids); });
        return job.run({.key = {"Microsoft.Default", "2.25.1"},
                        .keep_referenced = keep_referenced,
                        .may_write = [this] { return may_write; },
                        .sequence = sequence});
    }
    std::vector<std::string> methods() const {
        std::vector<std::string> list;
        for (const json::value& entry : server.written.back())
            list.push_back(std::string(entry.at("request").at("method").as_string()) + ' ' +
                           std::string(entry.at("request").at("url").as_string()));
        return list;
    }
    static json::object endpoint() {
        return testing::found({{"resourceType", "Endpoint"}, {"address", "https://pacs.lakeside.test/v2"}},
                              "e1");
    }
    static json::object study() {
        return testing::found(
            {{"resourceType", "ImagingStudy"},
             {"meta", {{"source", "https://pacs.lakeside.test/v2"}}},
             {"series", json::array{{{"uid", "2.25.2"}, {"instance", json::array{{{"uid", "2.25.2.1"}}}}}}}},
            "s1");
    }
    static json::object patient(const std::string& id) {
        return testing::found({{"resourceType", "Patient"}}, id);
    }

    FakeEntries entries;
    FakeArchive archive;
    FakeFhir server;
    FhirClient client{server, {.base = "http://fhir"}};
    Options options;
    bool may_write = true;
    int uuids = 0;
};

// Obligation: 19.pipeline.bundle, 19.step.create
TEST_F(ClassicJobTest, a_first_instance_is_one_transaction_of_all_it_needs) {
    const JobResult result = run(stored(testing::image("2.25.2", 1)));
    ASSERT_FALSE(result.failure) << result.failure->text;
    EXPECT_EQ(result.written, 3U);
    ASSERT_EQ(server.written.size(), 1U);
    EXPECT_EQ(methods(), (std::vector<std::string>{"POST Endpoint", "POST ImagingStudy", "POST Patient"}));
    const json::array& sent = server.written.back();
    const json::object imaging = server.last("ImagingStudy");
    EXPECT_EQ(imaging.at("subject").at("reference"), sent[2].at("fullUrl"));
    EXPECT_EQ(imaging.at("endpoint").at(0).at("reference"), sent[0].at("fullUrl"));
}

TEST_F(ClassicJobTest, an_entry_of_another_study_is_read_again_and_then_left_alone) {
    Entry other = stored(testing::image("2.25.2", 1));
    other.study_uid = "2.25.9";
    const JobResult left = run(other);
    ASSERT_FALSE(left.failure);
    EXPECT_EQ(left.written, 0U);
    EXPECT_EQ(entries.rereads, 1);
    EXPECT_TRUE(server.written.empty());
    entries.after_reread = stored(testing::image("2.25.2", 1));
    EXPECT_EQ(run(other).written, 3U);
}

TEST_F(ClassicJobTest, an_entry_that_is_not_shown_is_read_again_and_then_unreadable) {
    const JobResult missing = run_number(5);
    ASSERT_TRUE(missing.failure);
    EXPECT_EQ(missing.failure->kind, FailureKind::unreadable);
    EXPECT_EQ(entries.rereads, 1);
    entries.after_reread = stored(testing::image("2.25.2", 1));
    EXPECT_EQ(run_number(5).written, 3U) << "a server that lagged behind";
}

// Obligation: 19.pipeline.lookups
TEST_F(ClassicJobTest, the_lookups_are_made_anew_for_every_entry) {
    run(stored(testing::image("2.25.2", 1)));
    const std::vector<std::string> once = server.queries;
    ASSERT_EQ(once.size(), 3U);
    EXPECT_EQ(once[0], "/Patient?identifier=urn%3Alakeside%3Amrn%7CLK-2207");
    EXPECT_TRUE(once[1].starts_with("/Endpoint?connection-type=")) << once[1];
    EXPECT_EQ(once[2], "/ImagingStudy?identifier=urn%3Adicom%3Auid%7Curn%3Aoid%3A2.25.1");
    run(stored(testing::image("2.25.2", 1)));
    EXPECT_EQ(server.queries.size(), 6U);
}

// Obligation: 19.pipeline.unchanged
TEST_F(ClassicJobTest, nothing_is_sent_when_nothing_differs) {
    run(stored(testing::image("2.25.2", 1)));
    server.found = {testing::found(server.last("Patient"), "p1"), endpoint()};
    auto known = testing::found(server.last("ImagingStudy"), "s1");
    known["endpoint"] = json::array{{{"reference", "Endpoint/e1"}}};
    server.found.push_back(known);
    const JobResult result = run(stored(testing::image("2.25.2", 1)));
    ASSERT_FALSE(result.failure);
    EXPECT_EQ(result.written, 0U);
    EXPECT_EQ(server.written.size(), 1U);
}

// Obligation: 19.step.delete, 19.patient.no-metadata
TEST_F(ClassicJobTest, a_deletion_asks_for_no_patient) {
    server.found = {endpoint(), study()};
    const JobResult result = run(removed("2.25.2", "2.25.2.1"));
    ASSERT_FALSE(result.failure) << result.failure->text;
    EXPECT_EQ(methods(), std::vector<std::string>{"DELETE ImagingStudy/s1"});
    EXPECT_EQ(server.asked["/Patient"], 0);
}

TEST_F(ClassicJobTest, a_deletion_may_create_the_endpoint) {
    ASSERT_FALSE(run(removed("2.25.2", "2.25.2.1")).failure);
    EXPECT_EQ(methods(), std::vector<std::string>{"POST Endpoint"});
}

TEST_F(ClassicJobTest, a_deletion_of_what_was_stored_again_synchronises_the_patient) {
    server.found = {endpoint(), study()};
    Entry entry = removed("2.25.2", "2.25.2.1");
    entry.metadata = testing::image("2.25.2", 1);
    ASSERT_FALSE(run(entry).failure);
    EXPECT_EQ(methods(), (std::vector<std::string>{"DELETE ImagingStudy/s1", "POST Patient"}));
}

TEST_F(ClassicJobTest, a_study_that_is_referred_to_is_marked_when_asked) {
    server.found = {endpoint(), study()};
    ASSERT_FALSE(run(removed("2.25.2", "2.25.2.1"), true).failure);
    EXPECT_EQ(methods(), std::vector<std::string>{"PUT ImagingStudy/s1"});
    EXPECT_EQ(server.last("ImagingStudy").at("status"), "entered-in-error");
}

// Obligation: 19.step.update
TEST_F(ClassicJobTest, an_update_is_handled_as_what_the_instance_is_now) {
    server.found = {endpoint(), study()};
    Entry entry = stored(testing::image("2.25.2", 2));
    entry.action = Action::update;
    ASSERT_FALSE(run(entry).failure);
    EXPECT_EQ(methods(), (std::vector<std::string>{"PUT ImagingStudy/s1", "POST Patient"}));
}

// Obligation: 19.feed.created-and-gone
TEST_F(ClassicJobTest, an_instance_that_is_gone_already_is_passed_over) {
    Entry entry = stored(testing::image("2.25.2", 1));
    entry.gone = true;
    entry.metadata.reset();
    const JobResult result = run(entry);
    ASSERT_FALSE(result.failure);
    EXPECT_TRUE(server.queries.empty());
}

TEST_F(ClassicJobTest, an_entry_without_metadata_is_unusable) {
    Entry entry = stored(testing::image("2.25.2", 1));
    entry.metadata.reset();
    const JobResult result = run(entry);
    ASSERT_TRUE(result.failure);
    EXPECT_EQ(result.failure->kind, FailureKind::unusable);
}

// Obligation: 19.patient.missing-id-fails
TEST_F(ClassicJobTest, a_missing_patient_id_fails_the_entry_in_both_modes) {
    json::object metadata = testing::image("2.25.2", 1);
    metadata.erase("00100020");
    for (const bool enforce : {false, true}) {
        options.enforce_validation = enforce;
        const JobResult result = run(stored(metadata));
        ASSERT_TRUE(result.failure);
        EXPECT_EQ(result.failure->kind, FailureKind::unusable);
        EXPECT_EQ(result.failure->tag, "00100020");
        EXPECT_TRUE(server.written.empty());
    }
}

// Obligation: 19.synchroniser.lenient
TEST_F(ClassicJobTest, an_invalid_value_is_left_out_and_told) {
    json::object metadata = testing::image("2.25.2", 1);
    metadata["00100040"] = element("X");
    const JobResult result = run(stored(metadata));
    ASSERT_FALSE(result.failure);
    ASSERT_EQ(result.notes.size(), 1U);
    EXPECT_EQ(result.notes.front().tag, "00100040");
    EXPECT_FALSE(server.last("Patient").contains("gender"));
}

// Obligation: 19.synchroniser.strict, 19.helper.validation-strict
TEST_F(ClassicJobTest, an_invalid_value_fails_the_entry_where_validation_is_enforced) {
    options.enforce_validation = true;
    for (const char* tag : {"00100040", "00080201"}) {
        json::object metadata = testing::image("2.25.2", 1);
        metadata[tag] = element("X");
        const JobResult result = run(stored(metadata));
        ASSERT_TRUE(result.failure) << tag;
        EXPECT_EQ(result.failure->kind, FailureKind::unusable);
        EXPECT_EQ(result.failure->tag, tag);
        EXPECT_TRUE(server.written.empty());
    }
}

// Obligation: 19.search.patient-several
TEST_F(ClassicJobTest, several_patients_of_one_identity_are_refused) {
    server.found = {patient("p1"), patient("p2")};
    const JobResult result = run(stored(testing::image("2.25.2", 1)));
    ASSERT_TRUE(result.failure);
    EXPECT_EQ(result.failure->kind, FailureKind::refused);
    EXPECT_TRUE(server.written.empty());
}

// Obligation: 19.search.study-several
TEST_F(ClassicJobTest, several_studies_of_one_uid_are_refused) {
    auto other = study();
    other["id"] = "s2";
    server.found = {study(), other};
    const JobResult result = run(stored(testing::image("2.25.2", 1)));
    ASSERT_TRUE(result.failure);
    EXPECT_EQ(result.failure->kind, FailureKind::refused);
}

// Obligation: 19.search.endpoint-several
TEST_F(ClassicJobTest, several_endpoints_of_our_name_are_refused) {
    auto other = endpoint();
    other["id"] = "e2";
    server.found = {endpoint(), other};
    EXPECT_EQ(run(stored(testing::image("2.25.2", 1))).failure->kind, FailureKind::refused);
}

// Obligation: 19.pipeline.error-unchanged
TEST_F(ClassicJobTest, an_endpoint_with_another_address_fails_the_entry) {
    auto other = endpoint();
    other["address"] = "https://elsewhere.test";
    server.found = {other};
    const JobResult result = run(stored(testing::image("2.25.2", 1)));
    ASSERT_TRUE(result.failure);
    EXPECT_EQ(result.failure->kind, FailureKind::refused);
    EXPECT_NE(result.failure->text.find("Endpoint/e1"), std::string::npos);
}

// Obligation: 19.step.conflict, 19.patient.conflict, 19.slots.patient-response, 19.slots.study-response
TEST_F(ClassicJobTest, a_create_that_somebody_else_made_meanwhile_is_a_conflict) {
    const std::vector<std::string> created{"POST Endpoint", "POST ImagingStudy", "POST Patient"};
    for (std::size_t at = 0; at < created.size(); ++at) {
        server.statuses = {{at, "200 OK"}};
        const JobResult result = run(stored(testing::image("2.25.2", 1)));
        EXPECT_EQ(methods(), created);
        ASSERT_TRUE(result.failure) << created[at];
        EXPECT_EQ(result.failure->kind, FailureKind::conflict);
        EXPECT_EQ(result.failure->text, "entry " + std::to_string(at) + " exists meanwhile");
    }
}

// Obligation: 19.slots.patient-response, 19.slots.study-response, 19.slots.observation-response
TEST_F(ClassicJobTest, each_response_is_judged_as_that_of_its_own_request) {
    const std::vector<std::string> sent{"POST Endpoint", "POST ImagingStudy", "POST Observation",
                                        "POST Observation", "POST Patient"};
    for (std::size_t at = 0; at < sent.size(); ++at) {
        server.statuses = {{at, "404 Not Found"}};
        const JobResult result = run(stored(dose_report()));
        EXPECT_EQ(methods(), sent);
        ASSERT_TRUE(result.failure) << sent[at];
        EXPECT_EQ(result.failure->kind, FailureKind::refused);
        EXPECT_EQ(result.failure->text, "entry " + std::to_string(at) + " was answered 404");
    }
}

// Obligation: 19.slots.study-response, 19.slots.observation-response
TEST_F(ClassicJobTest, that_something_is_gone_is_good_news_of_a_deletion_only) {
    server.found = {endpoint(), study(), testing::found({{"resourceType", "Observation"}}, "o1"),
                    testing::found({{"resourceType", "Observation"}}, "o2")};
    Entry entry = removed("2.25.2", "2.25.2.1");
    entry.metadata = testing::image("2.25.2", 1);
    const std::vector<std::string> sent{"DELETE ImagingStudy/s1", "DELETE Observation/o1",
                                        "DELETE Observation/o2", "POST Patient"};
    for (std::size_t at = 0; at < sent.size(); ++at) {
        server.statuses = {{at, "410 Gone"}};
        const JobResult result = run(entry);
        EXPECT_EQ(methods(), sent);
        EXPECT_EQ(result.failure.has_value(), sent[at] == "POST Patient") << sent[at];
        server.statuses = {{at, "500"}};
        EXPECT_TRUE(run(entry).failure) << sent[at];
    }
}

// Obligation: 19.search.observations
TEST_F(ClassicJobTest, any_number_of_observations_is_found_over_any_number_of_pages) {
    server.page = 10;
    for (const std::size_t count : {0U, 1U, 10U, 11U, 95U}) {
        server.found = {endpoint(), study()};
        std::vector<std::string> deleted{"DELETE ImagingStudy/s1"};
        for (std::size_t i = 0; i < count; ++i) {
            const std::string id = "o" + std::to_string(i);
            server.found.push_back(testing::found({{"resourceType", "Observation"}}, id));
            deleted.push_back("DELETE Observation/" + id);
        }
        server.asked.clear();
        ASSERT_FALSE(run(removed("2.25.2", "2.25.2.1")).failure);
        EXPECT_EQ(methods(), deleted);
        EXPECT_EQ(server.asked["/Observation"], count == 0 ? 1 : static_cast<int>((count + 9) / 10));
    }
}

// Obligation: 19.observation.step
TEST_F(ClassicJobTest, dose_reports_come_with_the_study_and_go_with_any_instance) {
    ASSERT_FALSE(run(stored(dose_report())).failure);
    EXPECT_EQ(methods(), (std::vector<std::string>{"POST Endpoint", "POST ImagingStudy", "POST Observation",
                                                   "POST Observation", "POST Patient"}));
    const json::array sent = server.written.back();
    EXPECT_EQ(sent[2].at("resource").at("partOf").at(0).at("reference"), sent[1].at("fullUrl"));
    EXPECT_EQ(sent[2].at("resource").at("subject").at("reference"), sent[4].at("fullUrl"));
    server.found = {endpoint(), study(), testing::found({{"resourceType", "Observation"}}, "o1"),
                    testing::found({{"resourceType", "Observation"}}, "o2")};
    ASSERT_FALSE(run(removed("2.25.2", "2.25.2.1")).failure);
    EXPECT_EQ(methods(), (std::vector<std::string>{"DELETE ImagingStudy/s1", "DELETE Observation/o1",
                                                   "DELETE Observation/o2"}));
}

// Obligation: 19.observation.switch
TEST_F(ClassicJobTest, observations_can_be_switched_off) {
    options.generate_observations = false;
    ASSERT_FALSE(run(stored(dose_report())).failure);
    EXPECT_EQ(methods().size(), 3U);
    ASSERT_FALSE(run(removed("2.25.2", "2.25.2.1")).failure);
    EXPECT_EQ(server.asked["/Observation"], 0);
}

TEST_F(ClassicJobTest, nothing_is_written_when_the_lease_may_end) {
    may_write = false;
    EXPECT_EQ(run(stored(testing::image("2.25.2", 1))).failure->kind, FailureKind::lease_lost);
    EXPECT_TRUE(server.written.empty());
}

TEST_F(ClassicJobTest, a_study_as_a_whole_is_its_instances_one_after_the_other) {
    archive.content.instances = {testing::image("2.25.2", 2), testing::image("2.25.2", 1)};
    const JobResult result = run_number(0);
    ASSERT_FALSE(result.failure) << result.failure->text;
    EXPECT_EQ(server.written.size(), 2U);
    EXPECT_EQ(result.written, 6U);
}

TEST_F(ClassicJobTest, a_study_as_a_whole_leaves_no_observation_of_an_earlier_run) {
    const auto observation = [](const char* id, const char* code) {
        return testing::found(
            {{"resourceType", "Observation"},
             {"identifier", json::array{{{"system", "urn:dicom:uid"}, {"value", "urn:oid:2.25.1"}}}},
             {"code", {{"coding", json::array{{{"system", "http://loinc.org"}, {"code", code}}}}}}},
            id);
    };
    archive.content.instances = {dose_report()};
    server.found = {observation("o1", "73569-6"), observation("of-others", "1234-5")};
    ASSERT_FALSE(run_number(0).failure);
    ASSERT_EQ(server.written.size(), 2U);
    ASSERT_EQ(server.written.front().size(), 1U);
    EXPECT_EQ(server.written.front()[0].at("request").at("url"), "Observation/o1");
    EXPECT_EQ(methods().size(), 5U);
}

TEST_F(ClassicJobTest, a_bad_instance_of_a_whole_study_keeps_no_other_back) {
    json::object bad = testing::image("2.25.2", 1);
    bad.erase("00100020");
    archive.content.instances = {bad, testing::image("2.25.2", 2)};
    const JobResult result = run_number(0);
    ASSERT_TRUE(result.failure);
    EXPECT_EQ(result.failure->kind, FailureKind::unusable);
    EXPECT_EQ(server.written.size(), 1U);
}

// Obligation: 19.capability.version-refused
TEST_F(ClassicJobTest, a_server_of_another_version_counts_as_away) {
    ClassicJob job({entries, archive, client}, options);
    ASSERT_TRUE(job.probe_target());
    server.version = "5.0.0";
    ASSERT_FALSE(job.probe_target());
    EXPECT_EQ(job.probe_target().error().kind, FailureKind::target_down);
}

TEST_F(ClassicJobTest, a_comparison_tells_what_a_run_would_bring_and_take_away) {
    testing::Desk desk;
    options.own_endpoint = desk.options.own_endpoint;
    options.patient_system_id = desk.options.patient_system_id;
    ClassicJob job({entries, archive, client}, options, [] { return std::string("1"); });
    const auto told = [&] {
        std::string text;
        const auto difference = job.compare({"Microsoft.Default", "2.25.1"});
        if (!difference) return std::string("failed");
        for (const PlannedEntry& entry : difference->plan.entries)
            text += entry.type + ' ' + entry.reference + std::to_string(static_cast<int>(entry.action)) + ';';
        return text;
    };
    EXPECT_EQ(told(), "") << "neither here nor there";
    server.found = {endpoint(), patient("p1"), study()};
    EXPECT_EQ(told(), "ImagingStudy ImagingStudy/s12;") << "to be removed";
    archive.content.instances = {testing::image("2.25.2", 1)};
    EXPECT_EQ(told(), "") << "as it is";
    archive.content.instances = {testing::image("2.25.2", 2)};
    EXPECT_EQ(told(), "ImagingStudy ImagingStudy/s11;") << "lists another instance";
    server.found.clear();
    EXPECT_EQ(told(), "Patient 0;Endpoint 0;ImagingStudy 0;");
    archive.content.instances.front().erase("00100020");
    EXPECT_EQ(told(), "failed");
    EXPECT_TRUE(server.written.empty());
}

}  // namespace
}  // namespace isocenter::fhir::classic
