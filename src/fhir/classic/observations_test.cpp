#include "fhir/classic/observations.h"

#include <gtest/gtest.h>

#include "fhir/classic/test_entry.h"
#include "fhir/mapping/dose_table.h"

namespace isocenter::fhir::classic {
namespace {

namespace json = boost::json;
using fhir::testing::dose_report;
using fhir::testing::item;
using fhir::testing::number_item;
using fhir::testing::uid_item;
using testing::code;
using testing::Desk;
using testing::element;
using testing::sequence;
using testing::stored;

std::vector<json::object> observations_of(json::object metadata) {
    Desk desk;
    return dose_observations(stored(std::move(metadata)), "Patient/p", "urn:uuid:s", desk.context);
}

/// A content item that has a value of the row's kind.
json::object item_of(const DoseConcept& row) {
    const std::string value(row.code);
    const std::string designator(row.designator);
    if (row.kind == DoseConcept::Kind::quantity || row.kind == DoseConcept::Kind::integer)
        return number_item(value, 7, "mGy");
    if (row.kind == DoseConcept::Kind::text) {
        auto text = item("TEXT", code(value, designator, "any"));
        text["0040A160"] = element("Fluorine");
        return text;
    }
    auto coded = item("CODE", code(value, designator, "any"));
    coded["0040A168"] = sequence({code("113691", "DCM", "IEC Body Dosimetry Phantom")});
    return coded;
}

json::object node(const std::string& concept_code, json::array content) {
    auto result = item("CONTAINER", code(concept_code, "DCM", "any spelling"));
    result["0040A730"] = sequence(std::move(content));
    return result;
}

json::object report_with(json::array content) {
    auto report = dose_report();
    report["0040A730"] = sequence(std::move(content));
    return report;
}

std::vector<std::string> codes_of(const json::object& observation) {
    std::vector<std::string> codes;
    const auto* components = observation.if_contains("component");
    if (components == nullptr) return codes;
    for (const auto& component : components->as_array())
        codes.emplace_back(component.at("code").at("coding").at(0).at("code").as_string());
    return codes;
}

std::size_t count_of(const json::object& observation, const char* member) {
    std::size_t count = 0;
    for (const auto& component : observation.at("component").as_array())
        count += component.as_object().contains(member) ? 1U : 0U;
    return count;
}

// Obligation: 19.observation.summary
TEST(ClassicObservations, a_report_is_a_summary) {
    const auto observations = observations_of(report_with({}));
    ASSERT_EQ(observations.size(), 1U);
    const json::object wanted{
        {"resourceType", "Observation"},
        {"identifier",
         json::array{{{"system", "urn:dicom:uid"}, {"value", "urn:oid:2.25.1"}},
                     {{"type",
                       {{"coding", json::array{{{"system", "http://terminology.hl7.org/CodeSystem/v2-0203"},
                                                {"code", "ACSN"}}}}}},
                      {"value", "551"}}}},
        {"status", "preliminary"},
        {"code",
         {{"coding", json::array{{{"system", "http://loinc.org"}, {"code", "73569-6"}}}},
          {"text", "Radiation exposure and protection information"}}},
        {"subject", {{"reference", "Patient/p"}}},
        {"partOf", json::array{{{"reference", "urn:uuid:s"}}}}};
    EXPECT_EQ(observations.front(), wanted) << json::serialize(observations.front());
}

// Obligation: 19.observation.nested
TEST(ClassicObservations, events_follow_the_report_that_they_are_in) {
    const auto observations = observations_of(report_with(
        {node("113819", {uid_item("113769", "2.25.77")}), node("113706", {uid_item("113769", "2.25.78")})}));
    ASSERT_EQ(observations.size(), 3U);
    EXPECT_EQ(observations[0].at("code").at("coding").at(0).at("code"), "73569-6");
    for (const std::size_t at : {1U, 2U}) {
        EXPECT_EQ(
            observations[at].at("code"),
            (json::object{{"coding", json::array{{{"system", "http://dicom.nema.org/resources/ontology/DCM"},
                                                  {"code", "113852"}}}},
                          {"text", "Irradiation Event"}}));
        EXPECT_FALSE(observations[at].contains("partOf"));
        EXPECT_EQ(observations[at].at("identifier").as_array().size(), 1U);
    }
}

// Obligation: 19.observation.event-without-uid
TEST(ClassicObservations, an_event_that_names_no_uid_is_left_out) {
    EXPECT_EQ(observations_of(report_with({node("113819", {})})).size(), 1U);
    auto no_uid_type = uid_item("113769", "2.25.77");
    no_uid_type["0040A040"] = element("TEXT");
    EXPECT_EQ(observations_of(report_with({node("113819", {no_uid_type})})).size(), 1U);
}

// Obligation: 19.observation.all-of-summary
TEST(ClassicObservations, a_summary_with_every_attribute_has_15_components) {
    json::array content;
    for (const auto& row : kDoseConcepts) {
        if (row.in_summary) content.push_back(item_of(row));
    }
    const auto summary = observations_of(report_with(std::move(content))).front();
    EXPECT_EQ(codes_of(summary).size(), 15U);
    EXPECT_EQ(count_of(summary, "valueQuantity"), 10U);
    EXPECT_EQ(count_of(summary, "valueInteger"), 2U);
    EXPECT_EQ(count_of(summary, "valueString"), 2U);
    EXPECT_EQ(count_of(summary, "valueCodeableConcept"), 1U);
}

// Obligation: 19.observation.all-of-event
TEST(ClassicObservations, an_event_with_every_attribute_has_3_components_and_a_body_site) {
    json::array content{uid_item("113769", "2.25.77")};
    for (const auto& row : kDoseConcepts) {
        if (row.in_event) content.push_back(item_of(row));
    }
    auto region = item("CODE", code("123014", "DCM", "Target Region"));
    region["0040A168"] = sequence({code("51185008", "SCT", "Chest")});
    content.push_back(region);
    const auto event = observations_of(report_with({node("113819", std::move(content))})).back();
    EXPECT_EQ(codes_of(event), (std::vector<std::string>{"113830", "113838", "113835"}));
    EXPECT_EQ(event.at("bodySite"),
              (json::object{
                  {"coding", json::array{{{"system", "http://snomed.info/sct"}, {"code", "51185008"}}}}}));
}

// Obligation: 19.observation.not-of-interest
TEST(ClassicObservations, what_is_no_dose_report_has_none) {
    EXPECT_TRUE(observations_of(testing::image("2.25.2", 1)).empty());
    auto report = report_with({});
    report["0040A043"] = sequence({code("121111", "DCM", "Summary")});
    EXPECT_TRUE(observations_of(report).empty());
}

// Obligation: 19.observation.invalid-elsewhere
TEST(ClassicObservations, items_of_unexpected_shape_do_no_harm) {
    auto no_number = number_item("113725", 1, "Gy");
    no_number["0040A300"] = sequence({});
    auto wrong_type = item("TEXT", code("113722", "DCM", "any"));
    const auto observations = observations_of(
        report_with({json::object(), no_number, wrong_type, number_item("113830", 11.25, "mGy")}));
    ASSERT_EQ(observations.size(), 1U);
    EXPECT_EQ(codes_of(observations.front()), std::vector<std::string>{"113830"});
}

TEST(ClassicObservations, units_are_passed_through_and_a_count_of_0_is_left_out) {
    const auto summary = observations_of(report_with({number_item("113813", 412.5, "mGy.cm"),
                                                      number_item("113812", 0, "{events}")}))
                             .front();
    const json::object quantity{
        {"value", 412.5}, {"unit", "mGy.cm"}, {"system", "http://unitsofmeasure.org"}, {"code", "mGy.cm"}};
    ASSERT_EQ(codes_of(summary), std::vector<std::string>{"113813"});
    EXPECT_EQ(summary.at("component").at(0).at("valueQuantity"), quantity);
}

TEST(ClassicObservations, values_of_events_come_again_in_the_summary) {
    const auto observations = observations_of(
        report_with({node("113819", {uid_item("113769", "2.25.77"), number_item("113830", 11.25, "mGy")}),
                     node("113819", {uid_item("113769", "2.25.78"), number_item("113830", 12.5, "mGy")})}));
    ASSERT_EQ(observations.size(), 3U);
    EXPECT_EQ(codes_of(observations.front()), (std::vector<std::string>{"113830", "113830"}));
}

TEST(ClassicObservations, every_one_is_created_with_an_id_of_its_own) {
    Desk desk;
    const auto requests = observation_requests(stored(dose_report()), ServerId{"Patient", "p"}, ClientId{"s"},
                                               desk.new_uuid, desk.context);
    ASSERT_EQ(requests.size(), 2U);
    EXPECT_EQ(to_reference(requests[0].id), "urn:uuid:uuid-1");
    EXPECT_EQ(to_reference(requests[1].id), "urn:uuid:uuid-2");
    EXPECT_EQ(requests[0].mode, Mode::create);
    EXPECT_TRUE(requests[0].condition.empty());
}

TEST(ClassicObservations, a_deletion_takes_all_that_were_found) {
    const auto requests = observation_removals({testing::found({{"resourceType", "Observation"}}, "o1"),
                                                testing::found({{"resourceType", "Observation"}}, "o2")});
    ASSERT_EQ(requests.size(), 2U);
    EXPECT_EQ(requests[1].mode, Mode::remove);
    EXPECT_EQ(to_reference(requests[1].id), "Observation/o2");
    EXPECT_TRUE(observation_removals({}).empty());
}

}  // namespace
}  // namespace isocenter::fhir::classic
