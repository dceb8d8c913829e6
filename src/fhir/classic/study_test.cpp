#include "fhir/classic/study.h"

#include <gtest/gtest.h>

#include "fhir/classic/test_entry.h"

namespace isocenter::fhir::classic {
namespace {

namespace json = boost::json;
using testing::Desk;
using testing::element;
using testing::stored;

const ResourceId kPatient = ClientId{"p"};
const ResourceId kEndpoint = ServerId{"Endpoint", "7"};

Request request_for(Desk& desk, const Entry& entry, const std::vector<json::object>& found = {}) {
    return study_request(found, entry, kPatient, kEndpoint, desk.new_uuid, desk.context);
}

/// The study that the storing of an image leaves in FHIR.
json::object study_with(const Entry& entry) {
    Desk desk;
    return testing::found(request_for(desk, entry).resource, "is-881", "3");
}

json::object with(const char* tag, json::object value) {
    auto metadata = testing::image("2.25.2", 1);
    metadata[tag] = std::move(value);
    return metadata;
}

std::string uids(const json::object& study) {
    std::string text;
    for (const auto& series : study.at("series").as_array()) {
        text += std::string(series.at("uid").as_string()) + '{';
        for (const auto& instance : series.at("instance").as_array())
            text += std::string(instance.at("uid").as_string()) + ' ';
        text += '}';
    }
    return text;
}

// Obligation: 19.study-identifier
TEST(ClassicStudy, the_study_is_known_by_its_uid_as_an_oid) {
    EXPECT_EQ(study_identity("2.25.31337"), (Identifier{"urn:dicom:uid", "urn:oid:2.25.31337"}));
}

// Obligation: 19.upsert.new
TEST(ClassicStudy, an_unknown_one_is_created) {
    Desk desk;
    const auto request = request_for(desk, stored(testing::image("2.25.2", 1)));
    EXPECT_EQ(request.mode, Mode::create);
    EXPECT_EQ(request.condition, "identifier=urn%3Adicom%3Auid%7Curn%3Aoid%3A2.25.1");
    const json::object wanted{
        {"resourceType", "ImagingStudy"},
        {"meta", {{"source", "https://pacs.lakeside.test/v2"}}},
        {"identifier", json::array{{{"system", "urn:dicom:uid"}, {"value", "urn:oid:2.25.1"}}}},
        {"status", "available"},
        {"subject", {{"reference", "urn:uuid:p"}}},
        {"started", "2024-02-29T13:45:01.25+00:00"},
        {"endpoint", json::array{{{"reference", "Endpoint/7"}}}},
        {"series",
         json::array{{{"uid", "2.25.2"},
                      {"number", 1},
                      {"modality", {{"system", "DCM"}, {"code", "CT"}}},
                      {"instance", json::array{{{"uid", "2.25.2.1"},
                                                {"sopClass", {{"code", "1.2.840.10008.5.1.4.1.1.2"}}},
                                                {"number", 1}}}}}}}};
    EXPECT_EQ(request.resource, wanted) << json::serialize(request.resource);
}

// Obligation: 19.upsert.instance-added, 19.upsert.etag
TEST(ClassicStudy, a_second_instance_is_an_update_of_the_version_found) {
    Desk desk;
    const auto request = request_for(desk, stored(testing::image("2.25.2", 2)),
                                     {study_with(stored(testing::image("2.25.2", 1)))});
    EXPECT_EQ(request.mode, Mode::update);
    EXPECT_EQ(to_reference(request.id), "ImagingStudy/is-881");
    EXPECT_EQ(request.resource.at("meta").at("versionId"), "3");
    EXPECT_EQ(uids(request.resource), "2.25.2{2.25.2.1 2.25.2.2 }");
}

// Obligation: 19.upsert.series-added
TEST(ClassicStudy, a_second_series_is_appended) {
    Desk desk;
    const auto request = request_for(desk, stored(testing::image("2.25.3", 9)),
                                     {study_with(stored(testing::image("2.25.2", 1)))});
    EXPECT_EQ(request.mode, Mode::update);
    EXPECT_EQ(uids(request.resource), "2.25.2{2.25.2.1 }2.25.3{2.25.3.9 }");
}

// Obligation: 19.upsert.unchanged
TEST(ClassicStudy, the_same_instance_again_needs_nothing) {
    Desk desk;
    const auto entry = stored(testing::image("2.25.2", 1));
    const auto request = request_for(desk, entry, {study_with(entry)});
    EXPECT_EQ(request.mode, Mode::none);
    EXPECT_EQ(to_reference(request.id), "ImagingStudy/is-881");
}

// Obligation: 19.upsert.changed
TEST(ClassicStudy, another_series_description_replaces_the_one_before) {
    Desk desk;
    const auto request = request_for(desk, stored(with("0008103E", element("sagittal"))),
                                     {study_with(stored(with("0008103E", element("axial"))))});
    EXPECT_EQ(request.mode, Mode::update);
    EXPECT_EQ(request.resource.at("series").at(0).at("description"), "sagittal");
}

TEST(ClassicStudy, a_known_one_keeps_its_subject) {
    Desk desk;
    auto known = study_with(stored(testing::image("2.25.2", 1)));
    known["subject"] = {{"reference", "Patient/other"}};
    const auto request = request_for(desk, stored(testing::image("2.25.2", 2)), {known});
    EXPECT_EQ(request.resource.at("subject").at("reference"), "Patient/other");
}

json::object synchronised(json::object study, const json::object& metadata) {
    Desk desk;
    synchronise_study(study, metadata, kEndpoint, desk.context);
    return study;
}

// Obligation: 19.study.started
TEST(ClassicStudyProperties, started_is_overwritten_and_goes_with_its_sources) {
    json::object study{{"started", "2001-01-01T00:00:00+00:00"}};
    EXPECT_EQ(synchronised(study, with("00080201", element("+0530"))).at("started"),
              "2024-02-29T13:45:01.25+05:30");
    EXPECT_FALSE(synchronised(study, with("00080030", {{"vr", "TM"}})).contains("started"));
    EXPECT_FALSE(synchronised(study, with("00080020", element("yesterday"))).contains("started"));
}

// Obligation: 19.study.started-invalid-offset, 19.helper.validation-lenient
TEST(ClassicStudyProperties, an_invalid_offset_leaves_started_as_it_was) {
    Desk desk;
    json::object study{{"started", "2001-01-01T00:00:00+00:00"}};
    auto metadata = with("00080201", element("+25"));
    metadata["00080021"] = element("20240301");
    metadata["00080031"] = element("10");
    const Offset offset = synchronise_study(study, metadata, kEndpoint, desk.context);
    EXPECT_EQ(study.at("started"), "2001-01-01T00:00:00+00:00");
    ASSERT_EQ(desk.records.size(), 1U);
    EXPECT_EQ(desk.records.front().tag, "00080201");
    json::object series;
    synchronise_series(series, metadata, offset);
    EXPECT_EQ(series.at("started"), "2024-03-01T10:00:00+00:00");
}

// Obligation: 19.study.endpoint
TEST(ClassicStudyProperties, the_endpoint_is_there_once_among_others) {
    json::object study{{"endpoint", json::array{{{"reference", "Endpoint/7"}}}}};
    EXPECT_EQ(synchronised(study, testing::image("2.25.2", 1)).at("endpoint"), study.at("endpoint"));
    study = {{"endpoint", json::array{{{"reference", "Endpoint/8"}}}}};
    EXPECT_EQ(synchronised(study, testing::image("2.25.2", 1)).at("endpoint").as_array().size(), 2U);
}

// Obligation: 19.study.modality-added
TEST(ClassicStudyProperties, a_modality_comes_with_modalities_in_study) {
    json::object study{{"modality", json::array{{{"system", "DCM"}, {"code", "CT"}}}}};
    auto metadata = with("00080061", element("whatever"));
    metadata["00080060"] = element("PT");
    const auto wanted = json::array{{{"system", "DCM"}, {"code", "CT"}}, {{"system", "DCM"}, {"code", "PT"}}};
    EXPECT_EQ(synchronised(study, metadata).at("modality"), wanted);
}

// Obligation: 19.study.modality-known
TEST(ClassicStudyProperties, a_modality_is_there_once_whatever_its_case) {
    json::object study{{"modality", json::array{{{"system", "DCM"}, {"code", "ct"}}}}};
    EXPECT_EQ(synchronised(study, with("00080061", element("CT"))).at("modality").as_array().size(), 1U);
}

// Obligation: 19.study.modality-condition
TEST(ClassicStudyProperties, without_modalities_in_study_there_is_no_modality) {
    EXPECT_FALSE(synchronised({}, testing::image("2.25.2", 1)).contains("modality"));
}

// Obligation: 19.study.note
TEST(ClassicStudyProperties, descriptions_are_notes_that_never_go) {
    json::object study{{"note", json::array{{{"text", "CT chest"}}}}};
    EXPECT_EQ(synchronised(study, with("00081030", element("CT chest"))).at("note").as_array().size(), 1U);
    EXPECT_EQ(synchronised(study, with("00081030", element("CT abdomen"))).at("note"),
              (json::array{{{"text", "CT chest"}}, {{"text", "CT abdomen"}}}));
    EXPECT_FALSE(synchronised({}, testing::image("2.25.2", 1)).contains("note"));
}

// Obligation: 19.study.accession, 19.helper.accession
TEST(ClassicStudyProperties, accession_numbers_gather) {
    const auto one = synchronised({}, with("00080050", element("551")));
    const json::object wanted{
        {"type",
         {{"coding",
           json::array{{{"system", "http://terminology.hl7.org/CodeSystem/v2-0203"}, {"code", "ACSN"}}}}}},
        {"value", "551"}};
    EXPECT_EQ(one.at("identifier"), (json::array{wanted}));
    EXPECT_EQ(synchronised(one, with("00080050", element("551"))).at("identifier").as_array().size(), 1U);
    EXPECT_EQ(synchronised(one, with("00080050", element("552"))).at("identifier").as_array().size(), 2U);
}

json::object series_after(json::object series, const char* tag, json::object value) {
    auto metadata = testing::image("2.25.2", 1);
    metadata[tag] = std::move(value);
    synchronise_series(series, metadata, {});
    return series;
}

// Obligation: 19.series.number
TEST(ClassicSeriesProperties, a_number_is_overwritten_by_a_single_integer) {
    EXPECT_EQ(series_after({{"number", 5}}, "00200011", element(8)).at("number"), 8);
    EXPECT_EQ(series_after({{"number", 5}}, "00200011", element("eight")).at("number"), 5);
    const json::object several{{"vr", "IS"}, {"Value", json::array{1, 2}}};
    EXPECT_EQ(series_after({{"number", 5}}, "00200011", several).at("number"), 5);
}

// Obligation: 19.series.description
TEST(ClassicSeriesProperties, a_description_is_overwritten_by_a_single_value) {
    EXPECT_EQ(series_after({{"description", "old"}}, "0008103E", element("new")).at("description"), "new");
    EXPECT_EQ(series_after({{"description", "old"}}, "0008103E", {{"vr", "LO"}}).at("description"), "old");
}

// Obligation: 19.series.modality
TEST(ClassicSeriesProperties, a_modality_is_replaced_when_its_code_differs) {
    const json::object known{{"modality", {{"system", "urn:theirs"}, {"code", "CT"}}}};
    EXPECT_EQ(series_after(known, "00080060", element("CT")).at("modality"), known.at("modality"));
    EXPECT_EQ(series_after(known, "00080060", element("ct")).at("modality"),
              (json::object{{"system", "DCM"}, {"code", "ct"}}));
    EXPECT_EQ(series_after(known, "00080060", {{"vr", "CS"}}).at("modality"), known.at("modality"));
}

// Obligation: 19.series.started
TEST(ClassicSeriesProperties, started_comes_from_the_series_own_date_and_time) {
    json::object series{{"started", "2001-01-01T00:00:00+00:00"}};
    EXPECT_FALSE(series_after(series, "00080021", element("20240301")).contains("started"));
    auto metadata = testing::image("2.25.2", 1);
    metadata["00080021"] = element("20240301");
    metadata["00080031"] = element("1015");
    synchronise_series(series, metadata, {"+05:30", true});
    EXPECT_EQ(series.at("started"), "2024-03-01T10:15:00+05:30");
}

json::object instance_after(json::object instance, const char* tag, json::object value) {
    auto metadata = testing::image("2.25.2", 1);
    metadata[tag] = std::move(value);
    synchronise_instance(instance, metadata);
    return instance;
}

// Obligation: 19.instance.sop-class
TEST(ClassicInstanceProperties, a_sop_class_is_the_bare_uid_and_replaced_when_it_differs) {
    EXPECT_EQ(instance_after({}, "00080016", element("1.2.3")).at("sopClass"),
              (json::object{{"code", "1.2.3"}}));
    const json::object known{{"sopClass", {{"system", "urn:theirs"}, {"code", "1.2.3"}}}};
    EXPECT_EQ(instance_after(known, "00080016", element("1.2.3")).at("sopClass"), known.at("sopClass"));
    EXPECT_EQ(instance_after(known, "00080016", element("1.2.4")).at("sopClass"),
              (json::object{{"code", "1.2.4"}}));
    EXPECT_FALSE(instance_after({}, "00080016", {{"vr", "UI"}}).contains("sopClass"));
}

// Obligation: 19.instance.number
TEST(ClassicInstanceProperties, a_number_is_overwritten_by_a_single_integer) {
    EXPECT_EQ(instance_after({{"number", 5}}, "00200013", element("8")).at("number"), 8);
    EXPECT_EQ(instance_after({{"number", 5}}, "00200013", {{"vr", "IS"}}).at("number"), 5);
}

}  // namespace
}  // namespace isocenter::fhir::classic
