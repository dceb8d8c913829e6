#include <gtest/gtest.h>

#include "fhir/plan/test_planning.h"

namespace isocenter::fhir {
namespace {

namespace json = boost::json;
using testing::element;
using testing::image;
using testing::kOwn;
using testing::Planning;
using testing::study_of;

TEST_F(Planning, Create_ClientIds_InTheOrderOfTheBundle) {
    const auto made = plan({image("2.25.2", 1), testing::dose_report()});
    std::vector<std::string> types;
    for (const auto& entry : made->entries)
        types.push_back(entry.type);
    EXPECT_EQ(types, (std::vector<std::string>{"Endpoint", "ImagingStudy", "Observation", "Observation",
                                               "Patient"}));
    const auto& study = made->entries[1].entry;
    const auto id = resource_id("ImagingStudy", {"urn:dicom:uid", "urn:oid:2.25.1"}, {});
    EXPECT_EQ(study.at("request"), (json::object{{"method", "PUT"}, {"url", "ImagingStudy/" + id}}));
    EXPECT_EQ(study.at("fullUrl").as_string(), "https://fhir.test/r4/ImagingStudy/" + id);
    EXPECT_EQ(study.at("resource").at("subject").at("reference").as_string(),
              "Patient/" + resource_id("Patient", {"urn:lakeside:mrn", "LK-2207"}, {}));
    EXPECT_EQ(json::serialize(study).find('@'), std::string::npos);
}

TEST_F(Planning, Create_Conditional_HasEscapedIfNoneExist) {
    options_.identity = IdentityMode::conditional;
    auto instance = image("2.25.2", 1);
    instance["00100020"] = element("A|B,C $\\&");
    const auto made = plan({instance});
    const auto* patient = entry_of(*made, "Patient");
    EXPECT_EQ(patient->entry.at("request").at("ifNoneExist"),
              "identifier=urn%3Alakeside%3Amrn%7CA%5C%7CB%5C%2CC%20%5C%24%5C%5C%26");
    const auto full_url = std::string{patient->entry.at("fullUrl").as_string()};
    EXPECT_TRUE(full_url.starts_with("urn:uuid:"));
    EXPECT_EQ(entry_of(*made, "ImagingStudy")->entry.at("resource").at("subject").at("reference").as_string(),
              full_url);
}

TEST_F(Planning, Create_Conditional_DoesNotTakeAnotherPartitionsForOurs) {
    options_.identity = IdentityMode::conditional;
    options_.partitions["north"] = {};
    const auto of_partition = [&](const std::string& partition) {
        Snapshot snapshot{study_of({image("2.25.2", 1), testing::dose_report()}), {}, {}};
        snapshot.study.partition = partition;
        std::vector<ValidationRecord> records;
        return *make_plan(*compute_wanted(snapshot, options_, records), existing_, options_, target_);
    };
    const auto condition_of = [](const Plan& plan, std::string_view type) {
        const auto& request = entry_of(plan, type)->entry.at("request").as_object();
        return request.contains("ifNoneExist") ? std::string{request.at("ifNoneExist").as_string()} : "";
    };
    const Identifier marked{"urn:isocenter:partition:north", "2.25.1"};
    const auto north = of_partition("north");
    EXPECT_EQ(condition_of(north, "ImagingStudy"), identifier_query(marked));
    EXPECT_TRUE(condition_of(north, "Observation").ends_with("&" + identifier_query(marked)));
    const std::string unmarked(kDefaultPartition);
    EXPECT_EQ(condition_of(of_partition(unmarked), "ImagingStudy"),
              identifier_query({"urn:dicom:uid", "urn:oid:2.25.1"}));
    EXPECT_NE(condition_of(of_partition(unmarked), "Observation"), "");
    // Now the server has north's: a condition would find them.
    for (const auto& planned : north.entries) {
        auto resource = planned.entry.at("resource").as_object();
        resource["id"] = "s" + std::to_string(++last_id_);
        if (planned.type == "ImagingStudy" || planned.type == "Observation")
            hits_of(planned.type).push_back(std::move(resource));
    }
    const auto beside = of_partition(unmarked);
    EXPECT_EQ(condition_of(beside, "ImagingStudy"), "");
    EXPECT_EQ(condition_of(beside, "Observation"), "");
    EXPECT_NE(condition_of(beside, "Patient"), "");
}

TEST_F(Planning, Matches_OfOtherCaseAreNotTaken_AndNoConditionFindsThem) {
    options_.identity = IdentityMode::conditional;
    const json::object other{{"meta", {{"source", kOwn}, {"versionId", "1"}}}};
    const auto with = [&](json::object resource, const char* system, const char* value) {
        resource.insert(other.begin(), other.end());
        resource["identifier"] = json::array{json::object{{"system", system}, {"value", value}}};
        return resource;
    };
    existing_.patients = {with({{"resourceType", "Patient"}, {"id", "p"}}, "urn:lakeside:mrn", "lk-2207"),
                          with({{"resourceType", "Patient"}, {"id", "q"}}, "urn:LAKESIDE:mrn", "LK-2207")};
    existing_.endpoints = {with({{"resourceType", "Endpoint"}, {"id", "e"}}, "urn:ietf:rfc:3986",
                                "https://PACS.lakeside.test/v2")};
    existing_.studies = {
        with({{"resourceType", "ImagingStudy"}, {"id", "s"}}, "URN:DICOM:UID", "urn:oid:2.25.1")};
    const auto made = plan({image("2.25.2", 1)});
    ASSERT_TRUE(made.ok());
    ASSERT_EQ(made->entries.size(), 3U);
    for (const PlannedEntry& entry : made->entries) {
        EXPECT_EQ(entry.action, PlannedEntry::Action::create) << entry.type;
        EXPECT_EQ(entry.entry.at("request"), (json::object{{"method", "POST"}, {"url", entry.type}}));
    }
    EXPECT_TRUE(made->findings.empty());
}

TEST_F(Planning, Create_ByPut_OverwritesNothingThatHasTheId) {
    const auto first = plan({image("2.25.2", 1), testing::dose_report()});
    const auto ids = chosen_ids(*first);
    ASSERT_EQ(ids.size(), 4U);
    ASSERT_EQ(ids.at("Observation").size(), 2U);
    const auto holder = [&](const char* type, const std::string& id, const char* source) {
        existing_.holders.push_back({{"resourceType", type},
                                     {"id", id},
                                     {"meta", {{"versionId", "7"}, {"source", source}}},
                                     {"language", "nl"}});
    };
    holder("Patient", ids.at("Patient")[0], "https://clinic.test");
    holder("Endpoint", ids.at("Endpoint")[0], "https://clinic.test");
    holder("ImagingStudy", ids.at("ImagingStudy")[0], kOwn);
    holder("Observation", ids.at("Observation")[0], "https://clinic.test");
    holder("Observation", ids.at("Observation")[1], kOwn);
    const auto made = plan({image("2.25.2", 1), testing::dose_report()});
    ASSERT_TRUE(made.ok());
    EXPECT_TRUE(chosen_ids(*made).empty());
    for (const char* type : {"Patient", "Endpoint"}) {
        const auto& request = entry_of(*made, type)->entry.at("request").as_object();
        EXPECT_EQ(request.at("method"), "POST") << type;
        EXPECT_TRUE(request.contains("ifNoneExist")) << type;
    }
    const auto& study = entry_of(*made, "ImagingStudy")->entry;
    EXPECT_EQ(study.at("request").at("ifMatch"), "W/\"7\"") << "ours, though nothing identifies it";
    EXPECT_EQ(study.at("resource").at("language"), "nl");
    EXPECT_EQ(study.at("resource").at("identifier").at(0).at("value"), "urn:oid:2.25.1");
    EXPECT_TRUE(
        std::string{study.at("resource").at("subject").at("reference").as_string()}.starts_with("urn:uuid:"));
    std::vector<std::string> methods;
    for (const PlannedEntry& entry : made->entries) {
        if (entry.type == "Observation")
            methods.emplace_back(entry.entry.at("request").at("method").as_string());
    }
    EXPECT_EQ(methods, (std::vector<std::string>{"POST", "PUT"}));
}

TEST_F(Planning, Former_PatientIsChangedOnce_HoweverManyPatientIdsItHas) {
    Snapshot snapshot{study_of({image("2.25.2", 1)}), {}, {}};
    json::array identifiers;
    for (const char* id : {"LK-OLD", "LK-OLDER"}) {
        auto remaining = image("2.25.40", 1);
        remaining["00100020"] = element(id);
        snapshot.former_patients.push_back(study_of({remaining}));
        identifiers.push_back(json::object{{"system", "urn:lakeside:mrn"}, {"value", id}});
    }
    std::vector<ValidationRecord> records;
    const json::object patient{{"resourceType", "Patient"},
                               {"id", "old"},
                               {"meta", {{"versionId", "3"}}},
                               {"identifier", identifiers}};
    existing_.former_patients = {{patient}, {patient}};
    const auto made = make_plan(*compute_wanted(snapshot, options_, records), existing_, options_, target_);
    EXPECT_EQ(made->entries.size(), 4U);
}

TEST_F(Planning, Former_PatientOfOtherCaseStays) {
    auto remaining = image("2.25.40", 1);
    remaining["00100020"] = element("LK-OLD");
    const Snapshot snapshot{study_of({image("2.25.2", 1)}), {}, {study_of({remaining}), {}}};
    std::vector<ValidationRecord> records;
    existing_.former_patients = {
        {{{"resourceType", "Patient"},
          {"id", "old"},
          {"meta", {{"source", kOwn}, {"versionId", "3"}}},
          {"identifier", json::array{json::object{{"system", "urn:lakeside:mrn"}, {"value", "lk-old"}}}}}}};
    const auto made = make_plan(*compute_wanted(snapshot, options_, records), existing_, options_, target_);
    EXPECT_EQ(made->entries.size(), 3U);
}

TEST_F(Planning, Ids_AreTheUuidOfTheIdentity) {
    // Python: uuid.uuid5(uuid.UUID('5b1f4c5e-3c0a-5d0e-9a53-0c7e6f1d2b84'),
    // 'Patient|urn:lakeside:mrn|LK-2207')
    EXPECT_EQ(resource_id("Patient", {"urn:lakeside:mrn", "LK-2207"}, {}),
              "438127ba-d54e-5b5c-ac7f-6ed3a1e89789");
    EXPECT_NE(resource_id("ImagingStudy", {"a", "b"}, "p"), resource_id("ImagingStudy", {"a", "b"}, {}));
}

TEST_F(Planning, Replay_WritesNothing) {
    apply({image("2.25.2", 1), testing::dose_report()});
    EXPECT_TRUE(apply({image("2.25.2", 1), testing::dose_report()}).entries.empty());
    existing_.studies[0]["meta"].as_object()["source"] = std::string{kOwn} + "#request-7";
    existing_.studies[0]["text"] = json::object{{"status", "generated"}};
    EXPECT_TRUE(apply({image("2.25.2", 1), testing::dose_report()}).entries.empty());
}

TEST_F(Planning, Update_NamesElementsAndVersion) {
    apply({image("2.25.2", 1)});
    const auto made = apply({image("2.25.2", 1), image("2.25.2", 2)});
    ASSERT_EQ(made.entries.size(), 1U);
    const auto& entry = made.entries[0];
    EXPECT_EQ(entry.elements, (std::vector<std::string>{"numberOfInstances", "series"}));
    EXPECT_EQ(entry.entry.at("request").at("method"), "PUT");
    EXPECT_EQ(entry.entry.at("request").at("ifMatch"), "W/\"2\"");
    EXPECT_EQ(existing_.studies[0].at("series").at(0).at("instance").as_array().size(), 2U);
}

TEST_F(Planning, Own_Study_WithdrawsWhatIsGone) {
    auto instance = image("2.25.2", 1);
    instance["00081030"] = element("CT chest");
    apply({instance, image("2.25.3", 1)});
    apply({image("2.25.2", 1)});
    EXPECT_FALSE(existing_.studies[0].contains("description"));
    EXPECT_EQ(existing_.studies[0].at("series").as_array().size(), 1U);
    EXPECT_EQ(existing_.studies[0].at("numberOfSeries"), 1);
}

TEST_F(Planning, Absent_OwnStudyIsDeletedWithItsObservations) {
    apply({image("2.25.2", 1), testing::dose_report()});
    const auto made = apply({});
    ASSERT_EQ(made.entries.size(), 3U);
    for (const auto& entry : made.entries) {
        EXPECT_EQ(entry.action, PlannedEntry::Action::remove);
        EXPECT_FALSE(entry.entry.contains("resource"));
        EXPECT_EQ(entry.entry.at("request").at("method"), "DELETE");
    }
    EXPECT_TRUE(existing_.studies.empty());
    EXPECT_EQ(existing_.patients.size(), 1U);
    EXPECT_EQ(existing_.endpoints.size(), 1U);
    EXPECT_TRUE(apply({}).entries.empty());
}

TEST_F(Planning, Absent_NothingFoundMeansNothingToDo) {
    EXPECT_TRUE(apply({}).entries.empty());
}

TEST_F(Planning, Absent_ReferencedStudyIsMarkedAndLaterAvailableAgain) {
    apply({image("2.25.2", 1)});
    target_.keep_referenced = true;
    apply({});
    EXPECT_EQ(existing_.studies[0].at("status"), "entered-in-error");
    EXPECT_FALSE(existing_.studies[0].contains("series"));
    EXPECT_EQ(existing_.studies[0].at("numberOfInstances"), 0);
    target_.keep_referenced = false;
    EXPECT_TRUE(apply({}).entries.empty());
    apply({image("2.25.2", 1)});
    EXPECT_EQ(existing_.studies[0].at("status"), "available");
}

// Obligation: 23.12.foreign
TEST_F(Planning, Foreign_StudyGainsAndKeeps) {
    const json::object others_series{
        {"uid", "2.25.90"},
        {"modality", json::object{{"code", "MR"}}},
        {"endpoint", json::array{json::object{{"reference", "Endpoint/other"}}}}};
    existing_.studies.push_back({{"resourceType", "ImagingStudy"},
                                 {"id", "f1"},
                                 {"meta", {{"source", "https://other.test"}, {"versionId", "4"}}},
                                 {"identifier", json::array{json::object{{"system", "urn:ietf:rfc:3986"},
                                                                         {"value", "urn:oid:2.25.1"}}}},
                                 {"status", "registered"},
                                 {"subject", {{"reference", "Patient/elsewhere"}}},
                                 {"description", "theirs"},
                                 {"series", json::array{others_series}}});
    auto instance = image("2.25.2", 1);
    instance["00081030"] = element("ours");
    const auto made = apply({instance});
    const auto& study = existing_.studies[0];
    EXPECT_EQ(study.at("status"), "registered");
    EXPECT_EQ(study.at("description"), "theirs");
    EXPECT_EQ(study.at("subject").at("reference"), "Patient/elsewhere");
    EXPECT_EQ(study.at("identifier").as_array().size(), 2U);
    EXPECT_EQ(study.at("series").as_array().size(), 2U);
    EXPECT_EQ(study.at("series").at(1), others_series);
    ASSERT_EQ(made.findings.size(), 1U);
    EXPECT_EQ(made.findings[0].kind, Finding::Kind::subject_kept);
    apply({});
    EXPECT_EQ(existing_.studies[0].at("series"), json::array{others_series});
    EXPECT_FALSE(existing_.studies[0].contains("endpoint"));
}

// Obligation: 23.12.foreign
TEST_F(Planning, Shared_StudyOfOursStaysWhereAnotherArchiveHasItToo) {
    const json::value other = {{"reference", "Endpoint/other"}};
    apply({image("2.25.2", 1)});
    existing_.studies[0]["endpoint"].as_array().push_back(other);
    EXPECT_TRUE(apply({image("2.25.2", 1)}).entries.empty());
    apply({image("2.25.2", 1), image("2.25.2", 2)});
    EXPECT_EQ(existing_.studies[0].at("endpoint").as_array().size(), 2U);
    apply({});
    ASSERT_EQ(existing_.studies.size(), 1U) << "not ours alone to delete";
    EXPECT_EQ(existing_.studies[0].at("endpoint"), json::array{other});
    EXPECT_FALSE(existing_.studies[0].contains("series"));
    EXPECT_EQ(existing_.studies[0].at("numberOfInstances"), 0);
    EXPECT_TRUE(apply({}).entries.empty());
    apply({image("2.25.2", 1)});
    EXPECT_EQ(existing_.studies[0].at("endpoint").as_array().size(), 2U);
    existing_.studies[0]["endpoint"].as_array().pop_back();
    apply({});
    EXPECT_TRUE(existing_.studies.empty());
}

TEST_F(Planning, Shared_SeriesLosesOnlyNamedInstances) {
    apply({image("2.25.2", 1), image("2.25.2", 2)});
    auto& series = existing_.studies[0]["series"].as_array()[0].as_object();
    series["endpoint"].as_array().push_back(json::object{{"reference", "Endpoint/other"}});
    series["description"] = "theirs";
    const auto undecided = apply({image("2.25.2", 1)});
    EXPECT_EQ(existing_.studies[0].at("series").at(0).at("instance").as_array().size(), 2U);
    ASSERT_EQ(undecided.findings.size(), 1U);
    EXPECT_EQ(undecided.findings[0].kind, Finding::Kind::instances_kept);
    removed_ = {"2.25.2.2"};
    EXPECT_TRUE(apply({image("2.25.2", 1)}).findings.empty());
    EXPECT_EQ(existing_.studies[0].at("series").at(0).at("instance").as_array().size(), 1U);
    EXPECT_EQ(existing_.studies[0].at("series").at(0).at("description"), "theirs");
}

TEST_F(Planning, Subject_OwnStudyIsRelinkedOrAsTheSettingSays) {
    apply({image("2.25.2", 1)});
    existing_.studies[0]["subject"] = json::object{{"reference", "Patient/wrong"}};
    options_.subject_mismatch = SubjectMismatch::dead_letter;
    EXPECT_EQ(plan({image("2.25.2", 1)}).error().code, ErrorCode::conflict);
    options_.subject_mismatch = SubjectMismatch::keep;
    EXPECT_TRUE(plan({image("2.25.2", 1)})->entries.empty());
    options_.subject_mismatch = SubjectMismatch::by_owner;
    apply({image("2.25.2", 1)});
    EXPECT_NE(existing_.studies[0].at("subject").at("reference"), "Patient/wrong");
}

TEST_F(Planning, Foreign_PatientIsFilledOrKept) {
    existing_.patients.push_back(
        {{"resourceType", "Patient"},
         {"id", "p1"},
         {"meta", {{"versionId", "1"}}},
         {"identifier", json::array{json::object{{"system", "urn:lakeside:mrn"}, {"value", "LK-2207"}}}},
         {"name", json::array{json::object{{"use", "official"}, {"family", "Legal"}}}},
         {"birthDate", "1950-01-01"}});
    options_.foreign_patient = ForeignPatient::keep;
    EXPECT_EQ(entry_of(*plan({image("2.25.2", 1)}), "Patient"), nullptr);
    options_.foreign_patient = ForeignPatient::fill;
    apply({image("2.25.2", 1)});
    const auto& patient = existing_.patients[0];
    EXPECT_EQ(patient.at("birthDate"), "1950-01-01");
    EXPECT_EQ(patient.at("gender"), "female");
    EXPECT_EQ(patient.at("name").at(0).at("family"), "Legal");
    EXPECT_EQ(patient.at("name").at(1).at("family"), "Okafor");
}

TEST_F(Planning, Foreign_PatientsNameDoesNotContradictItself) {
    const auto with_name = [&](const char* family) {
        existing_.patients = {
            {{"resourceType", "Patient"},
             {"id", "p1"},
             {"meta", {{"versionId", "1"}}},
             {"identifier", json::array{json::object{{"system", "urn:lakeside:mrn"}, {"value", "LK-2207"}}}},
             {"name", json::array{json::object{{"use", "usual"},
                                               {"text", "Ngozi Ada, as she is called"},
                                               {"family", family},
                                               {"given", json::array{"Ngozi", "Ada"}}}}}}};
        apply({image("2.25.2", 1)});
        return existing_.patients.at(0).at("name").at(0).as_object();
    };
    const auto changed = with_name("Alt");
    EXPECT_EQ(changed.at("family"), "Okafor");
    EXPECT_FALSE(changed.contains("text"));
    EXPECT_EQ(with_name("Okafor").at("text"), "Ngozi Ada, as she is called");
}

TEST_F(Planning, Own_PatientLosesWhatIsGone) {
    apply({image("2.25.2", 1)});
    auto instance = image("2.25.2", 1);
    instance.erase("00100030");
    apply({instance});
    EXPECT_FALSE(existing_.patients[0].contains("birthDate"));
}

TEST_F(Planning, Former_PatientIsRecomputedFromWhatRemains) {
    auto remaining = image("2.25.40", 1);
    remaining["00100020"] = element("LK-OLD");
    remaining["00100010"] = testing::person("Remaining^Rosa");
    const Snapshot snapshot{study_of({image("2.25.2", 1)}), {}, {study_of({remaining}), {}}};
    std::vector<ValidationRecord> records;
    const auto moved = compute_wanted(snapshot, options_, records);
    ASSERT_EQ(moved->former_patients.size(), 1U);
    EXPECT_EQ(make_lookups(*moved, options_).former_patients[0].query,
              "identifier=urn%3Alakeside%3Amrn%7CLK-OLD");
    existing_.former_patients = {
        {{{"resourceType", "Patient"},
          {"id", "old"},
          {"meta", {{"source", kOwn}, {"versionId", "3"}}},
          {"identifier", json::array{json::object{{"system", "urn:lakeside:mrn"}, {"value", "LK-OLD"}}}},
          {"name", json::array{json::object{{"use", "usual"}, {"family", "Moved"}}}}}}};
    const auto made = make_plan(*moved, existing_, options_, target_);
    const auto& entry = made->entries.back().entry;
    EXPECT_EQ(entry.at("request").at("url"), "Patient/old");
    EXPECT_EQ(entry.at("resource").at("name").at(0).at("family"), "Remaining");
    existing_.former_patients = {{}};
    EXPECT_EQ(make_plan(*moved, existing_, options_, target_)->entries.size(), 3U);
}

TEST_F(Planning, Endpoint_AdoptedGetsOurIdentifierAnotherAddressIsRefused) {
    existing_.endpoints.push_back({{"resourceType", "Endpoint"},
                                   {"id", "e1"},
                                   {"meta", {{"versionId", "1"}}},
                                   {"name", std::string{"DICOM WADO-RS endpoint "} + kOwn},
                                   {"address", kOwn}});
    apply({image("2.25.2", 1)});
    EXPECT_EQ(existing_.endpoints[0].at("identifier").at(0).at("value"), kOwn);
    EXPECT_EQ(existing_.studies[0].at("endpoint").at(0).at("reference"), "Endpoint/e1");
    existing_.endpoints[0]["address"] = "https://elsewhere.test";
    EXPECT_EQ(plan({image("2.25.2", 1)}).error().code, ErrorCode::conflict);
}

TEST_F(Planning, Matches_ForeignBeforeOwnDuplicatesReportedSeveralForeignRefused) {
    apply({image("2.25.2", 1)});
    auto foreign = existing_.patients[0];
    foreign["id"] = "foreign";
    foreign["meta"] = json::object{{"versionId", "1"}};
    existing_.patients.push_back(foreign);
    const auto made = apply({image("2.25.2", 1)});
    ASSERT_EQ(made.findings.size(), 1U);
    EXPECT_EQ(made.findings[0].kind, Finding::Kind::duplicate);
    EXPECT_EQ(existing_.studies[0].at("subject").at("reference"), "Patient/foreign");
    foreign["id"] = "second";
    existing_.patients.push_back(foreign);
    EXPECT_EQ(plan({image("2.25.2", 1)}).error().code, ErrorCode::conflict);
}

TEST_F(Planning, DuplicatesOfOurs_AreReportedAndGoWhenAskedTo) {
    const std::vector<json::object> instances{image("2.25.2", 1), testing::dose_report()};
    apply(instances);
    for (auto* hits : {&existing_.studies, &existing_.observations}) {
        json::object spare = hits->front();
        spare["id"] = "zz-spare";
        hits->push_back(spare);
    }
    const auto reported = plan(instances);
    EXPECT_TRUE(reported->entries.empty());
    ASSERT_EQ(reported->findings.size(), 2U);
    EXPECT_EQ(reported->findings[0].reference, "ImagingStudy/zz-spare");
    EXPECT_EQ(reported->findings[1].reference, "Observation/zz-spare");
    target_.remove_duplicates = true;
    const auto made = plan(instances);
    ASSERT_EQ(made->entries.size(), 2U);
    EXPECT_EQ(made->entries[0].type, "ImagingStudy");
    EXPECT_EQ(made->entries[1].type, "Observation");
    for (const PlannedEntry& entry : made->entries) {
        EXPECT_EQ(entry.action, PlannedEntry::Action::remove);
        EXPECT_EQ(entry.reference, entry.type + "/zz-spare");
    }
    // Somebody refers to them: what the server keeps is marked, and is a duplicate no more.
    target_.keep_referenced = true;
    apply(instances);
    target_ = {target_.base, target_.update_creates};
    EXPECT_TRUE(plan(instances)->findings.empty());
    EXPECT_TRUE(plan(instances)->entries.empty());
}

TEST_F(Planning, Lookups_BothSystemsForTheStudyAndTheNameForTheEndpoint) {
    const auto lookups = make_lookups(wanted({image("2.25.2", 1)}), options_);
    EXPECT_EQ(
        lookups.study.query,
        "identifier=urn%3Adicom%3Auid%7Curn%3Aoid%3A2.25.1,urn%3Aietf%3Arfc%3A3986%7Curn%3Aoid%3A2.25.1");
    EXPECT_EQ(lookups.patient->query, "identifier=urn%3Alakeside%3Amrn%7CLK-2207");
    EXPECT_NE(lookups.endpoint_by_name.query.find("&name:exact=DICOM%20WADO-RS%20endpoint%20https%3A%2F%2F"),
              std::string::npos);
    EXPECT_EQ(lookups.observations->query, "identifier=urn%3Adicom%3Auid%7Curn%3Aoid%3A2.25.1");
    EXPECT_EQ(to_token({"", "LK-2207"}), "%7CLK-2207");
}

TEST(Equality, IgnoresOrderOfMembersNarrativeAndNumberForm) {
    EXPECT_TRUE(is_equal_content(json::parse(R"({"a":1,"b":[2.0]})"), json::parse(R"({"b":[2],"a":1.0})")));
    EXPECT_FALSE(is_equal_content(json::parse(R"({"b":[1,2]})"), json::parse(R"({"b":[2,1]})")));
    EXPECT_TRUE(
        is_equal_content(json::parse(R"({"resourceType":"Patient","text":{},"meta":{"versionId":"1"}})"),
                         json::parse(R"({"resourceType":"Patient","meta":{"versionId":"2"}})")));
}

}  // namespace
}  // namespace isocenter::fhir
