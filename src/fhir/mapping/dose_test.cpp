#include <gtest/gtest.h>

#include <algorithm>

#include "fhir/mapping/codings.h"
#include "fhir/mapping/dose_table.h"
#include "fhir/mapping/parts.h"
#include "fhir/mapping/test_study.h"

namespace isocenter::fhir {
namespace {

namespace json = boost::json;
using testing::dose_report;
using testing::element;
using testing::sequence;
using testing::study_of;

class DoseMapping : public ::testing::Test {
  protected:
    std::vector<WantedResource> observations(std::vector<json::object> instances) {
        records_.clear();
        Snapshot snapshot{study_of(std::move(instances)), {}, {}};
        auto wanted = compute_wanted(snapshot, options_, records_);
        EXPECT_TRUE(wanted.ok());
        return wanted->observations;
    }
    static json::value value_of(const json::object& observation, std::string_view code,
                                std::string_view element) {
        for (const auto& component : observation.at("component").as_array()) {
            if (component.at("code").at("coding").at(0).at("code").as_string() == code)
                return component.at(element);
        }
        return {};
    }
    Options options_{.own_endpoint = "https://pacs.lakeside.test/v2"};
    std::vector<ValidationRecord> records_;
};

TEST_F(DoseMapping, Dose_Summary_Elements) {
    const auto made = observations({dose_report()});
    ASSERT_EQ(made.size(), 2U);
    const auto& summary = made[0].resource;
    EXPECT_EQ(made[0].identity.value, "urn:oid:2.25.9");
    EXPECT_EQ(summary.at("identifier").at(1).at("value"), "urn:oid:2.25.1");
    EXPECT_EQ(summary.at("identifier").at(2).at("value"), "551");
    EXPECT_EQ(summary.at("status"), "final");
    EXPECT_EQ(summary.at("code").at("coding").at(0),
              (json::object{{"system", "http://loinc.org"}, {"code", "73569-6"}}));
    EXPECT_EQ(summary.at("category").at(0).at("coding").at(0).at("code"), "imaging");
    EXPECT_EQ(summary.at("partOf").at(0).at("reference"), "@study");
    EXPECT_EQ(summary.at("focus").at(0).at("reference"), "@study");
    EXPECT_EQ(summary.at("effectiveDateTime"), "2024-03-01T10:15:00+00:00");
    EXPECT_EQ(summary.at("device").at("display"), "Lakeside Devices");
    EXPECT_EQ(summary.at("basedOn").at(0).at("identifier").at("value"), "551");
    EXPECT_EQ(summary.at("hasMember").at(0).at("reference"), "@event/urn:oid:2.25.77");
}

TEST_F(DoseMapping, Dose_Performer_IsNamedByAnyGroupOfTheName) {
    auto report = dose_report();
    auto authority = testing::item("PNAME", testing::code("113850", "DCM", "Irradiation Authorizing"));
    authority["0040A123"] = element(json::object{{"Ideographic", "山田^花子"}});
    report["0040A730"].as_object()["Value"].as_array().push_back(authority);
    EXPECT_EQ(observations({report})[0].resource.at("performer"),
              (json::array{json::object{{"display", "山田 花子"}}}));
}

TEST_F(DoseMapping, Dose_Summary_OwnValuesOnlyAndZeroIsAValue) {
    const auto summary = observations({dose_report()})[0].resource;
    EXPECT_EQ(value_of(summary, "113812", "valueInteger"), 0);
    EXPECT_EQ(value_of(summary, "113813", "valueQuantity"),
              (json::object{{"value", 412.5},
                            {"unit", "mGy.cm"},
                            {"system", "http://unitsofmeasure.org"},
                            {"code", "mGy.cm"}}));
    EXPECT_TRUE(value_of(summary, "113830", "valueQuantity").is_null());
}

TEST_F(DoseMapping, Dose_Event_Elements) {
    const auto event = observations({dose_report()})[1].resource;
    EXPECT_EQ(event.at("identifier").at(0).at("value"), "urn:oid:2.25.77");
    EXPECT_EQ(event.at("code").at("coding").at(0), (json::object{{"system", kDcm}, {"code", "113852"}}));
    EXPECT_EQ(event.at("bodySite").at("coding").at(0).at("code"), "51185008");
    EXPECT_EQ(value_of(event, "113838", "valueQuantity").at("value"), 410);
    EXPECT_EQ(value_of(event, "113830", "valueQuantity").at("value"), 11.25);
    EXPECT_EQ(value_of(event, "113835", "valueCodeableConcept").at("coding").at(0).at("code"), "113691");
    EXPECT_FALSE(event.contains("effectiveDateTime"));
}

TEST_F(DoseMapping, Dose_Time_WhatIsNoDateTimeLeavesARecord) {
    const auto begun = [&](const char* stored) {
        auto report = dose_report();
        auto start = testing::item("DATETIME", testing::code("113809", "DCM", "Start of X-Ray Irradiation"));
        start["0040A120"] = element(stored);
        report["0040A730"].as_object()["Value"].as_array().push_back(start);
        return std::string(observations({report})[0].resource.at("effectiveDateTime").as_string());
    };
    EXPECT_EQ(begun("20240229134501+0100"), "2024-02-29T13:45:01+01:00");
    EXPECT_TRUE(records_.empty());
    for (const auto& [stored, told] : {std::pair("2024-99", "2024-03-01T10:15:00+00:00"),
                                       {"20240229134501+", "2024-03-01T10:15:00+00:00"},
                                       {"20240229134501+9900", "2024-02-29T13:45:01+00:00"},
                                       {"202402299999", "2024-02-29"}}) {
        EXPECT_EQ(begun(stored), told) << stored;
        ASSERT_EQ(records_.size(), 1U) << stored;
        EXPECT_EQ(records_[0].tag + records_[0].value, std::string("113809") + stored);
    }
}

TEST_F(DoseMapping, Dose_Event_ValuesOfAnEventInItAreNotItsOwn) {
    auto report = dose_report();
    auto& content = report["0040A730"].as_object()["Value"].as_array();
    const auto inner = content[1];
    auto outer = testing::item("CONTAINER", testing::code("113819", "DCM", "CT Acquisition"));
    outer["0040A730"] = sequence({testing::uid_item("113769", "2.25.76"), inner});
    content[1] = outer;
    const auto made = observations({report});
    ASSERT_EQ(made.size(), 3U);
    EXPECT_EQ(made[1].identity.value, "urn:oid:2.25.76");
    EXPECT_FALSE(made[1].resource.contains("component"));
    EXPECT_EQ(value_of(made[2].resource, "113830", "valueQuantity").at("value"), 11.25);
}

TEST_F(DoseMapping, Dose_Event_WithoutUidIsNone) {
    auto report = dose_report();
    auto& content = report["0040A730"].as_object()["Value"].as_array();
    auto& children = content[1].as_object()["0040A730"].as_object()["Value"].as_array();
    children.erase(children.begin());
    const auto made = observations({report});
    ASSERT_EQ(made.size(), 1U);
    EXPECT_FALSE(made[0].resource.contains("hasMember"));
}

TEST_F(DoseMapping, Dose_Event_InSeveralReportsComesFromTheNewest) {
    auto older = dose_report("2.25.10");
    older["00080023"] = element("20200101");
    older["0040A493"] = element("UNVERIFIED");
    const auto made = observations({older, dose_report()});
    ASSERT_EQ(made.size(), 3U);
    EXPECT_EQ(made[2].resource.at("status"), "final");
    EXPECT_EQ(made[1].resource.at("status"), "preliminary");
}

/// A report of a biplane system (TID 10001): the accumulated dose is told once for each plane.
json::object biplane_report() {
    auto report = dose_report();
    const auto plane = [](const char* code, const char* meaning, double area, double dose) {
        auto name = testing::item("CODE", testing::code("113764", "DCM", "Acquisition Plane"));
        name["0040A168"] = sequence({testing::code(code, "DCM", meaning)});
        auto container =
            testing::item("CONTAINER", testing::code("113702", "DCM", "Accumulated X-Ray Dose Data"));
        container["0040A730"] = sequence({name, testing::number_item("113722", area, "Gy.m2"),
                                          testing::number_item("113725", dose, "Gy")});
        return container;
    };
    report["0040A730"] =
        sequence({plane("113620", "Plane A", 0.00012, 0.5), plane("113621", "Plane B", 0.00034, 0.7)});
    return report;
}

TEST_F(DoseMapping, Dose_Summary_TellsTheValuesOfBothPlanesApart) {
    const auto summary = observations({biplane_report()})[0].resource;
    std::vector<std::string> told;
    for (const auto& component : summary.at("component").as_array())
        told.push_back(std::string(component.at("code").at("text").as_string()) + ": " +
                       json::serialize(component.at("valueQuantity").at("value")));
    EXPECT_EQ(told,
              (std::vector<std::string>{"Dose (RP) Total, Plane A: 5E-1", "Dose (RP) Total, Plane B: 7E-1",
                                        "Dose Area Product Total, Plane A: 1.2E-4",
                                        "Dose Area Product Total, Plane B: 3.4E-4"}));
    for (const auto& component : summary.at("component").as_array())
        EXPECT_EQ(component.at("code").at("coding").as_array().size(), 1U);
}

TEST_F(DoseMapping, Dose_Summary_FirstChildOfEachNodeWinsAndOneValueNamesNoPlane) {
    auto report = biplane_report();
    auto& planes = report["0040A730"].as_object()["Value"].as_array();
    planes.pop_back();
    auto& children = planes[0].as_object()["0040A730"].as_object()["Value"].as_array();
    children.push_back(testing::number_item("113722", 9, "Gy.m2"));
    const auto components = observations({report})[0].resource.at("component").as_array();
    ASSERT_EQ(components.size(), 2U);
    EXPECT_EQ(components[1].at("code").at("text"), "Dose Area Product Total");
    EXPECT_EQ(components[1].at("valueQuantity").at("value"), 0.00012);
}

TEST_F(DoseMapping, Dose_Value_WithoutNumberOrOfOtherTypeIsLeftOut) {
    auto report = dose_report();
    auto broken = testing::number_item("113725", "", "mGy");
    auto other = testing::item("TEXT", testing::code("113722", "DCM", "text instead"));
    auto fraction = testing::number_item("113731", 2.5, "1");
    report["0040A730"] = sequence({broken, other, fraction});
    const auto summary = observations({report})[0].resource;
    ASSERT_EQ(summary.at("component").as_array().size(), 1U);
    EXPECT_EQ(value_of(summary, "113731", "valueQuantity").at("value"), 2.5);
    EXPECT_EQ(records_.size(), 2U);
}

TEST_F(DoseMapping, Dose_Reports_OthersAreNoneAndTheSwitchHolds) {
    auto report = dose_report();
    report["0040A043"] = sequence({testing::code("126000", "DCM", "Imaging Measurement Report")});
    EXPECT_TRUE(observations({report}).empty());
    options_.generate_observations = false;
    EXPECT_TRUE(observations({dose_report()}).empty());
}

TEST_F(DoseMapping, Dose_Table_EveryConceptOnceAsTheReferenceCounts) {
    auto report = dose_report();
    json::array items;
    for (const auto& row : kDoseConcepts) {
        auto item = testing::number_item(std::string{row.code}, 3, "mGy");
        if (row.kind == DoseConcept::Kind::text || row.kind == DoseConcept::Kind::coded) {
            item = testing::item("CODE", {});
            item["0040A168"] = sequence({testing::code("1", "99LAKE", "value")});
        }
        item["0040A043"] = sequence({testing::code(std::string{row.code}, std::string{row.designator}, "x")});
        items.push_back(item);
    }
    report["0040A730"] = sequence(items);
    const auto summary = observations({report})[0].resource;
    const auto count = [&](std::string_view element) {
        const auto& list = summary.at("component").as_array();
        return std::count_if(list.begin(), list.end(),
                             [&](const json::value& one) { return one.as_object().contains(element); });
    };
    EXPECT_EQ(summary.at("component").as_array().size(), 15U);
    EXPECT_EQ(count("valueQuantity"), 10);
    EXPECT_EQ(count("valueInteger"), 2);
    EXPECT_EQ(count("valueString"), 2);
    EXPECT_EQ(count("valueCodeableConcept"), 1);
}

}  // namespace
}  // namespace isocenter::fhir
