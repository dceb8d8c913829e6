#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "fhir/mapping/attributes.h"
#include "fhir/mapping/dose_table.h"

/// Content items of dose reports (PS3.3 C.17.3), compared by value and scheme of their concept.
namespace isocenter::fhir {

inline constexpr std::string_view kContentSequence = "0040A730";
/// A report is nested a handful of levels deep; a hostile one is not followed further.
inline constexpr int kDeepestContent = 32;

/// Whether a report, an event, or neither.
DoseNode node_of(const DataSet& item);
/// The first direct child of the concept; null when there is none.
const DataSet* child(const DataSet& node, std::string_view code, std::string_view designator = "DCM");
/// The UID of an event; empty when it names none, and then it is no event of ours.
std::string event_uid(const DataSet& event);
/// The number of a NUM item's measured value; nothing for another item, or one without a number.
std::optional<double> measured_number(const DataSet& item);
/// Whole numbers without a decimal point.
boost::json::value to_json_number(double number);
/// The item of MeasuredValueSequence; an empty data set when there is none.
const DataSet& measured_value(const DataSet& item);

}  // namespace isocenter::fhir
