#include <gtest/gtest.h>

#include <algorithm>

#include "fhir/plan/found.h"
#include "fhir/plan/test_planning.h"

/// Dose Observations: ours, those of others, those of the reference.
namespace isocenter::fhir {
namespace {

namespace json = boost::json;
using testing::image;
using testing::kOwn;
using testing::Planning;
using testing::study_of;

json::object observation(const char* id, const char* system, const char* code, json::array identifiers) {
    return {{"resourceType", "Observation"},
            {"id", id},
            {"meta", {{"versionId", "1"}}},
            {"identifier", std::move(identifiers)},
            {"code", {{"coding", json::array{json::object{{"system", system}, {"code", code}}}}}}};
}

constexpr auto kLoinc = "http://loinc.org";
constexpr auto kDicomCodes = "http://dicom.nema.org/resources/ontology/DCM";
const json::object kOfStudy{{"system", "urn:dicom:uid"}, {"value", "urn:oid:2.25.1"}};

// Obligation: 23.12.foreign
TEST_F(Planning, Observations_OfOthersStay) {
    auto sourced = observation("o5", kLoinc, "73569-6", {kOfStudy});
    sourced["meta"].as_object()["source"] = "https://other.test/dicomweb#1a2b";
    const std::vector<json::object> foreign{
        observation("o1", kLoinc, "1234-5", {kOfStudy}),
        // The UID of the report, or of the event, under a system of the writer's choice.
        observation("o2", kLoinc, "73569-6",
                    {kOfStudy, json::object{{"system", "urn:ietf:rfc:3986"}, {"value", "urn:oid:2.25.9"}}}),
        observation("o3", kDicomCodes, "113852",
                    {kOfStudy, json::object{{"system", "urn:dicom:uid"}, {"value", "urn:oid:2.25.77"}}}),
        observation("o4", "urn:other:system", "113852", {kOfStudy}), sourced,
        observation("o6", kDicomCodes, "73569-6", {kOfStudy})};
    existing_.observations = foreign;
    apply({image("2.25.2", 1)});
    EXPECT_EQ(existing_.observations, foreign);
}

std::vector<std::string> references_to(const Plan& plan, std::string_view type) {
    std::vector<std::string> references;
    for (const PlannedEntry& entry : plan.entries) {
        if (entry.type == type) references.push_back(entry.reference);
    }
    return references;
}

TEST_F(Planning, Observations_OfOneEventInTwoStudiesAreTwo) {
    apply({testing::dose_report()});
    // The search by the event finds what is of study 2.25.1.
    Existing other;
    other.endpoints = existing_.endpoints;
    other.same_reports = existing_.observations;
    Snapshot snapshot{study_of({testing::dose_report("2.25.10")}), {}, {}};
    snapshot.study.study_instance_uid = "2.25.11";
    std::vector<ValidationRecord> records;
    const auto made = make_plan(*compute_wanted(snapshot, options_, records), other, options_, target_);
    ASSERT_TRUE(made.ok());
    const auto theirs = references_to(*made, "Observation");
    ASSERT_EQ(theirs.size(), 2U);
    for (const json::object& first : existing_.observations)
        EXPECT_EQ(std::count(theirs.begin(), theirs.end(),
                             "Observation/" + std::string{first.at("id").as_string()}),
                  0);
    for (const PlannedEntry& entry : made->entries)
        EXPECT_EQ(entry.action, PlannedEntry::Action::create);
    EXPECT_TRUE(made->findings.empty());
    options_.identity = IdentityMode::conditional;
    const auto conditional =
        make_plan(*compute_wanted(snapshot, options_, records), other, options_, target_);
    const std::string study = identifier_query({"urn:dicom:uid", "urn:oid:2.25.11"});
    for (const PlannedEntry& entry : conditional->entries) {
        if (entry.type != "Observation") continue;
        EXPECT_TRUE(entry.entry.at("request").at("ifNoneExist").as_string().ends_with("&" + study));
    }
}

json::object identified(const char* uid) {
    return {{"system", "urn:dicom:uid"}, {"value", std::string{"urn:oid:"} + uid}};
}

// Obligation: 23.12.foreign
TEST_F(Planning, Observations_OfOthersStandForOurs) {
    const auto summary = observation("o1", kLoinc, "73569-6", {identified("2.25.9")});
    const auto event = observation("o2", kDicomCodes, "113852", {identified("2.25.77"), kOfStudy});
    existing_.same_reports = {summary};
    auto made = plan({testing::dose_report()});
    ASSERT_EQ(references_to(*made, "Observation").size(), 1U) << "the event";
    ASSERT_EQ(made->findings.size(), 1U);
    EXPECT_EQ(made->findings[0].kind, Finding::Kind::observation_left);
    EXPECT_EQ(made->findings[0].reference, "Observation/o1");
    existing_ = {};
    existing_.observations = {event};
    made = plan({testing::dose_report()});
    ASSERT_EQ(references_to(*made, "Observation").size(), 1U) << "the summary";
    EXPECT_EQ(entry_of(*made, "Observation")->entry.at("resource").at("hasMember"),
              (json::array{{{"reference", "Observation/o2"}}}));
    existing_.same_reports = {summary};
    EXPECT_TRUE(references_to(*plan({testing::dose_report()}), "Observation").empty());
    // Ours that were there first stay.
    existing_ = {};
    apply({testing::dose_report()});
    existing_.observations.push_back(event);
    EXPECT_TRUE(plan({testing::dose_report()})->entries.empty());
}

TEST_F(Planning, Observations_OfOthersThatMeanSomethingElseDoNot) {
    const auto measured = observation("o1", kLoinc, "1234-5", {identified("2.25.9"), kOfStudy});
    auto withdrawn = observation("o2", kDicomCodes, "113852", {identified("2.25.77"), kOfStudy});
    withdrawn["status"] = "entered-in-error";
    existing_.observations = {measured, withdrawn};
    options_.identity = IdentityMode::conditional;
    const auto made = plan({testing::dose_report()});
    ASSERT_EQ(references_to(*made, "Observation").size(), 2U);
    EXPECT_TRUE(made->findings.empty());
    for (const PlannedEntry& entry : made->entries) {
        if (entry.type != "Observation") continue;
        EXPECT_FALSE(entry.entry.at("request").as_object().contains("ifNoneExist")) << "it would find theirs";
    }
}

TEST_F(Planning, Observations_OfOthersKeepTheirPlace) {
    apply({testing::dose_report()});
    // Another archive's, which it could not delete; the place is the same for all who have the study.
    for (json::object& each : existing_.observations) {
        each["status"] = "entered-in-error";
        each["meta"] = {{"source", "https://other.test"}, {"versionId", "3"}};
    }
    const auto theirs = existing_.observations;
    apply({testing::dose_report()});
    ASSERT_EQ(existing_.observations.size(), 4U);
    EXPECT_TRUE(std::equal(theirs.begin(), theirs.end(), existing_.observations.begin()));
    EXPECT_TRUE(apply({testing::dose_report()}).entries.empty());
}

TEST_F(Planning, Lookups_AskForReportsThatNoObservationIsOf) {
    const auto all = wanted({testing::dose_report()});
    const auto lookups = report_lookups(all, {});
    ASSERT_EQ(lookups.size(), 1U);
    EXPECT_EQ(lookups[0].query,
              "identifier=urn%3Adicom%3Auid%7Curn%3Aoid%3A2.25.9,urn%3Adicom%3Auid%7Curn%3Aoid%3A2.25.77");
    apply({testing::dose_report()});
    EXPECT_TRUE(report_lookups(all, existing_.observations).empty());
    existing_.observations.pop_back();
    EXPECT_EQ(report_lookups(all, existing_.observations).size(), 1U);
    auto many = all;
    many.observations.resize(81, all.observations.front());
    EXPECT_EQ(report_lookups(many, {}).size(), 3U);
}

TEST_F(Planning, Observations_OfTheReferenceGo) {
    const json::object accession{
        {"type",
         {{"coding", json::array{json::object{{"system", "http://terminology.hl7.org/CodeSystem/v2-0203"},
                                              {"code", "ACSN"}}}}}},
        {"value", "551"}};
    auto marked_by_server = observation("o3", kDicomCodes, "113852", {kOfStudy});
    marked_by_server["meta"].as_object()["source"] = "#1a2b";
    existing_.observations = {
        observation("o1", kLoinc, "73569-6", {kOfStudy, accession}),
        observation("o2", kDicomCodes, "113852",
                    {kOfStudy, json::object{{"system", "urn:ietf:rfc:3986"}, {"value", "urn:oid:2.25.1"}}}),
        marked_by_server};
    apply({image("2.25.2", 1)});
    EXPECT_TRUE(existing_.observations.empty());
}

TEST_F(Planning, Observations_OfOursWithAnotherIdentifierThanFhirsGo) {
    for (const json::value& identifier : {json::value("text"), json::value(json::array{"text"})}) {
        auto ours = observation("o1", kLoinc, "73569-6", {});
        ours["meta"] = {{"source", kOwn}};
        ours["identifier"] = identifier;
        existing_.observations = {ours};
        apply({image("2.25.2", 1)});
        EXPECT_TRUE(existing_.observations.empty());
    }
}

}  // namespace
}  // namespace isocenter::fhir
