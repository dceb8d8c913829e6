#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "fhir/mapping/test_study.h"
#include "fhir/plan/plan.h"

/// Writes the transaction bundles of sample studies into `$TEST_ISOCENTER_FHIR_SAMPLES`, where a real FHIR
/// server with a validator takes them (tests/integration); without it the bundles are only made.
namespace isocenter::fhir {
namespace {

namespace json = boost::json;
using testing::element;
using testing::image;
using testing::person;
using testing::sequence;
using testing::study_of;

/// Every element of the mapping has a value.
json::object full_image() {
    auto instance = image("2.25.2", 1);
    instance["00080050"] = element("551");
    instance["00080051"] =
        sequence({json::object{{"00400032", element("1.2.840.99999.1")}, {"00400033", element("ISO")}}});
    instance["00080090"] = person("Byron^Ada^^Dr.^PhD");
    instance["00080096"] =
        sequence({json::object{{"00401101", sequence({testing::code("77", "99LAKE", "id")})}}});
    instance["00081060"] = person("Reader^Rita");
    instance["00081030"] = element("CT chest");
    instance["00080080"] = element("Lakeside");
    instance["00081040"] = element("Radiology");
    instance["00081032"] = sequence({testing::code("24627-2", "LN", "CT Chest")});
    instance["00400275"] =
        sequence({json::object{{"0040100A", sequence({testing::code("R05", "I10", "Cough")})},
                               {"00401002", element("persistent cough")}}});
    instance["0008103E"] = element("axial");
    instance["00180015"] = element("CHEST");
    instance["00200060"] = element("L");
    instance["00081050"] = person("Perform^Paul");
    instance["00081070"] = person("Operate^Olga");
    instance["00400560"] = sequence({json::object{{"00400551", element("S-1")}}});
    instance["00080021"] = element("20240301");
    instance["00080201"] = element("+0530");
    instance["00420010"] = element("Title");
    instance["00100010"] = person("Yamada^Tarou", "山田^太郎", "やまだ^たろう");
    return instance;
}

/// What is required is missing or wrong.
json::object bare_image() {
    auto instance = image("2.25.3", 1);
    for (const auto* tag : {"00080016", "00080060", "00100010", "00100040"})
        instance.erase(tag);
    instance["00100030"] = element("1961");
    instance["00080020"] = element("202402");
    instance["00200011"] = element(-1);
    return instance;
}

void write_sample(const std::string& name, const Snapshot& snapshot, Options options) {
    std::vector<ValidationRecord> records;
    const auto wanted = compute_wanted(snapshot, options, records);
    ASSERT_TRUE(wanted.ok());
    const Target target{
        "http://127.0.0.1/fhir", {"Endpoint", "ImagingStudy", "Observation", "Patient"}, false};
    const auto plan = make_plan(*wanted, {}, options, target);
    ASSERT_TRUE(plan.ok());
    json::array entries;
    for (const auto& planned : plan->entries)
        entries.push_back(planned.entry);
    EXPECT_GE(entries.size(), 3U);
    const json::object bundle{{"resourceType", "Bundle"}, {"type", "transaction"}, {"entry", entries}};
    if (const char* folder = std::getenv("TEST_ISOCENTER_FHIR_SAMPLES"))
        std::ofstream{std::filesystem::path{folder} / (name + ".json")} << json::serialize(bundle);
}

TEST(Samples, AreWrittenForAValidator) {
    Options options{.own_endpoint = "https://pacs.lakeside.test/v2", .patient_system_id = "urn:lakeside:mrn"};
    write_sample("full", {study_of({full_image()}), {}, {}}, options);
    write_sample("bare", {study_of({bare_image()}), {}, {}}, options);
    write_sample("dose", {study_of({image("2.25.2", 1), testing::dose_report()}), {}, {}}, options);
    options.identity = IdentityMode::conditional;
    write_sample("conditional", {study_of({full_image(), testing::dose_report()}), {}, {}}, options);
    options.description_as_note = true;
    write_sample("note", {study_of({full_image()}), {}, {}}, options);
}

}  // namespace
}  // namespace isocenter::fhir
