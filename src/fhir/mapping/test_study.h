#pragma once

#include <boost/json.hpp>
#include <string>
#include <vector>

#include "fhir/mapping/snapshot.h"

/// DICOM JSON for the tests of mapping and plan.
namespace isocenter::fhir::testing {

/// `{"vr":"LO","Value":[text]}`.
template <class T>
boost::json::object element(const T& value) {
    boost::json::array values;
    values.emplace_back(value);
    return {{"vr", "LO"}, {"Value", std::move(values)}};
}

inline boost::json::object person(const std::string& alphabetic, const std::string& ideographic = {},
                                  const std::string& phonetic = {}) {
    boost::json::object name{{"Alphabetic", alphabetic}};
    if (!ideographic.empty()) name["Ideographic"] = ideographic;
    if (!phonetic.empty()) name["Phonetic"] = phonetic;
    return element(std::move(name));
}

inline boost::json::object sequence(boost::json::array items) {
    return {{"vr", "SQ"}, {"Value", std::move(items)}};
}

inline boost::json::object code(const std::string& value, const std::string& designator,
                                const std::string& meaning) {
    return {{"00080100", element(value)}, {"00080102", element(designator)}, {"00080104", element(meaning)}};
}

/// One CT image of study 2.25.1.
inline boost::json::object image(const std::string& series, int number) {
    return {{"00080016", element("1.2.840.10008.5.1.4.1.1.2")},
            {"00080018", element(series + "." + std::to_string(number))},
            {"00080020", element("20240229")},
            {"00080030", element("134501.250000")},
            {"00080060", element("CT")},
            {"00100010", person("Okafor^Ngozi Ada")},
            {"00100020", element("LK-2207")},
            {"00100030", element("19610430")},
            {"00100040", element("F")},
            {"0020000D", element("2.25.1")},
            {"0020000E", element(series)},
            {"00200011", element(1)},
            {"00200013", element(number)}};
}

inline StudySnapshot study_of(std::vector<boost::json::object> instances) {
    return {"Microsoft.Default", "2.25.1", std::move(instances), {}};
}

inline boost::json::object item(const std::string& type, boost::json::object name) {
    return {{"0040A040", element(type)}, {"0040A043", sequence({std::move(name)})}};
}

inline boost::json::object number_item(const std::string& concept_code, boost::json::value number,
                                       const std::string& unit) {
    auto result = item("NUM", code(concept_code, "DCM", "any spelling"));
    result["0040A300"] = sequence({boost::json::object{{"0040A30A", element(std::move(number))},
                                                       {"004008EA", sequence({code(unit, "UCUM", unit)})}}});
    return result;
}

inline boost::json::object uid_item(const std::string& concept_code, const std::string& uid) {
    auto result = item("UIDREF", code(concept_code, "DCM", "UID"));
    result["0040A124"] = element(uid);
    return result;
}

/// A CT dose report (TID 10011) with one acquisition (TID 10013: its values in a
/// container "CT Dose") in the study of image().
inline boost::json::object dose_report(const std::string& uid = "2.25.9",
                                       const std::string& event = "2.25.77") {
    auto report = image("2.25.8", 1);
    report["00080060"] = element("SR");
    report["00080018"] = element(uid);
    report["00080016"] = element("1.2.840.10008.5.1.4.1.1.88.67");
    report["00080023"] = element("20240301");
    report["00080033"] = element("101500");
    report["00080050"] = element("551");
    report["00080070"] = element("Lakeside Devices");
    report["0040A493"] = element("VERIFIED");
    report["0040A043"] = sequence({code("113701", "DCM", "X-Ray Radiation Dose Report")});
    auto total = item("CONTAINER", code("113811", "DCM", "CT Accumulated Dose Data"));
    total["0040A730"] =
        sequence({number_item("113812", 0, "{events}"), number_item("113813", 412.5, "mGy.cm")});
    auto acquisition = item("CONTAINER", code("113819", "DCM", "CT Acquisition"));
    auto region = item("CODE", code("123014", "DCM", "Target Region"));
    region["0040A168"] = sequence({code("T-D3000", "SRT", "Chest")});
    auto phantom = item("CODE", code("113835", "DCM", "CTDIw Phantom Type"));
    phantom["0040A168"] = sequence({code("113691", "DCM", "IEC Body Dosimetry Phantom")});
    auto dose = item("CONTAINER", code("113829", "DCM", "CT Dose"));
    dose["0040A730"] =
        sequence({number_item("113830", 11.25, "mGy"), phantom, number_item("113838", 410, "mGy.cm")});
    acquisition["0040A730"] = sequence({uid_item("113769", event), region, dose});
    report["0040A730"] = sequence({total, acquisition});
    return report;
}

}  // namespace isocenter::fhir::testing
