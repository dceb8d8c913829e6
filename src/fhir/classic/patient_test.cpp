#include "fhir/classic/patient.h"

#include <gtest/gtest.h>

#include "fhir/classic/test_entry.h"

namespace isocenter::fhir::classic {
namespace {

namespace json = boost::json;
using testing::Desk;
using testing::element;
using testing::person;

json::object metadata_of(const char* tag, json::object value) {
    json::object metadata = testing::image("2.25.2", 1);
    metadata[tag] = std::move(value);
    return metadata;
}

json::object known_patient() {
    return testing::found(
        {{"resourceType", "Patient"},
         {"identifier", json::array{{{"system", "urn:lakeside:mrn"}, {"value", "LK-2207"}}}},
         {"birthDate", "1950-01-01"}},
        "p1", "4");
}

Request request_for(Desk& desk, const json::object& metadata, const std::vector<json::object>& found = {}) {
    const auto identity = patient_identity(metadata, desk.options);
    return patient_request(found, *identity, metadata, desk.new_uuid, desk.context);
}

// Obligation: 19.patient.id-missing, 19.patient.id-empty, 19.patient.id-several
TEST(ClassicPatient, a_patient_id_is_one_value) {
    Desk desk;
    json::object metadata = testing::image("2.25.2", 1);
    metadata.erase("00100020");
    EXPECT_FALSE(patient_identity(metadata, desk.options));
    metadata["00100020"] = {{"vr", "LO"}};
    EXPECT_FALSE(patient_identity(metadata, desk.options));
    metadata["00100020"] = {{"vr", "LO"}, {"Value", json::array{"A", "B"}}};
    EXPECT_FALSE(patient_identity(metadata, desk.options));
}

// Obligation: 19.patient.system-configured
TEST(ClassicPatient, the_configured_system_is_taken_whatever_the_issuer) {
    Desk desk;
    const auto identity = patient_identity(metadata_of("00100021", element("LAKESIDE")), desk.options);
    EXPECT_EQ(*identity, (Identifier{"urn:lakeside:mrn", "LK-2207"}));
}

// Obligation: 19.patient.system-empty
TEST(ClassicPatient, without_system_the_lookup_says_so) {
    Desk desk;
    desk.options.patient_system_id.clear();
    const auto request = request_for(desk, testing::image("2.25.2", 1));
    EXPECT_EQ(request.condition, "identifier=%7CLK-2207");
    EXPECT_EQ(request.resource.at("identifier"), (json::array{{{"value", "LK-2207"}}}));
}

// Obligation: 19.patient.issuer-text
TEST(ClassicPatient, the_issuer_is_taken_literally_where_it_is_used) {
    Desk desk;
    desk.options.is_issuer_id_used = true;
    desk.options.issuer_map["LAKESIDE"] = "urn:other";
    const auto identity = patient_identity(metadata_of("00100021", element("LAKESIDE")), desk.options);
    EXPECT_EQ(*identity, (Identifier{"LAKESIDE", "LK-2207"}));
}

// Obligation: 19.patient.issuer-absent
TEST(ClassicPatient, the_configured_system_does_not_stand_in_for_an_issuer) {
    Desk desk;
    desk.options.is_issuer_id_used = true;
    EXPECT_EQ(patient_identity(testing::image("2.25.2", 1), desk.options)->system, "");
    EXPECT_EQ(patient_identity(metadata_of("00100021", {{"vr", "LO"}}), desk.options)->system, "");
    const json::object several{{"vr", "LO"}, {"Value", json::array{"A", "B"}}};
    EXPECT_EQ(patient_identity(metadata_of("00100021", several), desk.options)->system, "");
}

// Obligation: 19.patient.create
TEST(ClassicPatient, an_unknown_patient_is_created_with_the_one_identifier) {
    Desk desk;
    const auto request = request_for(desk, testing::image("2.25.2", 1));
    EXPECT_EQ(request.mode, Mode::create);
    EXPECT_EQ(to_reference(request.id), "urn:uuid:uuid-1");
    EXPECT_EQ(request.condition, "identifier=urn%3Alakeside%3Amrn%7CLK-2207");
    const json::object wanted{
        {"resourceType", "Patient"},
        {"identifier", json::array{{{"system", "urn:lakeside:mrn"}, {"value", "LK-2207"}}}},
        {"name",
         json::array{{{"use", "usual"}, {"family", "Okafor"}, {"given", json::array{"Ngozi", "Ada"}}}}},
        {"gender", "female"},
        {"birthDate", "1961-04-30"}};
    EXPECT_EQ(request.resource, wanted);
}

// Obligation: 19.patient.update
TEST(ClassicPatient, a_known_patient_is_copied_and_altered) {
    Desk desk;
    auto known = known_patient();
    known["maritalStatus"] = {{"text", "kept"}};
    const auto request = request_for(desk, testing::image("2.25.2", 1), {known});
    EXPECT_EQ(request.mode, Mode::update);
    EXPECT_EQ(to_reference(request.id), "Patient/p1");
    EXPECT_EQ(request.resource.at("maritalStatus").at("text"), "kept");
    EXPECT_EQ(request.resource.at("gender"), "female");
    EXPECT_EQ(request.resource.at("meta").at("versionId"), "4");
}

// Obligation: 19.patient.unchanged
TEST(ClassicPatient, a_known_patient_that_says_the_same_is_referred_to_only) {
    Desk desk;
    auto known = known_patient();
    synchronise_patient(known, testing::image("2.25.2", 1), false, desk.context);
    const auto request = request_for(desk, testing::image("2.25.2", 1), {known});
    EXPECT_EQ(request.mode, Mode::none);
    EXPECT_EQ(to_reference(request.id), "Patient/p1");
}

struct NameCase {
    const char* stored;
    json::object wanted;  ///< beside `use`
};

std::vector<NameCase> name_cases() {
    return {
        {"Okafor", {{"family", "Okafor"}}},
        {"^Ngozi Ada", {{"given", json::array{"Ngozi", "Ada"}}}},
        {"^^Ifeoma", {{"given", json::array{"Ifeoma"}}}},
        {"  Okafor^Ngozi   ", {{"family", "Okafor"}, {"given", json::array{"Ngozi"}}}},
        {"van Dijk^Pieter Jan^Maria^Dr. Ir.^PhD FRCR",
         {{"family", "van Dijk"},
          {"given", json::array{"Pieter", "Jan", "Maria"}},
          {"prefix", json::array{"Dr.", "Ir."}},
          {"suffix", json::array{"PhD", "FRCR"}}}},
        {"^^^", {}},
        {"", {}},
        {"Okafor^Ngozi  Ada^^^^ignored", {{"family", "Okafor"}, {"given", json::array{"Ngozi", "Ada"}}}},
    };
}

// Obligation: 19.name.new
TEST(ClassicName, parts_of_a_name_for_a_new_patient) {
    for (const auto& each : name_cases()) {
        json::object patient;
        synchronise_name(patient, each.stored);
        json::object wanted = each.wanted;
        wanted["use"] = "usual";
        EXPECT_EQ(patient.at("name"), (json::array{wanted})) << each.stored;
    }
}

// Obligation: 19.name.existing
TEST(ClassicName, parts_of_a_name_for_a_known_patient) {
    for (const auto& each : name_cases()) {
        const json::object official{{"use", "official"}, {"family", "Formal"}};
        json::object patient{
            {"name",
             json::array{official, {{"use", "usual"}, {"family", "Old"}, {"given", json::array{"Old"}}}}}};
        synchronise_name(patient, each.stored);
        json::object wanted = each.wanted;
        wanted["use"] = "usual";
        EXPECT_EQ(patient.at("name"), (json::array{official, wanted})) << each.stored;
    }
}

// Obligation: 19.name.affixes-kept
TEST(ClassicName, prefix_and_suffix_stay_where_the_name_has_none) {
    json::object patient{
        {"name",
         json::array{{{"use", "usual"}, {"prefix", json::array{"Dr."}}, {"suffix", json::array{"PhD"}}}}}};
    synchronise_name(patient, "Okafor^Ngozi");
    const json::value name = patient.at("name").at(0);
    EXPECT_EQ(name.at("prefix"), json::array{"Dr."});
    EXPECT_EQ(name.at("suffix"), json::array{"PhD"});
    EXPECT_EQ(name.at("family"), "Okafor");
}

// Obligation: 19.name.other-uses
TEST(ClassicName, names_of_other_uses_stay_and_a_usual_one_is_appended) {
    json::object patient{{"name", json::array{{{"use", "maiden"}, {"family", "Born"}}}}};
    synchronise_name(patient, "Okafor");
    EXPECT_EQ(patient.at("name"), (json::array{{{"use", "maiden"}, {"family", "Born"}},
                                               {{"use", "usual"}, {"family", "Okafor"}}}));
}

// Obligation: 19.name.absent
TEST(ClassicName, an_absent_attribute_changes_nothing) {
    Desk desk;
    json::object metadata = testing::image("2.25.2", 1);
    metadata.erase("00100010");
    json::object patient{{"name", json::array{{{"use", "usual"}, {"family", "Stays"}}}}};
    synchronise_patient(patient, metadata, false, desk.context);
    EXPECT_EQ(patient.at("name").at(0).at("family"), "Stays");
}

// Obligation: 19.sex.values
TEST(ClassicSex, values) {
    for (const auto& [stored, wanted] :
         {std::pair("M", "male"), std::pair("F", "female"), std::pair("O", "other")}) {
        Desk desk;
        json::object patient{{"gender", "unknown"}};
        synchronise_patient(patient, metadata_of("00100040", element(stored)), false, desk.context);
        EXPECT_EQ(patient.at("gender"), wanted);
    }
}

// Obligation: 19.sex.empty
TEST(ClassicSex, an_empty_one_takes_the_gender_away) {
    Desk desk;
    json::object patient{{"gender", "male"}};
    synchronise_patient(patient, metadata_of("00100040", {{"vr", "CS"}}), false, desk.context);
    EXPECT_FALSE(patient.contains("gender"));
    EXPECT_TRUE(desk.records.empty());
}

// Obligation: 19.sex.absent
TEST(ClassicSex, an_absent_one_changes_nothing) {
    Desk desk;
    json::object metadata = testing::image("2.25.2", 1);
    metadata.erase("00100040");
    json::object patient{{"gender", "male"}};
    synchronise_patient(patient, metadata, false, desk.context);
    EXPECT_EQ(patient.at("gender"), "male");
}

// Obligation: 19.sex.invalid
TEST(ClassicSex, other_values_are_invalid_and_change_nothing) {
    for (const char* stored : {"X", "m", "f", "male"}) {
        Desk desk;
        json::object patient{{"gender", "male"}};
        synchronise_patient(patient, metadata_of("00100040", element(stored)), false, desk.context);
        EXPECT_EQ(patient.at("gender"), "male");
        ASSERT_EQ(desk.records.size(), 1U) << stored;
        EXPECT_EQ(desk.records.front().tag, "00100040");
    }
}

// Obligation: 19.birth-date.values, 19.birth-date.new
TEST(ClassicBirthDate, of_a_new_patient) {
    for (const auto& [stored, wanted] : {std::pair("19610430", "1961-04-30"), std::pair("1961", "1961-01-01"),
                                         std::pair("1961.04", "1961-04-01")}) {
        Desk desk;
        json::object patient;
        synchronise_patient(patient, metadata_of("00100030", element(stored)), true, desk.context);
        EXPECT_EQ(patient.at("birthDate"), wanted);
    }
}

// Obligation: 19.birth-date.invalid
TEST(ClassicBirthDate, what_is_no_date_is_left_out_without_a_word) {
    for (const char* stored : {"19611301", "soon", "00010101"}) {
        Desk desk;
        json::object patient;
        synchronise_patient(patient, metadata_of("00100030", element(stored)), true, desk.context);
        EXPECT_FALSE(patient.contains("birthDate")) << stored;
        EXPECT_TRUE(desk.records.empty());
    }
}

// Obligation: 19.birth-date.existing, 19.synchroniser.existing
TEST(ClassicBirthDate, of_a_known_patient_is_never_touched) {
    Desk desk;
    auto patient = known_patient();
    synchronise_patient(patient, testing::image("2.25.2", 1), false, desk.context);
    EXPECT_EQ(patient.at("birthDate"), "1950-01-01");
    EXPECT_EQ(patient.at("gender"), "female") << "the others are";
}

}  // namespace
}  // namespace isocenter::fhir::classic
