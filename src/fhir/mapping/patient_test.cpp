#include <gtest/gtest.h>

#include "fhir/mapping/parts.h"
#include "fhir/mapping/test_study.h"

namespace isocenter::fhir {
namespace {

namespace json = boost::json;
using testing::element;
using testing::image;
using testing::person;
using testing::study_of;

class PatientMapping : public ::testing::Test {
  protected:
    json::object patient(std::vector<json::object> instances, std::vector<json::object> latest = {}) {
        records_.clear();
        Snapshot snapshot{study_of(std::move(instances)), study_of(std::move(latest)), {}};
        const auto wanted = compute_wanted(snapshot, options_, records_);
        EXPECT_TRUE(wanted.ok());
        return wanted->patient->resource;
    }
    json::object named(const std::string& name) {
        auto instance = image("2.25.2", 1);
        instance["00100010"] = person(name);
        const auto made = patient({instance});
        return made.contains("name") ? made.at("name").at(0).as_object() : json::object{};
    }
    json::object with(std::string_view tag, const std::string& value) {
        auto instance = image("2.25.2", 1);
        instance[tag] = element(value);
        return patient({instance});
    }

    Options options_{.own_endpoint = "https://pacs.lakeside.test/v2",
                     .patient_system_id = "urn:lakeside:mrn"};
    std::vector<ValidationRecord> records_;
};

TEST_F(PatientMapping, Patient_Identifier_HasTheConfiguredSystem) {
    EXPECT_EQ(patient({image("2.25.2", 1)}).at("identifier"),
              (json::array{{{"system", "urn:lakeside:mrn"}, {"value", "LK-2207"}}}));
    options_.patient_system_id.clear();
    EXPECT_EQ(patient({image("2.25.2", 1)}).at("identifier"), (json::array{{{"value", "LK-2207"}}}));
}

TEST_F(PatientMapping, Patient_Name_SplitsIntoParts) {
    EXPECT_EQ(named("Okafor"), (json::object{{"family", "Okafor"}, {"use", "usual"}}));
    EXPECT_EQ(named("^Ngozi Ada"), (json::object{{"given", {"Ngozi", "Ada"}}, {"use", "usual"}}));
    EXPECT_EQ(named("^^Ifeoma"), (json::object{{"given", json::array{"Ifeoma"}}, {"use", "usual"}}));
    EXPECT_EQ(named("  Okafor^Ngozi   "),
              (json::object{{"family", "Okafor"}, {"given", json::array{"Ngozi"}}, {"use", "usual"}}));
    EXPECT_EQ(named("van Dijk^Pieter Jan^Maria^Dr. Ir.^PhD FRCR"),
              (json::object{{"family", "van Dijk"},
                            {"given", {"Pieter", "Jan", "Maria"}},
                            {"prefix", {"Dr.", "Ir."}},
                            {"suffix", {"PhD", "FRCR"}},
                            {"use", "usual"}}));
}

TEST_F(PatientMapping, Patient_Name_EmptyPartsAndDoubleSpacesAreLeftOut) {
    EXPECT_EQ(named("^^^"), json::object{});
    EXPECT_EQ(named("Okafor^Ngozi  Ada"),
              (json::object{{"family", "Okafor"}, {"given", {"Ngozi", "Ada"}}, {"use", "usual"}}));
}

TEST_F(PatientMapping, Patient_Name_ThreeGroupsAreThreeNames) {
    auto instance = image("2.25.2", 1);
    instance["00100010"] = person("Yamada^Tarou", "山田^太郎", "やまだ^たろう");
    const auto names = patient({instance}).at("name").as_array();
    ASSERT_EQ(names.size(), 3U);
    EXPECT_EQ(names[0].at("use"), "usual");
    EXPECT_EQ(names[1].at("family"), "山田");
    for (const auto& [index, representation] : {std::pair{0U, "ABC"}, {1U, "IDE"}, {2U, "SYL"}})
        EXPECT_EQ(names[index].at("extension").at(0).at("valueCode"), representation);
}

TEST_F(PatientMapping, Patient_Sex_KnownCodesOnly) {
    EXPECT_EQ(with("00100040", "M").at("gender"), "male");
    EXPECT_EQ(with("00100040", "F").at("gender"), "female");
    EXPECT_EQ(with("00100040", "O").at("gender"), "other");
    EXPECT_FALSE(with("00100040", "").contains("gender"));
    EXPECT_TRUE(records_.empty());
    EXPECT_FALSE(with("00100040", "m").contains("gender"));
    ASSERT_EQ(records_.size(), 1U);
    EXPECT_EQ(records_[0].tag, "00100040");
}

TEST_F(PatientMapping, Patient_BirthDate_KeepsPartialDates) {
    EXPECT_EQ(with("00100030", "19610430").at("birthDate"), "1961-04-30");
    EXPECT_EQ(with("00100030", "1961").at("birthDate"), "1961");
    EXPECT_FALSE(with("00100030", "19611331").contains("birthDate"));
    EXPECT_EQ(records_.size(), 1U);
    EXPECT_FALSE(with("00100030", "00010101").contains("birthDate"));
    EXPECT_TRUE(records_.empty()) << "what programs write that know no date";
}

TEST_F(PatientMapping, Patient_Validation_EnforcedFailsTheStudy) {
    options_.enforce_validation = true;
    auto instance = image("2.25.2", 1);
    instance["00100040"] = element("x");
    Snapshot snapshot{study_of({instance}), {}, {}};
    const auto wanted = compute_wanted(snapshot, options_, records_);
    ASSERT_FALSE(wanted.ok());
    EXPECT_EQ(wanted.error().code, ErrorCode::malformed_dicom);
}

TEST_F(PatientMapping, Patient_Disagreement_NonEmptyThenNewestInstanceWins) {
    auto older = image("2.25.2", 1);
    auto newer = image("2.25.2", 2);
    older["00080012"] = element("20240101");
    newer["00080012"] = element("20240102");
    newer["00100010"] = person("Okafor^Grace");
    newer["00100040"] = element("");
    const auto made = patient({older, newer});
    EXPECT_EQ(made.at("name").at(0).at("given"), json::array{"Grace"});
    EXPECT_EQ(made.at("gender"), "female");
    EXPECT_EQ(made, patient({newer, older}));
}

TEST_F(PatientMapping, Patient_Disagreement_OtherIdLeavesARecord) {
    auto other = image("2.25.2", 2);
    other["00100020"] = element("LK-9");
    patient({image("2.25.2", 1), other});
    ASSERT_EQ(records_.size(), 1U);
    EXPECT_EQ(records_[0].kind, ValidationRecord::Kind::disagreement);
}

TEST_F(PatientMapping, Patient_Disagreement_AnotherPersonFillsNoGap) {
    auto newest = image("2.25.2", 1);
    newest["00080012"] = element("20250101");
    newest.erase("00100030");
    auto somebody = image("2.25.2", 2);
    somebody["00100020"] = element("SOMEBODY");
    somebody["00100030"] = element("19990909");
    EXPECT_FALSE(patient({newest, somebody}).contains("birthDate"));
    auto nameless = image("2.25.2", 3);
    nameless.erase("00100020");
    EXPECT_EQ(patient({newest, somebody, nameless}).at("birthDate"), "1961-04-30") << "names nobody else";
}

TEST_F(PatientMapping, Patient_LatestStudyTellsWhoTheyAre) {
    auto first = image("2.25.50", 1);
    first["00100010"] = person("Earlier^Ngozi");
    first["00080012"] = element("20240101");
    auto second = image("2.25.51", 2);
    second["00100010"] = person("Eze^Ngozi");
    second["00080012"] = element("20240102");
    EXPECT_EQ(patient({image("2.25.2", 1)}, {first, second}).at("name").at(0).at("family"), "Eze")
        << "the instances of that study agree as those of any study do";
    EXPECT_EQ(patient({image("2.25.2", 1)}, {second, first}).at("name").at(0).at("family"), "Eze");
}

TEST_F(PatientMapping, Patient_LatestStudyIsThatOfTheGreatestDateTimeAndUid) {
    const auto study = [](const char* uid, const char* date, const char* time) {
        return json::object{
            {"0020000D", element(uid)}, {"00080020", element(date)}, {"00080030", element(time)}};
    };
    const auto undated = json::object{{"0020000D", element("2.25.9")}};
    EXPECT_FALSE(latest_study({}).has_value());
    EXPECT_EQ(latest_study({undated}), 0U);
    EXPECT_EQ(latest_study({undated, study("2.25.1", "20200101", "10")}), 1U);
    EXPECT_EQ(latest_study({study("2.25.1", "20250101", "10"), study("2.25.2", "20240101", "11")}), 0U);
    EXPECT_EQ(latest_study({study("2.25.1", "20250101", "10"), study("2.25.2", "20250101", "11")}), 1U);
    EXPECT_EQ(latest_study({study("2.25.2", "20250101", "10"), study("2.25.1", "20250101", "10")}), 0U);
    EXPECT_EQ(latest_study({undated, undated}), 0U);
}

TEST_F(PatientMapping, Patient_Id_MissingEverywhereIsUnusable) {
    auto instance = image("2.25.2", 1);
    instance.erase("00100020");
    Snapshot snapshot{study_of({instance}), {}, {}};
    EXPECT_EQ(compute_wanted(snapshot, options_, records_).error().code, ErrorCode::malformed_dicom);
}

TEST_F(PatientMapping, Patient_Id_OfSeveralValuesIsNobodys) {
    auto several = image("2.25.2", 2);
    several["00100020"] = json::object{{"vr", "LO"}, {"Value", {"A1", "B1"}}};
    several["00080012"] = element("20240102");
    Snapshot snapshot{study_of({several}), {}, {}};
    const auto wanted = compute_wanted(snapshot, options_, records_);
    ASSERT_FALSE(wanted.ok()) << "neither A1 nor B1 is a guess to be made";
    EXPECT_EQ(wanted.error().detail, "00100020");
    EXPECT_FALSE(patient_identity(several, "Microsoft.Default", options_));
    const auto single = [](const char* id) {
        auto instance = image("2.25.2", 1);
        instance["00100020"] = element(id);
        return instance;
    };
    for (const char* id : {"LK-2207", "A1"}) {
        EXPECT_EQ(patient({single(id), several}).at("identifier").at(0).at("value"), id);
        ASSERT_EQ(records_.size(), 1U);
        EXPECT_EQ(records_[0].value, "A1\\B1");
    }
}

class PatientSystem : public ::testing::Test {
  protected:
    std::string system(const json::object& attributes) {
        auto instance = image("2.25.2", 1);
        for (const auto& [tag, value] : attributes)
            instance[tag] = value;
        return patient_identity(instance, "Microsoft.Default", options_)->system;
    }
    json::object issuer(const std::string& id, const std::string& type) {
        return {{"00100024",
                 testing::sequence({json::object{{"00400032", element(id)}, {"00400033", element(type)}}})}};
    }
    Options options_{.patient_system_id = "urn:lakeside:mrn", .is_issuer_id_used = true};
};

TEST_F(PatientSystem, Issuer_QualifiersComeFirst) {
    EXPECT_EQ(system(issuer("1.2.3", "ISO")), "urn:oid:1.2.3");
    EXPECT_EQ(system(issuer("0123ABCD-0123-4567-89ab-0123456789ab", "UUID")),
              "urn:uuid:0123abcd-0123-4567-89ab-0123456789ab");
    EXPECT_EQ(system(issuer("https://x.test/mrn", "URI")), "https://x.test/mrn");
    for (const auto& [id, type] : {std::pair{"1.2.03", "ISO"}, {"ab-cd", "UUID"}, {"no uri", "URI"}})
        EXPECT_EQ(system(issuer(id, type)), "urn:lakeside:mrn");
    EXPECT_EQ(system(issuer("x.test", "DNS")), "urn:lakeside:mrn");
}

TEST_F(PatientSystem, Issuer_TextThroughMapThenUriThenEncoded) {
    options_.issuer_map["LAKESIDE"] = "urn:mapped";
    EXPECT_EQ(system({{"00100021", element("LAKESIDE")}}), "urn:mapped");
    EXPECT_EQ(system({{"00100021", element("https://lakeside.test/id")}}), "https://lakeside.test/id");
    EXPECT_EQ(system({{"00100021", element("North & South")}}), "urn:isocenter:issuer:North%20%26%20South");
    EXPECT_EQ(system({}), "urn:lakeside:mrn");
    for (const char* uri : {"urn:oid:1.2.3", "urn:uuid:01234567-89ab-cdef-0123-456789abcdef",
                            "http://x.test/a%20b", "urn:lakeside:mrn", "ftp://x.test"})
        EXPECT_EQ(system({{"00100021", element(uri)}}), uri);
    EXPECT_EQ(system({{"00100021", element("A:B")}}), "urn:isocenter:issuer:A%3AB");
    for (const char* text :
         {"urn:", "urn:oid", "urn:oid:1.2.03", "urn:oid:A", "urn:uuid:AB", "http:", "http://", "//x",
          "http://a|b", "http://x.test/%zz", "ORG: MAIN", "C:\\data", "urn:a:", "urn:é:b"})
        EXPECT_TRUE(system({{"00100021", element(text)}}).starts_with("urn:isocenter:issuer:")) << text;
    options_.is_issuer_id_used = false;
    EXPECT_EQ(system({{"00100021", element("LAKESIDE")}}), "urn:lakeside:mrn");
}

TEST_F(PatientSystem, Partition_HasItsOwnSystem) {
    options_.partitions["research"] = {"", "urn:research"};
    EXPECT_EQ(patient_identity(image("2.25.2", 1), "research", options_)->system, "urn:research");
    EXPECT_TRUE(is_marked_partition("research", options_));
    EXPECT_FALSE(is_marked_partition("Microsoft.Default", options_));
    EXPECT_FALSE(is_synchronised("unknown", options_));
}

}  // namespace
}  // namespace isocenter::fhir
