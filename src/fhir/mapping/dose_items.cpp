#include "fhir/mapping/dose_items.h"

#include <charconv>
#include <cmath>

#include "fhir/mapping/codings.h"
#include "fhir/mapping/parts.h"

namespace isocenter::fhir {
namespace {

constexpr std::string_view kConceptName = "0040A043";

bool names(const DataSet& item, std::string_view code, std::string_view designator) {
    const auto name = read_code(item, kConceptName);
    return name && name->value == code && name->designator == designator;
}

std::optional<double> parse_number(const std::string& text) {
    const char* begin = text.data() + (text.starts_with('+') ? 1 : 0);
    const char* end = text.data() + text.size();
    double number = 0;
    const auto [at, error] = std::from_chars(begin, end, number);
    if (error != std::errc{} || at != end || begin == end || !std::isfinite(number)) return std::nullopt;
    return number;
}

}  // namespace

DoseNode node_of(const DataSet& item) {
    for (const auto& row : kDoseNodes) {
        if (names(item, row.code, "DCM")) return row.node;
    }
    return DoseNode::none;
}

const DataSet* child(const DataSet& node, std::string_view code, std::string_view designator) {
    for (const auto* item : items_of(node, kContentSequence)) {
        if (names(*item, code, designator)) return item;
    }
    return nullptr;
}

std::string event_uid(const DataSet& event) {
    const auto* item = child(event, "113769");
    if (item == nullptr || first_text(*item, "0040A040") != "UIDREF") return {};
    const auto uid = first_text(*item, "0040A124");
    return is_fhir_id(uid) ? uid : std::string{};
}

boost::json::value to_json_number(double number) {
    const bool whole = number == std::floor(number) && std::fabs(number) < 1e15;
    return whole ? boost::json::value(static_cast<std::int64_t>(number)) : boost::json::value(number);
}

const DataSet& measured_value(const DataSet& item) {
    static const DataSet kNone;
    const auto measured = items_of(item, "0040A300");
    return measured.empty() ? kNone : *measured.front();
}

std::optional<double> measured_number(const DataSet& item) {
    if (first_text(item, "0040A040") != "NUM") return std::nullopt;
    return parse_number(first_text(measured_value(item), "0040A30A"));
}

}  // namespace isocenter::fhir
