#include <gtest/gtest.h>

#include <algorithm>

#include "fhir/mapping/body_parts.h"
#include "fhir/mapping/codings.h"
#include "fhir/mapping/legacy_snomed.h"
#include "fhir/mapping/modalities.h"
#include "fhir/mapping/parts.h"
#include "fhir/mapping/test_study.h"

namespace isocenter::fhir {
namespace {

namespace json = boost::json;
using testing::element;
using testing::image;
using testing::person;
using testing::sequence;
using testing::study_of;

class StudyMapping : public ::testing::Test {
  protected:
    json::object study(std::vector<json::object> instances) {
        records_.clear();
        Snapshot snapshot{study_of(std::move(instances)), {}, {}};
        const auto wanted = compute_wanted(snapshot, options_, records_);
        EXPECT_TRUE(wanted.ok());
        return wanted->study->resource;
    }
    json::object with(std::string_view tag, json::object value) {
        auto instance = image("2.25.2", 1);
        instance[tag] = std::move(value);
        return study({instance});
    }
    static json::object first_series(const json::object& study) {
        return study.at("series").at(0).as_object();
    }

    Options options_{.own_endpoint = "https://pacs.lakeside.test/v2"};
    std::vector<ValidationRecord> records_;
};

TEST_F(StudyMapping, ImagingStudy_Identity_StatusSubjectEndpoint) {
    const auto made = study({image("2.25.2", 1)});
    EXPECT_EQ(made.at("identifier").at(0),
              (json::object{{"system", "urn:dicom:uid"}, {"value", "urn:oid:2.25.1"}}));
    EXPECT_EQ(made.at("status"), "available");
    EXPECT_EQ(made.at("meta").at("source"), "https://pacs.lakeside.test/v2");
    EXPECT_EQ(made.at("subject").at("reference"), "@patient");
    EXPECT_EQ(made.at("endpoint").at(0).at("reference"), "@endpoint");
}

TEST_F(StudyMapping, ImagingStudy_Partition_MarksStudiesOfSharedTargets) {
    options_.partitions["research"] = {};
    auto snapshot = Snapshot{study_of({image("2.25.2", 1)}), {}, {}};
    snapshot.study.partition = "research";
    const auto wanted = compute_wanted(snapshot, options_, records_);
    EXPECT_EQ(wanted->study->resource.at("identifier").at(1),
              (json::object{{"system", "urn:isocenter:partition:research"}, {"value", "2.25.1"}}));
    EXPECT_EQ(wanted->study->partition, "research");
}

TEST_F(StudyMapping, ImagingStudy_Accession_DistinctWithSystemAndOrder) {
    auto first = image("2.25.2", 1);
    auto second = image("2.25.2", 2);
    auto third = image("2.25.2", 3);
    first["00080050"] = second["00080050"] = element("551");
    third["00080050"] = element("552");
    third["00080051"] =
        sequence({json::object{{"00400032", element("1.2.3")}, {"00400033", element("ISO")}}});
    const auto made = study({first, second, third});
    ASSERT_EQ(made.at("identifier").as_array().size(), 3U);
    const auto& accession = made.at("identifier").at(2);
    EXPECT_EQ(accession.at("type").at("coding").at(0).at("code"), "ACSN");
    EXPECT_EQ(accession.at("value"), "552");
    EXPECT_EQ(accession.at("system"), "urn:oid:1.2.3");
    EXPECT_EQ(made.at("basedOn").at(1),
              (json::object{{"type", "ServiceRequest"}, {"identifier", accession}}));
}

TEST_F(StudyMapping, ImagingStudy_Started_OffsetAndInvalidOffset) {
    EXPECT_EQ(study({image("2.25.2", 1)}).at("started"), "2024-02-29T13:45:01.25+00:00");
    EXPECT_EQ(with("00080201", element("+0530")).at("started"), "2024-02-29T13:45:01.25+05:30");
    EXPECT_EQ(with("00080201", element("+25")).at("started"), "2024-02-29T13:45:01.25+00:00");
    ASSERT_EQ(records_.size(), 1U);
    EXPECT_EQ(records_[0].tag, "00080201");
    EXPECT_FALSE(with("00080020", element("")).contains("started"));
}

TEST_F(StudyMapping, ImagingStudy_Started_InvalidTimeLeavesARecord) {
    EXPECT_EQ(with("00080030", element("2515")).at("started"), "2024-02-29");
    ASSERT_EQ(records_.size(), 1U);
    EXPECT_EQ(records_[0].tag + records_[0].value, "000800302515");
    EXPECT_EQ(with("00080030", element("")).at("started"), "2024-02-29");
    EXPECT_TRUE(records_.empty()) << "an absent time is none that is invalid";
}

TEST_F(StudyMapping, ImagingStudy_Modality_IsTheUnionOfTheSeriesSorted) {
    auto other = image("2.25.3", 1);
    other["00080060"] = element("PT");
    auto third = image("2.25.4", 1);
    const auto made = study({other, image("2.25.2", 1), third});
    EXPECT_EQ(made.at("modality"), (json::array{json::object{{"system", kDcm}, {"code", "CT"}},
                                                json::object{{"system", kDcm}, {"code", "PT"}}}));
    EXPECT_EQ(made.at("numberOfSeries"), 3);
    EXPECT_EQ(made.at("numberOfInstances"), 3);
}

TEST_F(StudyMapping, Series_Modality_OfDicomOnlyWhereFhirHasTheCode) {
    const auto coding = [&](const char* modality) {
        const auto made = with("00080060", element(modality));
        EXPECT_EQ(made.at("modality").at(0), first_series(made).at("modality"));
        return first_series(made).at("modality").as_object();
    };
    EXPECT_EQ(coding("DF"), (json::object{{"system", kDcm}, {"code", "DF"}})) << "retired";
    EXPECT_EQ(coding("POS"), (json::object{{"code", "POS"}})) << "newer than FHIR R4";
    EXPECT_TRUE(records_.empty());
    EXPECT_EQ(coding("ct"), (json::object{{"system", kDcm}, {"code", "CT"}}));
    EXPECT_EQ(records_.size(), 1U);
    for (const auto* unknown : {"ZZ", "C  T"}) {
        EXPECT_EQ(coding(unknown).if_contains("system"), nullptr);
        ASSERT_EQ(records_.size(), 1U);
        EXPECT_EQ(records_[0].tag + records_[0].value, std::string("00080060") + unknown);
    }
    EXPECT_EQ(coding("C  T").at("code"), "C T");
}

TEST(Modalities, codes_are_sorted_and_of_the_form_of_their_kind) {
    std::string_view before;
    for (const Modality& modality : kModalities) {
        EXPECT_LT(before, modality.code);
        EXPECT_LE(modality.code.size(), 16U);
        EXPECT_EQ(modality.code.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"),
                  std::string_view::npos);
        before = modality.code;
    }
}

TEST_F(StudyMapping, ImagingStudy_People_DisplayAndIdentifier) {
    auto instance = image("2.25.2", 1);
    instance["00080090"] = person("Byron^Ada^^Dr.^PhD");
    instance["00080096"] =
        sequence({json::object{{"00401101", sequence({testing::code("77", "99LAKE", "id")})}}});
    instance["00081060"] = person("Reader^Rita");
    const auto made = study({instance});
    EXPECT_EQ(made.at("referrer"), (json::object{{"display", "Dr. Ada Byron, PhD"},
                                                 {"identifier", json::object{{"value", "77"}}}}));
    EXPECT_EQ(made.at("interpreter"), (json::array{json::object{{"display", "Rita Reader"}}}));
}

TEST_F(StudyMapping, ImagingStudy_People_EmptyNamesShiftNoIds) {
    const auto id = [](const char* value) {
        return json::object{{"00401101", sequence({testing::code(value, "99LAKE", "id")})}};
    };
    const auto interpreters = [&](json::array names, json::array ids) {
        auto instance = image("2.25.2", 1);
        instance["00081060"] = json::object{{"vr", "PN"}, {"Value", std::move(names)}};
        instance["00081062"] = sequence(std::move(ids));
        return study({instance}).at("interpreter").as_array();
    };
    const json::object rita{{"Alphabetic", "Reader^Rita"}};
    const json::object tom{{"Alphabetic", "Third^Tom"}};
    const auto person_of = [](const char* display, const char* value) {
        return json::object{{"display", display}, {"identifier", {{"value", value}}}};
    };
    const json::object nameless{{"identifier", {{"value", "2"}}}};
    for (const json::value& empty :
         {json::value{}, json::value(json::object{}), json::value(json::object{{"Alphabetic", "^^"}})}) {
        EXPECT_EQ(interpreters({rita, empty, tom}, {id("1"), id("2"), id("3")}),
                  (json::array{person_of("Rita Reader", "1"), nameless, person_of("Tom Third", "3")}))
            << empty;
        EXPECT_EQ(interpreters({rita, empty, tom}, {id("1"), json::object{}, id("3")}),
                  (json::array{person_of("Rita Reader", "1"), person_of("Tom Third", "3")}))
            << "who has neither name nor id is left out";
    }
    EXPECT_EQ(interpreters({rita}, {id("1"), id("2")}),
              (json::array{person_of("Rita Reader", "1"), nameless}));
}

TEST_F(StudyMapping, ImagingStudy_People_AreNamedByTheFirstGroupThatIsFilled) {
    const auto only = [](const char* group, const char* name) {
        return element(json::object{{group, name}, {"Alphabetic", ""}});
    };
    auto instance = image("2.25.2", 1);
    instance["00080090"] = only("Ideographic", "山田^花子");
    instance["00081060"] = only("Phonetic", "やまだ^はなこ^^Dr.");
    instance["00081050"] = only("Ideographic", "鈴木^一郎");
    instance["00081070"] = person("Suzuki^Jirou", "鈴木^次郎");
    const auto made = study({instance});
    EXPECT_EQ(made.at("referrer"), (json::object{{"display", "山田 花子"}}));
    EXPECT_EQ(made.at("interpreter"), (json::array{json::object{{"display", "Dr. やまだ はなこ"}}}));
    const auto performers = first_series(made).at("performer").as_array();
    EXPECT_EQ(performers.at(0).at("actor").at("display"), "鈴木 一郎");
    EXPECT_EQ(performers.at(1).at("actor").at("display"), "Jirou Suzuki");
}

TEST_F(StudyMapping, ImagingStudy_People_AreKnownByAnIdAlone) {
    const json::object id{{"00401101", sequence({testing::code("77", "99LAKE", "id")})}};
    const json::object nameless{{"identifier", {{"value", "77"}}}};
    auto instance = image("2.25.2", 1);
    instance["00080096"] = sequence({id});
    instance["00081062"] = sequence({id});
    for (const json::object& no_name : {json::object{{"vr", "PN"}}, person("^^")}) {
        instance["00080090"] = no_name;
        EXPECT_EQ(study({instance}).at("referrer"), nameless);
        EXPECT_EQ(study({instance}).at("interpreter"), json::array{nameless});
    }
    auto named = image("2.25.2", 2);
    named["00080090"] = person("Byron^Ada");
    EXPECT_EQ(study({instance, named}).at("referrer"), (json::object{{"display", "Ada Byron"}}))
        << "the instance that has a name decides";
}

TEST_F(StudyMapping, ImagingStudy_Texts_DescriptionLocationNote) {
    auto instance = image("2.25.2", 1);
    instance["00081030"] = element("CT chest");
    instance["00080080"] = element("Lakeside");
    instance["00081040"] = element("Radiology");
    auto made = study({instance});
    EXPECT_EQ(made.at("description"), "CT chest");
    EXPECT_EQ(made.at("location").at("display"), "Lakeside, Radiology");
    EXPECT_FALSE(made.contains("note"));
    options_.description_as_note = true;
    EXPECT_EQ(study({instance}).at("note"), (json::array{json::object{{"text", "CT chest"}}}));
}

TEST_F(StudyMapping, ImagingStudy_Codes_ProcedureAndReason) {
    auto instance = image("2.25.2", 1);
    instance["00081032"] =
        sequence({testing::code("24627-2", "LN", "CT Chest"), testing::code("24627-2", "LN", "again")});
    instance["00400275"] =
        sequence({json::object{{"0040100A", sequence({testing::code("R05", "I10", "Cough")})},
                               {"00401002", element("persistent cough")}}});
    const auto made = study({instance});
    ASSERT_EQ(made.at("procedureCode").as_array().size(), 1U);
    EXPECT_EQ(made.at("procedureCode").at(0).at("coding").at(0).at("system"), "http://loinc.org");
    ASSERT_EQ(made.at("reasonCode").as_array().size(), 2U);
    EXPECT_NE(json::serialize(made.at("reasonCode")).find("persistent cough"), std::string::npos);
    EXPECT_NE(json::serialize(made.at("reasonCode")).find("http://hl7.org/fhir/sid/icd-10"),
              std::string::npos);
}

TEST_F(StudyMapping, Series_Elements_NumberDescriptionBodySiteLaterality) {
    auto instance = image("2.25.2", 1);
    instance["0008103E"] = element("axial");
    instance["00180015"] = element("CHEST");
    instance["00200060"] = element("L");
    instance["00081050"] = person("Perform^Paul");
    instance["00081070"] = person("Operate^Olga");
    instance["00400560"] = sequence({json::object{{"00400551", element("S-1")}}});
    instance["00080021"] = element("20240301");
    const auto series = first_series(study({instance}));
    EXPECT_EQ(series.at("uid"), "2.25.2");
    EXPECT_EQ(series.at("number"), 1);
    EXPECT_EQ(series.at("description"), "axial");
    EXPECT_EQ(series.at("started"), "2024-03-01");
    EXPECT_EQ(series.at("bodySite"),
              (json::object{{"system", kSnomed}, {"code", "816094009"}, {"display", "Chest"}}));
    EXPECT_EQ(series.at("laterality"), (json::object{{"system", kSnomed}, {"code", "419161000"}}));
    EXPECT_EQ(series.at("performer").at(0).at("function").at("coding").at(0).at("code"), "PRF");
    EXPECT_EQ(series.at("performer").at(1).at("actor").at("display"), "Olga Operate");
    EXPECT_EQ(series.at("specimen").at(0).at("identifier").at("value"), "S-1");
}

TEST_F(StudyMapping, Series_BodySite_UnlistedTermIsDisplayOnly) {
    EXPECT_EQ(first_series(with("00180015", element("LEFT TOE"))).at("bodySite"),
              (json::object{{"display", "LEFT TOE"}}));
    EXPECT_EQ(
        first_series(with("00082218", sequence({testing::code("T-D3000", "SRT", "Chest")}))).at("bodySite"),
        (json::object{{"system", kSnomed}, {"code", "51185008"}, {"display", "Chest"}}));
}

TEST_F(StudyMapping, Series_BodySite_TermsOfAnnexL) {
    for (const auto& [term, code] :
         {std::pair("NECKCHESTABDPELV", "416319003"), std::pair("TMJ", "53620006"),
          std::pair("ASCAORTA", "54247002"), std::pair("PELVIS", "816092008"), std::pair("JAW", "661005")})
        EXPECT_EQ(first_series(with("00180015", element(term))).at("bodySite").at("code"), code) << term;
    EXPECT_EQ(first_series(with("00082218", sequence({testing::code("T-15710", "SRT", "Hip joint")})))
                  .at("bodySite")
                  .at("code"),
              "24136001");
}

TEST(BodyParts, TermsAreCodeStringsInOrder) {
    EXPECT_GT(kBodyParts.size(), 300U);
    std::string_view before;
    for (const BodyPart& part : kBodyParts) {
        EXPECT_LT(before, part.term);
        EXPECT_LE(part.term.size(), 16U) << part.term;
        EXPECT_TRUE(
            std::all_of(part.term.begin(), part.term.end(), [](char c) { return c >= 'A' && c <= 'Z'; }));
        EXPECT_EQ(part.code.find_first_not_of("0123456789"), std::string_view::npos) << part.code;
        before = part.term;
    }
}

TEST_F(StudyMapping, Series_Required_UnknownModalityAndSopClassSayWhy) {
    auto instance = image("2.25.2", 1);
    instance.erase("00080060");
    instance.erase("00080016");
    const auto made = study({instance});
    const auto reason = json::object{{"url", "http://hl7.org/fhir/StructureDefinition/data-absent-reason"},
                                     {"valueCode", "unknown"}};
    EXPECT_EQ(first_series(made).at("modality").at("extension").at(0), reason);
    EXPECT_EQ(first_series(made).at("instance").at(0).at("sopClass").at("extension").at(0), reason);
    EXPECT_FALSE(made.contains("modality"));
}

TEST_F(StudyMapping, Series_Number_NegativeIsLeftOut) {
    EXPECT_FALSE(first_series(with("00200011", element(-3))).contains("number"));
    ASSERT_EQ(records_.size(), 1U);
    EXPECT_EQ(records_[0].value, "-3");
}

TEST_F(StudyMapping, Instance_Elements_SopClassNumberTitle) {
    auto pdf = image("2.25.2", 7);
    pdf["00420010"] = element("Consent");
    const auto instance = first_series(study({pdf})).at("instance").at(0).as_object();
    EXPECT_EQ(instance.at("uid"), "2.25.2.7");
    EXPECT_EQ(instance.at("number"), 7);
    EXPECT_EQ(instance.at("title"), "Consent");
    EXPECT_EQ(instance.at("sopClass"),
              (json::object{{"system", "urn:ietf:rfc:3986"}, {"code", "urn:oid:1.2.840.10008.5.1.4.1.1.2"}}));
    const auto report = first_series(study({testing::dose_report()})).at("instance").at(0).as_object();
    EXPECT_EQ(report.at("title"), "X-Ray Radiation Dose Report");
}

TEST_F(StudyMapping, Instance_Title_OfEveryStructuredReport) {
    const auto title = [&](const char* modality, const char* sop_class) {
        auto report = testing::dose_report();
        report["00080060"] = element(modality);
        report["00080016"] = element(sop_class);
        const auto instance = first_series(study({report})).at("instance").at(0).as_object();
        return instance.contains("title") ? std::string(instance.at("title").as_string()) : std::string{};
    };
    EXPECT_EQ(title("US", "1.2.840.10008.5.1.4.1.1.88.33"), "X-Ray Radiation Dose Report");
    EXPECT_EQ(title("KO", "1.2.840.10008.5.1.4.1.1.88.59"), "X-Ray Radiation Dose Report");
    EXPECT_EQ(title("SR", "1.2.3.4"), "X-Ray Radiation Dose Report") << "a class of a maker's own";
    EXPECT_EQ(title("CT", "1.2.840.10008.5.1.4.1.1.2"), "");
}

TEST_F(StudyMapping, Instance_Legacy_Codings) {
    options_.legacy_codings = true;
    const auto series = first_series(study({image("2.25.2", 1)}));
    EXPECT_EQ(series.at("modality"), (json::object{{"system", "DCM"}, {"code", "CT"}}));
    EXPECT_EQ(series.at("instance").at(0).at("sopClass"),
              (json::object{{"code", "1.2.840.10008.5.1.4.1.1.2"}}));
}

TEST_F(StudyMapping, Instance_Inline_OnlyUpToTheLimit) {
    options_.max_inline_instances = 1;
    const auto series = first_series(study({image("2.25.2", 1), image("2.25.2", 2)}));
    EXPECT_FALSE(series.contains("instance"));
    EXPECT_EQ(series.at("numberOfInstances"), 2);
}

TEST_F(StudyMapping, Order_DoesNotMatter) {
    std::vector<json::object> instances;
    for (int number = 9; number > 0; --number) {
        instances.push_back(image(number % 2 == 0 ? "2.25.2" : "2.25.3", number));
        instances.back()["00080012"] = element("2024010" + std::to_string(number));
        instances.back()["00081030"] = element("text " + std::to_string(number));
    }
    const auto expected = json::serialize(study(instances));
    for (int round = 0; round < 20; ++round) {
        std::next_permutation(instances.begin(), instances.end(), [](const auto& left, const auto& right) {
            return first_text(left, "00080018") < first_text(right, "00080018");
        });
        EXPECT_EQ(json::serialize(study(instances)), expected);
    }
}

TEST_F(StudyMapping, Uid_ThatIsNoFhirIdIsUnusable) {
    auto instance = image("2.25.2", 1);
    instance["00080018"] = element(std::string(65, '1'));
    Snapshot snapshot{study_of({instance}), {}, {}};
    EXPECT_EQ(compute_wanted(snapshot, options_, records_).error().code, ErrorCode::malformed_dicom);
}

TEST(Codings_Systems, DesignatorsOfTheTable) {
    EXPECT_EQ(system_of("DCM"), kDcm);
    EXPECT_EQ(system_of("SCT"), kSnomed);
    EXPECT_EQ(system_of("LN"), "http://loinc.org");
    EXPECT_EQ(system_of("UCUM"), "http://unitsofmeasure.org");
    EXPECT_EQ(system_of("RADLEX"), "http://radlex.org");
    EXPECT_EQ(system_of("I10"), "http://hl7.org/fhir/sid/icd-10");
    EXPECT_EQ(system_of("99LAKE"), "");
}

TEST(Codings_Systems, OthersByUidAndRetiredSnomed) {
    auto item = testing::code("X", "99LAKE", "thing");
    EXPECT_EQ(read_code(item)->system, "");
    item["0008010C"] = element("1.2.3");
    EXPECT_EQ(read_code(item)->system, "urn:oid:1.2.3");
    EXPECT_EQ(read_code(testing::code("C-B02C9", "SRT", "agent"))->value, "349358000");
    for (const auto& [retired, code] : {std::pair("G-D101", "47625008"),
                                        {"C-111A1", "77004003"},
                                        {"C-B1031", "35321007"},
                                        {"P5-08000", "77477000"},
                                        {"R-10206", "399348003"},
                                        {"F-10450", "102538003"}})
        EXPECT_EQ(read_code(testing::code(retired, "SRT", "of a dose report"))->value, code) << retired;
    EXPECT_EQ(read_code(testing::code("Q-0000", "SRT", "unlisted"))->system, "");
    EXPECT_FALSE(read_code(json::object{}));
}

TEST(LegacySnomed, CodesAreInOrderEachOnce) {
    std::string_view before;
    for (const LegacyCode& row : kLegacySnomed) {
        EXPECT_LT(before, row.key);
        EXPECT_EQ(row.value.find_first_not_of("0123456789"), std::string_view::npos) << row.value;
        before = row.key;
    }
}

}  // namespace
}  // namespace isocenter::fhir
