#include "fhir/classic/observations.h"

#include <cmath>

#include "fhir/classic/study.h"
#include "fhir/mapping/codings.h"
#include "fhir/mapping/dose_items.h"

namespace isocenter::fhir::classic {
namespace {

namespace json = boost::json;

constexpr std::string_view kUnits = "http://unitsofmeasure.org";
constexpr double kGreatestInteger = 2'147'483'647.0;

json::object quantity_of(double number, const DataSet& item) {
    json::object quantity{{"value", to_json_number(number)}};
    if (const auto unit = read_code(measured_value(item), "004008EA")) {
        quantity["unit"] = unit->value;
        quantity["system"] = kUnits;
        quantity["code"] = unit->value;
    }
    return quantity;
}

std::string text_value(const DataSet& item) {
    const auto type = first_text(item, "0040A040");
    if (type == "TEXT") return first_text(item, "0040A160");
    const auto code = type == "CODE" ? read_code(item, "0040A168") : std::nullopt;
    return code ? code->meaning : std::string();
}

/// `value[x]` of a component; nothing for an item of another type, without value, and for a count of 0.
std::optional<std::pair<std::string_view, json::value>> value_of(const DataSet& item,
                                                                 const DoseConcept& row) {
    using Kind = DoseConcept::Kind;
    if (row.kind == Kind::quantity) {
        const auto number = measured_number(item);
        if (!number) return std::nullopt;
        return std::pair{"valueQuantity", json::value(quantity_of(*number, item))};
    }
    if (row.kind == Kind::integer) {
        const auto number = measured_number(item);
        if (!number || *number == 0 || std::fabs(*number) > kGreatestInteger) return std::nullopt;
        return std::pair{"valueInteger", json::value(static_cast<std::int64_t>(*number))};
    }
    if (row.kind == Kind::text) {
        const auto text = text_value(item);
        if (text.empty()) return std::nullopt;
        return std::pair{"valueString", json::value(text)};
    }
    const bool coded = first_text(item, "0040A040") == "CODE";
    const auto code = coded ? read_code(item, "0040A168") : std::nullopt;
    if (!code) return std::nullopt;
    // The system is that of the concept: so the reference wrote it.
    json::object concept_of_value{
        {"coding", json::array{make_coding(system_of(row.designator), code->value)}}};
    if (!code->meaning.empty()) concept_of_value["text"] = code->meaning;
    return std::pair{"valueCodeableConcept", json::value(std::move(concept_of_value))};
}

/// The first child of each concept, then the same of every descendant: values of events come again in the
/// summary.
void add_components(json::array& components, const DataSet& node, DoseNode kind, int depth = 0) {
    for (const auto& row : kDoseConcepts) {
        if (kind == DoseNode::summary ? !row.in_summary : !row.in_event) continue;
        const auto* item = child(node, row.code, row.designator);
        if (item == nullptr) continue;
        auto value = value_of(*item, row);
        if (!value) continue;
        components.push_back(
            json::object{{"code",
                          {{"coding", json::array{make_coding(system_of(row.designator), row.code)}},
                           {"text", row.meaning}}},
                         {value->first, std::move(value->second)}});
    }
    if (depth == kDeepestContent) return;
    for (const auto* item : items_of(node, kContentSequence))
        add_components(components, *item, kind, depth + 1);
}

json::object make_common(const DataSet& node, DoseNode kind, const Entry& entry, const std::string& patient) {
    json::object result{{"resourceType", "Observation"},
                        {"identifier", json::array{to_json(study_identity(entry.study_uid))}},
                        {"status", "preliminary"},
                        {"subject", {{"reference", patient}}}};
    json::array components;
    add_components(components, node, kind);
    if (!components.empty()) result["component"] = std::move(components);
    return result;
}

json::object make_summary(const DataSet& node, const Entry& entry, const std::string& patient,
                          const std::string& study, const Context& context) {
    auto result = make_common(node, DoseNode::summary, entry, patient);
    result["code"] = {{"coding", json::array{make_coding("http://loinc.org", "73569-6")}},
                      {"text", "Radiation exposure and protection information"}};
    result["partOf"] = json::array{{{"reference", study}}};
    const auto* item = child(node, "121022");
    auto accession = item != nullptr ? first_text(*item, "0040A160") : std::string();
    if (accession.empty()) accession = first_text(*entry.metadata, "00080050");
    if (!accession.empty())
        result["identifier"].get_array().push_back(accession_identifier(accession, {}, context));
    return result;
}

json::object make_event(const DataSet& node, const Entry& entry, const std::string& patient) {
    auto result = make_common(node, DoseNode::event, entry, patient);
    result["code"] = {{"coding", json::array{make_coding(kDcm, "113852")}}, {"text", "Irradiation Event"}};
    const auto* region = child(node, "123014");
    const auto code = region != nullptr ? read_code(*region, "0040A168") : std::nullopt;
    if (code) result["bodySite"] = {{"coding", json::array{make_coding(code->system, code->value)}}};
    return result;
}

}  // namespace

std::vector<json::object> dose_observations(const Entry& entry, const std::string& patient,
                                            const std::string& study, const Context& context) {
    std::vector<json::object> observations;
    const auto visit = [&](const auto& self, const DataSet& node, int depth) -> void {
        const DoseNode kind = node_of(node);
        if (kind == DoseNode::summary)
            observations.push_back(make_summary(node, entry, patient, study, context));
        if (kind == DoseNode::event && !event_uid(node).empty())
            observations.push_back(make_event(node, entry, patient));
        if (depth == kDeepestContent) return;
        for (const auto* item : items_of(node, kContentSequence))
            self(self, *item, depth + 1);
    };
    visit(visit, *entry.metadata, 0);
    return observations;
}

std::vector<Request> observation_requests(const Entry& entry, const ResourceId& patient,
                                          const ResourceId& study, const UuidSource& new_uuid,
                                          const Context& context) {
    std::vector<Request> requests;
    for (auto& observation : dose_observations(entry, to_reference(patient), to_reference(study), context))
        requests.push_back({Mode::create, ClientId{new_uuid()}, std::move(observation), {}});
    return requests;
}

std::vector<Request> observation_removals(const std::vector<json::object>& found) {
    std::vector<Request> requests;
    requests.reserve(found.size());
    for (const auto& observation : found)
        requests.push_back({Mode::remove, id_of(observation), observation, {}});
    return requests;
}

}  // namespace isocenter::fhir::classic
