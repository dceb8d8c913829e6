#include "fhir/plan/found.h"

#include <algorithm>

#include "fhir/json_members.h"
#include "fhir/mapping/codings.h"
#include "fhir/plan/lookups.h"

namespace isocenter::fhir {

namespace json = boost::json;

namespace {

bool has_coding(const json::object& element, std::string_view system, std::string_view code) {
    const auto& codings = list_member(element, "coding");
    return std::any_of(codings.begin(), codings.end(), [&](const json::value& coding) {
        return coding.is_object() && text_member(coding.as_object(), "system") == system &&
               text_member(coding.as_object(), "code") == code;
    });
}

bool is_accession(const json::object& identifier) {
    const auto* type = identifier.if_contains("type");
    return type != nullptr && type->is_object() &&
           has_coding(type->as_object(), "http://terminology.hl7.org/CodeSystem/v2-0203", "ACSN");
}

/// A server may put its own `#...` where the writer named no source: that is nobody's endpoint.
bool names_a_source(const json::object& resource) {
    const auto* meta = resource.if_contains("meta");
    if (meta == nullptr || !meta->is_object()) return false;
    const auto source = text_member(meta->as_object(), "source");
    return !source.empty() && source.front() != '#';
}

}  // namespace

std::string reference_of(const json::object& resource) {
    return text_member(resource, "resourceType") + "/" + text_member(resource, "id");
}

Identifier first_identifier(const json::object& resource) {
    const auto& identifiers = list_member(resource, "identifier");
    if (identifiers.empty() || !identifiers.front().is_object()) return {};
    const auto& first = identifiers.front().get_object();
    return {text_member(first, "system"), text_member(first, "value")};
}

bool is_withdrawn(const json::object& resource) {
    return text_member(resource, "status") == "entered-in-error" && list_member(resource, "series").empty();
}

bool is_of_marked_partition(const json::object& resource) {
    for (const auto& identifier : list_member(resource, "identifier")) {
        if (identifier.is_object() &&
            text_member(identifier.as_object(), "system").starts_with("urn:isocenter:partition:"))
            return true;
    }
    return false;
}

bool stands_for(const json::object& resource, const Identifier& identity, const json::object& wanted) {
    const auto* code = resource.if_contains("code");
    if (is_withdrawn(resource) || code == nullptr || !code->is_object()) return false;
    if (!has_identifier(resource, identity)) return false;
    const auto& codings = list_member(wanted.at("code").as_object(), "coding");
    return std::any_of(codings.begin(), codings.end(), [&](const json::value& coding) {
        return has_coding(code->as_object(), text_member(coding.as_object(), "system"),
                          text_member(coding.as_object(), "code"));
    });
}

bool is_of_reference(const json::object& resource, const Identifier& study) {
    const auto* code = resource.if_contains("code");
    if (names_a_source(resource) || code == nullptr || !code->is_object()) return false;
    const bool dose = has_coding(code->as_object(), "http://loinc.org", "73569-6") ||
                      has_coding(code->as_object(), kDcm, "113852");
    if (!dose) return false;
    const auto& identifiers = list_member(resource, "identifier");
    return std::all_of(identifiers.begin(), identifiers.end(), [&](const json::value& identifier) {
        return identifier.is_object() && (text_member(identifier.as_object(), "value") == study.value ||
                                          is_accession(identifier.as_object()));
    });
}

}  // namespace isocenter::fhir
