#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <tuple>

#include "fhir/mapping/codings.h"
#include "fhir/mapping/date_time.h"
#include "fhir/mapping/dose_items.h"
#include "fhir/mapping/parts.h"

namespace isocenter::fhir {

namespace json = boost::json;

namespace {

/// Depth first, parents before children; what belongs to an event is not looked into.
const DataSet* descendant(const DataSet& node, std::string_view code, std::string_view designator,
                          int depth = 0) {
    if (const auto* found = child(node, code, designator)) return found;
    if (depth == kDeepestContent) return nullptr;
    for (const auto* item : items_of(node, kContentSequence)) {
        if (node_of(*item) == DoseNode::event && !event_uid(*item).empty()) continue;
        if (const auto* found = descendant(*item, code, designator, depth + 1)) return found;
    }
    return nullptr;
}

/// A value of a concept, and the plane that it was measured in.
struct PlaneValue {
    const DataSet* item;
    std::string plane;  ///< empty where none is named
};

/// The first child of the concept in each node (fhir-sync.md 11.5); what belongs to an event is not looked
/// into.
void find_values(const DataSet& node, const DoseConcept& row, std::string plane,
                 std::vector<PlaneValue>& found, int depth = 0) {
    if (const auto* own = child(node, "113764")) {
        if (const auto code = read_code(*own, "0040A168")) plane = code->meaning;
    }
    if (const auto* item = child(node, row.code, row.designator)) found.push_back({item, plane});
    if (depth == kDeepestContent) return;
    for (const auto* item : items_of(node, kContentSequence)) {
        if (node_of(*item) == DoseNode::event && !event_uid(*item).empty()) continue;
        find_values(*item, row, plane, found, depth + 1);
    }
}

void find_events(const DataSet& node, std::vector<const DataSet*>& events, int depth = 0) {
    if (node_of(node) == DoseNode::event && !event_uid(node).empty()) events.push_back(&node);
    if (depth == kDeepestContent) return;
    for (const auto* item : items_of(node, kContentSequence))
        find_events(*item, events, depth + 1);
}

json::object quantity_of(double number, const DataSet& measured) {
    json::object quantity{{"value", to_json_number(number)}};
    const auto unit = read_code(measured, "004008EA");
    if (!unit) return quantity;
    quantity["unit"] = unit->meaning.empty() ? unit->value : unit->meaning;
    if (unit->designator == "UCUM") {
        quantity["system"] = unit->system;
        quantity["code"] = unit->value;
    }
    return quantity;
}

bool set_number(json::object& component, const DataSet& item, bool is_count) {
    const auto number = measured_number(item);
    if (!number) return false;
    if (is_count && *number == std::floor(*number) && std::fabs(*number) <= 2'147'483'647.0) {
        component["valueInteger"] = static_cast<std::int64_t>(*number);
    } else {
        component["valueQuantity"] = quantity_of(*number, measured_value(item));
    }
    return true;
}

bool set_value(json::object& component, const DataSet& item, DoseConcept::Kind kind) {
    using Kind = DoseConcept::Kind;
    if (kind == Kind::quantity || kind == Kind::integer)
        return set_number(component, item, kind == Kind::integer);
    const auto type = first_text(item, "0040A040");
    const auto code = type == "CODE" ? read_code(item, "0040A168") : std::nullopt;
    if (kind == Kind::coded) {
        if (!code) return false;
        component["valueCodeableConcept"] = make_concept(*code);
        return true;
    }
    const auto text = code ? code->meaning : type == "TEXT" ? first_text(item, "0040A160") : std::string{};
    if (text.empty()) return false;
    component["valueString"] = text;
    return true;
}

/// A biplane system accumulates each plane in a container of its own (TID 10001): both are told, one
/// component each. Their sum is nothing that the report says. R4 has no place for the plane in a component
/// but the text of its code: codings beside the concept's would have to mean the same as it.
json::array components_of(const DataSet& node, DoseNode kind, const Context& context) {
    json::array components;
    for (const auto& row : kDoseConcepts) {
        if (kind == DoseNode::summary ? !row.in_summary : !row.in_event) continue;
        // TID 10013 keeps the values of an event in a container of their own (113829).
        std::vector<PlaneValue> values;
        find_values(node, row, {}, values);
        for (const auto& [item, plane] : values) {
            auto text = std::string{row.meaning};
            if (values.size() > 1 && !plane.empty()) text += ", " + plane;
            json::object component{
                {"code",
                 {{"coding", json::array{make_coding(system_of(row.designator), row.code)}},
                  {"text", text}}}};
            if (set_value(component, *item, row.kind)) {
                components.push_back(std::move(component));
            } else {
                context.invalid(row.code, first_text(*item, "0040A040"),
                                "content item without a usable value");
            }
        }
    }
    return components;
}

std::string date_time_item(const DataSet& node, std::string_view code, const DataSet& report,
                           const Context& context) {
    const auto* item = descendant(node, code, "DCM");
    if (item == nullptr) return {};
    const auto stored = first_text(*item, "0040A120");
    if (stored.empty()) return {};
    const auto moment =
        to_fhir_date_time(stored, offset_of(report, context), context.options.default_time_zone);
    if (!is_date_time(stored))
        context.invalid(code, stored, "is no date and time, or has parts that are none");
    return moment.value_or("");
}

std::string summary_time(const DataSet& report, const Context& context) {
    auto time = date_time_item(report, "113809", report, context);
    if (time.empty()) time = started(report, "00080023", "00080033", context);
    return time.empty() ? started(report, "00080020", "00080030", context) : time;
}

std::string device_of(const DataSet& report) {
    std::string device;
    for (const auto* tag : {"00080070", "00081090", "00081010"}) {
        const auto part = first_text(report, tag);
        if (!part.empty()) device += (device.empty() ? "" : " ") + part;
    }
    return device;
}

/// What summary and events have in common.
json::object make_common(const std::string& uid, const DataSet& report, const StudySnapshot& study,
                         const Context& context) {
    json::object result{{"resourceType", "Observation"},
                        {"meta", {{"source", context.options.own_endpoint}}}};
    json::array identifiers{to_json({std::string{kStudySystem}, "urn:oid:" + uid}),
                            to_json({std::string{kStudySystem}, "urn:oid:" + study.study_instance_uid})};
    if (is_marked_partition(study.partition, context.options))
        identifiers.push_back(
            to_json({"urn:isocenter:partition:" + study.partition, study.study_instance_uid}));
    result["identifier"] = std::move(identifiers);
    result["status"] = first_text(report, "0040A493") == "VERIFIED" ? "final" : "preliminary";
    result["category"] = json::array{
        {{"coding", json::array{make_coding("http://terminology.hl7.org/CodeSystem/observation-category",
                                            "imaging")}}}};
    result["subject"] = {{"reference", "@patient"}};
    result["partOf"] = json::array{{{"reference", "@study"}}};
    result["focus"] = json::array{{{"reference", "@study"}}};
    if (const auto device = device_of(report); !device.empty()) result["device"] = {{"display", device}};
    return result;
}

void add_target_region(json::object& result, const DataSet& node) {
    const auto* item = child(node, "123014");
    const auto code = item != nullptr ? read_code(*item, "0040A168") : std::nullopt;
    if (code) result["bodySite"] = make_concept(*code);
}

json::object make_event(const DataSet& event, const DataSet& report, const StudySnapshot& study,
                        const Context& context) {
    auto result = make_common(event_uid(event), report, study, context);
    result["code"] = {{"coding", json::array{make_coding(kDcm, "113852")}}, {"text", "Irradiation Event"}};
    if (const auto time = date_time_item(event, "111526", report, context); !time.empty())
        result["effectiveDateTime"] = time;
    add_target_region(result, event);
    if (auto components = components_of(event, DoseNode::event, context); !components.empty())
        result["component"] = std::move(components);
    return result;
}

void add_accession(json::object& result, const DataSet& report, const Context& context) {
    const auto* item = descendant(report, "121022", "DCM");
    auto number = item != nullptr ? exact_text(*item, "0040A160") : std::string{};
    if (number.empty()) number = exact_text(report, "00080050");
    if (number.empty()) return;
    const auto identifier = accession_identifier(number, report, context);
    result["identifier"].as_array().push_back(identifier);
    result["basedOn"] = json::array{{{"type", "ServiceRequest"}, {"identifier", identifier}}};
}

json::object make_summary(const DataSet& report, const std::vector<const DataSet*>& events,
                          const StudySnapshot& study, const Context& context) {
    auto result = make_common(first_text(report, "00080018"), report, study, context);
    add_accession(result, report, context);
    result["code"] = {{"coding", json::array{make_coding("http://loinc.org", "73569-6")}},
                      {"text", "Radiation exposure and protection information"}};
    if (const auto time = summary_time(report, context); !time.empty()) result["effectiveDateTime"] = time;
    if (const auto* person = descendant(report, "113850", "DCM")) {
        const auto people = displays_of(*person, "0040A123");
        if (!people.empty() && !people.front().empty())
            result["performer"] = json::array{{{"display", people.front()}}};
    }
    add_target_region(result, report);
    std::set<std::string> members;
    for (const auto* event : events)
        members.insert(event_uid(*event));
    json::array references;
    for (const auto& uid : members)
        references.push_back(json::object{{"reference", "@event/urn:oid:" + uid}});
    if (!references.empty()) result["hasMember"] = std::move(references);
    if (auto components = components_of(report, DoseNode::summary, context); !components.empty())
        result["component"] = std::move(components);
    return result;
}

auto content_rank(const DataSet* report) {
    return std::tuple{first_text(*report, "00080023"), first_text(*report, "00080033"),
                      first_text(*report, "00080018")};
}

}  // namespace

std::vector<WantedResource> make_observations(const StudySnapshot& study, const Agreement& instances,
                                              const Context& context) {
    auto reports = instances.instances();
    std::erase_if(reports, [](const DataSet* instance) { return node_of(*instance) != DoseNode::summary; });
    std::sort(reports.begin(), reports.end(),
              [](const auto* left, const auto* right) { return content_rank(left) > content_rank(right); });
    const auto partition =
        is_marked_partition(study.partition, context.options) ? study.partition : std::string{};
    std::vector<WantedResource> observations;
    std::map<std::string, json::object> by_event;
    const auto add = [&](const std::string& uid, json::object resource) {
        observations.push_back(
            {{std::string{kStudySystem}, "urn:oid:" + uid}, partition, std::move(resource)});
    };
    for (const auto* report : reports) {
        std::vector<const DataSet*> events;
        find_events(*report, events);
        for (const auto* event : events) {
            const auto uid = event_uid(*event);
            // The newest report comes first and wins.
            if (!by_event.contains(uid)) by_event[uid] = make_event(*event, *report, study, context);
        }
        add(first_text(*report, "00080018"), make_summary(*report, events, study, context));
    }
    for (auto& [uid, event] : by_event)
        add(uid, std::move(event));
    return observations;
}

}  // namespace isocenter::fhir
