#include "fhir/plan/lookups.h"

#include <algorithm>
#include <iterator>

#include "base/percent.h"
#include "fhir/json_members.h"
#include "fhir/plan/found.h"
#include "fhir/plan/orders.h"

namespace isocenter::fhir {

namespace json = boost::json;

namespace {

constexpr std::string_view kEndpointName = "DICOM WADO-RS endpoint ";
constexpr std::string_view kUris = "urn:ietf:rfc:3986";
constexpr std::string_view kWadoRs =
    "http://terminology.hl7.org/CodeSystem/endpoint-connection-type|dicom-wado-rs";

/// Partitions that share a target find their own by the second identifier.
Identifier study_identity(const Wanted& wanted) {
    if (wanted.partition.empty()) return wanted.study_identity;
    return {"urn:isocenter:partition:" + wanted.partition, wanted.study_instance_uid};
}

std::string endpoint_name(const Options& options) {
    return std::string{kEndpointName} + options.own_endpoint;
}

}  // namespace

std::string escape_search_value(std::string_view text) {
    std::string result;
    for (const char c : text) {
        if (c == '\\' || c == ',' || c == '|' || c == '$') result += '\\';
        result += c;
    }
    return result;
}

std::string to_token(const Identifier& identifier) {
    return percent_encode(escape_search_value(identifier.system) + "|" +
                          escape_search_value(identifier.value));
}

std::string identifier_query(const Identifier& identifier) {
    return "identifier=" + to_token(identifier);
}

Lookup endpoint_by_name(const Options& options) {
    // The modifier stands last: HAPI refuses an ifNoneExist whose first parameter has one.
    return {"Endpoint", "connection-type=" + percent_encode(kWadoRs) +
                            "&name:exact=" + percent_encode(escape_search_value(endpoint_name(options)))};
}

Lookups make_lookups(const Wanted& wanted, const Options& options) {
    Lookups lookups;
    if (wanted.patient) lookups.patient = Lookup{"Patient", identifier_query(wanted.patient->identity)};
    for (const auto& former : wanted.former_patients)
        lookups.former_patients.push_back({"Patient", identifier_query(former.identity)});
    lookups.endpoint = {"Endpoint", identifier_query(wanted.endpoint.identity)};
    lookups.endpoint_by_name = fhir::endpoint_by_name(options);
    const auto identity = study_identity(wanted);
    lookups.study = {"ImagingStudy", identifier_query(identity)};
    // Other writers give the study's UID the system of URIs; a comma between tokens means "or".
    if (wanted.partition.empty())
        lookups.study.query += "," + to_token({std::string{kUris}, wanted.study_identity.value});
    if (options.generate_observations)
        lookups.observations = Lookup{"Observation", identifier_query(identity)};
    if (const auto orders = order_identifiers(wanted); !orders.empty())
        lookups.orders = Lookup{"ServiceRequest", "identifier=" + order_tokens(orders)};
    return lookups;
}

std::vector<Lookup> report_lookups(const Wanted& wanted, const std::vector<json::object>& found) {
    constexpr std::size_t kAtOnce = 40;
    std::vector<Lookup> lookups;
    std::size_t asked = 0;
    for (const auto& each : wanted.observations) {
        const bool is_there = std::any_of(found.begin(), found.end(), [&](const json::object& hit) {
            return stands_for(hit, each.identity, each.resource);
        });
        if (is_there) continue;
        if (asked++ % kAtOnce == 0) {
            lookups.push_back({"Observation", identifier_query(each.identity)});
        } else {
            lookups.back().query += "," + to_token(each.identity);
        }
    }
    return lookups;
}

bool is_own(const json::object& resource, const Options& options) {
    const auto* meta = resource.if_contains("meta");
    if (meta == nullptr || !meta->is_object()) return false;
    const auto source = text_member(meta->as_object(), "source");
    return source.substr(0, source.find('#')) == options.own_endpoint;
}

bool has_identifier(const json::object& resource, const Identifier& identifier) {
    const auto* list = resource.if_contains("identifier");
    if (list == nullptr || !list->is_array()) return false;
    const auto& identifiers = list->as_array();
    return std::any_of(identifiers.begin(), identifiers.end(), [&](const json::value& one) {
        return one.is_object() && text_member(one.as_object(), "system") == identifier.system &&
               text_member(one.as_object(), "value") == identifier.value;
    });
}

bool is_of_study(const json::object& hit, const Wanted& wanted) {
    if (has_identifier(hit, study_identity(wanted))) return true;
    return wanted.partition.empty() && has_identifier(hit, {std::string{kUris}, wanted.study_identity.value});
}

bool is_our_endpoint(const json::object& hit, const Options& options) {
    return has_identifier(hit, {std::string{kUris}, options.own_endpoint}) ||
           text_member(hit, "name") == endpoint_name(options);
}

std::vector<json::object> with_identifier(const std::vector<json::object>& hits,
                                          const Identifier& identifier) {
    std::vector<json::object> kept;
    std::copy_if(hits.begin(), hits.end(), std::back_inserter(kept),
                 [&](const json::object& hit) { return has_identifier(hit, identifier); });
    return kept;
}

Result<Choice> choose(const std::vector<json::object>& hits, const Options& options) {
    Choice choice;
    std::vector<const json::object*> own;
    for (const auto& hit : hits) {
        if (is_own(hit, options)) {
            own.push_back(&hit);
        } else if (choice.used != nullptr) {
            return fail(ErrorCode::conflict, "several resources of others have the identifier of a " +
                                                 text_member(hit, "resourceType"));
        } else {
            choice.used = &hit;
        }
    }
    std::sort(own.begin(), own.end(), [](const auto* left, const auto* right) {
        return text_member(*left, "id") < text_member(*right, "id");
    });
    auto spare = own.begin();
    if (choice.used == nullptr && spare != own.end()) choice.used = *spare++;
    choice.duplicates.assign(spare, own.end());
    return choice;
}

}  // namespace isocenter::fhir
