#include "fhir/plan/merge.h"

#include <algorithm>
#include <array>

namespace isocenter::fhir {

namespace json = boost::json;

namespace {

constexpr std::array<std::string_view, 4> kNameParts{"family", "given", "prefix", "suffix"};
constexpr std::array<std::string_view, 7> kEndpointElements{
    "identifier", "status", "connectionType", "name", "payloadType", "payloadMimeType", "address"};
constexpr std::array<std::string_view, 15> kObservationElements{
    "identifier",        "basedOn",   "partOf",   "status", "category",  "code",      "subject",    "focus",
    "effectiveDateTime", "performer", "bodySite", "device", "hasMember", "component", "valueString"};

bool is_usual(const json::value& name) {
    return name.is_object() && text_member(name.as_object(), "use") == "usual";
}

/// A further writing of the name: what this module adds beside the usual one.
bool is_representation(const json::value& name) {
    if (!name.is_object() || name.as_object().contains("use")) return false;
    const auto& extensions = list_member(name.as_object(), "extension");
    return std::any_of(extensions.begin(), extensions.end(), [](const json::value& extension) {
        return extension.is_object() &&
               text_member(extension.as_object(), "url") ==
                   "http://hl7.org/fhir/StructureDefinition/iso21090-EN-representation";
    });
}

json::array exact_names(const json::array& found, const json::array& wanted) {
    json::array names = wanted;
    for (const auto& name : found) {
        if (!is_usual(name) && !is_representation(name)) names.push_back(name);
    }
    return names;
}

/// Where FHIR's JSON has what belongs to a primitive value (2.6.2 of R4): extensions, an id.
std::string beside(std::string_view element) {
    return "_" + std::string{element};
}

/// Nothing, or a list that only keeps the places of what is said beside it.
bool has_no_value(const json::value* there) {
    if (there == nullptr) return true;
    const auto* list = there->if_array();
    return list != nullptr &&
           std::all_of(list->begin(), list->end(), [](const json::value& each) { return each.is_null(); });
}

/// Whether the owner says why there is no value, that it is masked for example: this is no gap.
bool is_withheld(const json::object& object, std::string_view element) {
    return has_no_value(object.if_contains(element)) && object.contains(beside(element));
}

/// What was said beside the old value would contradict the new one.
void overwrite(json::object& object, std::string_view element, const json::value& value) {
    const auto* there = object.if_contains(element);
    if (there != nullptr && is_equal_content(*there, value)) return;
    object[element] = value;
    object.erase(beside(element));
}

/// `text` is the whole name in the words of its writer: it would contradict a part that is changed.
void set_parts(json::object& name, const json::object& wanted) {
    for (const auto part : kNameParts) {
        const auto* value = wanted.if_contains(part);
        if (value == nullptr || is_withheld(name, part)) continue;
        const auto* there = name.if_contains(part);
        if (there != nullptr && is_equal_content(*there, *value)) continue;
        overwrite(name, part, *value);
        name.erase("text");
    }
}

json::array filled_names(json::array found, const json::array& wanted) {
    for (const auto& name : wanted) {
        const auto usual = is_usual(name) ? std::find_if(found.begin(), found.end(), is_usual) : found.end();
        if (usual == found.end()) {
            gain(found, json::array{name});
            continue;
        }
        set_parts(usual->as_object(), name.as_object());
    }
    return found;
}

void set_or_erase(json::object& object, std::string_view key, json::array list) {
    if (list.empty()) {
        object.erase(key);
    } else {
        object[key] = std::move(list);
    }
}

}  // namespace

void set_exact(json::object& found, const json::object& wanted, std::span<const std::string_view> elements) {
    for (const auto element : elements) {
        if (const auto* value = wanted.if_contains(element)) {
            overwrite(found, element, *value);
        } else if (found.erase(element) > 0) {
            found.erase(beside(element));
        }
    }
}

bool says(const json::value& there, const json::value& item) {
    if (const auto* object = item.if_object()) {
        const auto* whole = there.if_object();
        if (whole == nullptr) return false;
        const bool has_code = object->contains("code");
        return std::all_of(object->begin(), object->end(), [&](const auto& member) {
            if (has_code && member.key() == "display") return true;
            const auto* other = whole->if_contains(member.key());
            return other != nullptr && says(*other, member.value());
        });
    }
    if (const auto* array = item.if_array()) {
        const auto* list = there.if_array();
        return list != nullptr && std::all_of(array->begin(), array->end(), [&](const json::value& each) {
                   return std::any_of(list->begin(), list->end(),
                                      [&](const json::value& other) { return says(other, each); });
               });
    }
    return is_equal_content(there, item);
}

void gain(json::array& found, const json::array& wanted) {
    for (const auto& item : wanted) {
        const bool there = std::any_of(found.begin(), found.end(),
                                       [&](const json::value& other) { return says(other, item); });
        if (!there) found.push_back(item);
    }
}

void fill_gaps(json::object& found, const json::object& wanted, std::span<const std::string_view> elements) {
    for (const auto element : elements) {
        const auto* value = wanted.if_contains(element);
        if (value == nullptr || is_withheld(found, element)) continue;
        auto* there = found.if_contains(element);
        if (there == nullptr) {
            found[element] = *value;
        } else if (there->is_array() && value->is_array()) {
            gain(there->as_array(), value->as_array());
        }
    }
}

json::object merge_patient(const json::object& found, const json::object& wanted,
                           const MergeContext& context) {
    auto merged = found;
    if (!context.own && context.options.foreign_patient == ForeignPatient::keep) return merged;
    constexpr std::array<std::string_view, 1> kIdentifier{"identifier"};
    constexpr std::array<std::string_view, 2> kDemographics{"gender", "birthDate"};
    const auto& names = list_member(wanted, "name");
    if (context.own) {
        fill_gaps(merged, wanted, kIdentifier);
        set_exact(merged, wanted, kDemographics);
        set_or_erase(merged, "name", exact_names(list_member(found, "name"), names));
        return merged;
    }
    set_or_erase(merged, "name", filled_names(list_member(found, "name"), names));
    if (const auto* gender = wanted.if_contains("gender");
        gender != nullptr && !is_withheld(merged, "gender"))
        overwrite(merged, "gender", *gender);
    fill_gaps(merged, wanted, std::span{kDemographics}.subspan(1));
    return merged;
}

json::object merge_endpoint(const json::object& found, const json::object& wanted,
                            const MergeContext& context) {
    auto merged = found;
    if (context.own) {
        set_exact(merged, wanted, kEndpointElements);
        return merged;
    }
    // An adopted Endpoint gets our identifier and nothing else: what it lacks, its owner left out.
    fill_gaps(merged, wanted, std::span{kEndpointElements}.first(1));
    return merged;
}

json::object merge_observation(const json::object& found, const json::object& wanted) {
    auto merged = found;
    set_exact(merged, wanted, kObservationElements);
    return merged;
}

json::object entered_in_error(const json::object& found) {
    auto retired = found;
    retired["status"] = "entered-in-error";
    if (text_member(found, "resourceType") != "ImagingStudy") return retired;
    retired.erase("series");
    retired["numberOfSeries"] = 0;
    retired["numberOfInstances"] = 0;
    return retired;
}

}  // namespace isocenter::fhir
