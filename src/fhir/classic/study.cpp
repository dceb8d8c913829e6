#include "fhir/classic/study.h"

#include <algorithm>

#include "fhir/mapping/codings.h"
#include "fhir/plan/lookups.h"
#include "fhir/plan/merge.h"

namespace isocenter::fhir::classic {
namespace {

namespace json = boost::json;

/// What the reference gives as the system of modalities.
constexpr std::string_view kModalities = "DCM";

json::array& list_of(json::object& parent, std::string_view name) {
    auto& list = parent[name];
    if (!list.is_array()) list = json::array();
    return list.get_array();
}

/// Appends what no equal member is there for.
void add_once(json::object& parent, std::string_view name, json::object member) {
    gain(list_of(parent, name), json::array{std::move(member)});
}

std::string to_lower(std::string_view text) {
    std::string lower(text);
    std::transform(lower.begin(), lower.end(), lower.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    return lower;
}

void add_modality(json::object& study, const DataSet& metadata) {
    // The reference looks whether ModalitiesInStudy is there, and takes Modality.
    if (!has_value(metadata, "00080061")) return;
    const auto modality = single_text(metadata, "00080060");
    if (!modality) return;
    const auto& known = list_member(study, "modality");
    const bool there = std::any_of(known.begin(), known.end(), [&](const json::value& coding) {
        return coding.is_object() &&
               to_lower(text_member(coding.get_object(), "code")) == to_lower(*modality);
    });
    if (!there) list_of(study, "modality").push_back(make_coding(kModalities, *modality));
}

void set_or_erase(json::object& object, std::string_view name, const std::optional<std::string>& value) {
    if (value) {
        object[name] = *value;
    } else {
        object.erase(name);
    }
}

/// A coding is replaced when its code differs, so that what others added to it stays.
void set_code(json::object& object, std::string_view name, json::object coding) {
    const auto* there = object.if_contains(name);
    const bool same = there != nullptr && there->is_object() &&
                      text_member(there->get_object(), "code") == text_member(coding, "code");
    if (!same) object[name] = std::move(coding);
}

json::object& member_by_uid(json::object& parent, std::string_view list, const std::string& uid) {
    if (auto* found = find_by_uid(parent, list, uid)) return *found;
    auto& members = list_of(parent, list);
    members.push_back(json::object{{"uid", uid}});
    return members.back().get_object();
}

}  // namespace

Identifier study_identity(std::string_view study_uid) {
    return {std::string(kStudySystem), "urn:oid:" + std::string(study_uid)};
}

json::object* find_by_uid(json::object& parent, std::string_view list, std::string_view uid) {
    auto* members = parent.if_contains(list);
    if (members == nullptr || !members->is_array()) return nullptr;
    for (auto& member : members->get_array()) {
        if (member.is_object() && text_member(member.get_object(), "uid") == uid) return &member.get_object();
    }
    return nullptr;
}

Offset synchronise_study(json::object& study, const DataSet& metadata, const ResourceId& endpoint,
                         const Context& context) {
    Offset offset = read_offset(metadata, context);
    if (offset.valid) set_or_erase(study, "started", started_at(metadata, "00080020", "00080030", offset));
    add_once(study, "endpoint", {{"reference", to_reference(endpoint)}});
    add_modality(study, metadata);
    if (const auto description = single_text(metadata, "00081030"))
        add_once(study, "note", {{"text", *description}});
    if (const auto accession = single_text(metadata, "00080050"))
        add_once(study, "identifier", accession_identifier(*accession, {}, context));
    return offset;
}

void synchronise_series(json::object& series, const DataSet& metadata, const Offset& offset) {
    if (const auto number = single_integer(metadata, "00200011")) series["number"] = *number;
    if (const auto description = single_text(metadata, "0008103E")) series["description"] = *description;
    if (const auto modality = single_text(metadata, "00080060"))
        set_code(series, "modality", make_coding(kModalities, *modality));
    set_or_erase(series, "started", started_at(metadata, "00080021", "00080031", offset));
}

void synchronise_instance(json::object& instance, const DataSet& metadata) {
    if (const auto sop_class = single_text(metadata, "00080016"))
        set_code(instance, "sopClass", make_coding({}, *sop_class));
    if (const auto number = single_integer(metadata, "00200013")) instance["number"] = *number;
}

void upsert_instance(json::object& study, const Entry& entry, const ResourceId& endpoint,
                     const Context& context) {
    const DataSet& metadata = *entry.metadata;
    const Offset offset = synchronise_study(study, metadata, endpoint, context);
    auto& series = member_by_uid(study, "series", entry.series_uid);
    synchronise_series(series, metadata, offset);
    synchronise_instance(member_by_uid(series, "instance", entry.sop_uid), metadata);
}

Request study_request(const std::vector<json::object>& found, const Entry& entry, const ResourceId& patient,
                      const ResourceId& endpoint, const UuidSource& new_uuid, const Context& context) {
    if (!found.empty()) {
        auto altered = found.front();
        upsert_instance(altered, entry, endpoint, context);
        return update_to(found.front(), std::move(altered));
    }
    const auto identity = study_identity(entry.study_uid);
    json::object study{{"resourceType", "ImagingStudy"},
                       {"meta", {{"source", context.options.own_endpoint}}},
                       {"identifier", json::array{to_json(identity)}},
                       {"status", "available"},
                       {"subject", {{"reference", to_reference(patient)}}}};
    upsert_instance(study, entry, endpoint, context);
    return {Mode::create, ClientId{new_uuid()}, std::move(study), identifier_query(identity)};
}

}  // namespace isocenter::fhir::classic
