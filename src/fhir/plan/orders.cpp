#include "fhir/plan/orders.h"

#include <algorithm>

#include "base/percent.h"
#include "fhir/client/reference.h"
#include "fhir/plan/lookups.h"
#include "fhir/plan/merge.h"

namespace isocenter::fhir {

namespace json = boost::json;

namespace {

/// No study has that many orders; a search must stay of a length that servers take.
constexpr std::size_t kMostOrders = 20;

const json::object* object_at(const json::value& value, std::string_view name) {
    if (!value.is_object()) return nullptr;
    const auto* member = value.get_object().if_contains(name);
    return member != nullptr && member->is_object() ? &member->get_object() : nullptr;
}

bool may_be_accession_number(const json::object& identifier) {
    const auto* type = identifier.if_contains("type");
    if (type == nullptr || !type->is_object()) return true;
    const auto& codings = list_member(type->get_object(), "coding");
    return std::any_of(codings.begin(), codings.end(), [](const json::value& coding) {
        return coding.is_object() && text_member(coding.get_object(), "code") == "ACSN";
    });
}

bool has_accession_number(const json::object& order, const Identifier& wanted) {
    const auto& identifiers = list_member(order, "identifier");
    return std::any_of(identifiers.begin(), identifiers.end(), [&](const json::value& each) {
        if (!each.is_object() || !may_be_accession_number(each.get_object())) return false;
        const bool same_system =
            wanted.system.empty() || text_member(each.get_object(), "system") == wanted.system;
        return same_system && text_member(each.get_object(), "value") == wanted.value;
    });
}

void collect(const json::object& resource, std::vector<Identifier>& into) {
    for (const auto& based_on : list_member(resource, "basedOn")) {
        const auto* identifier = object_at(based_on, "identifier");
        if (identifier == nullptr) continue;
        const Identifier each{text_member(*identifier, "system"), text_member(*identifier, "value")};
        if (std::find(into.begin(), into.end(), each) == into.end()) into.push_back(each);
    }
}

}  // namespace

std::vector<Identifier> order_identifiers(const Wanted& wanted) {
    std::vector<Identifier> found;
    if (wanted.study) collect(wanted.study->resource, found);
    for (const auto& observation : wanted.observations)
        collect(observation.resource, found);
    if (found.size() > kMostOrders) found.resize(kMostOrders);
    return found;
}

std::string order_tokens(const std::vector<Identifier>& identifiers) {
    std::string tokens;
    for (const auto& each : identifiers) {
        if (!tokens.empty()) tokens += ',';
        tokens += each.system.empty() ? percent_encode(escape_search_value(each.value)) : to_token(each);
    }
    return tokens;
}

bool is_order_of(const json::object& order, const OrderedFor& patient) {
    const auto* subject = order.if_contains("subject");
    if (subject == nullptr) return true;
    if (!subject->is_object()) return false;
    const auto is_any = [&](const auto& fits) {
        return std::any_of(patient.patients.begin(), patient.patients.end(), fits);
    };
    const auto reference = text_member(subject->get_object(), "reference");
    if (!reference.empty()) {
        const auto id = local_id(reference, "Patient", patient.base);
        return !id.empty() && is_any([&](const json::object& each) { return text_member(each, "id") == id; });
    }
    const auto* identifier = object_at(*subject, "identifier");
    if (identifier == nullptr) return false;
    const Identifier named{text_member(*identifier, "system"), text_member(*identifier, "value")};
    if (named.value.empty()) return false;
    return named == patient.identity ||
           is_any([&](const json::object& each) { return has_identifier(each, named); });
}

void link_orders(json::object& resource, const std::vector<json::object>& found) {
    auto* list = resource.if_contains("basedOn");
    if (list == nullptr || !list->is_array()) return;
    for (auto& based_on : list->get_array()) {
        const auto* identifier = object_at(based_on, "identifier");
        if (identifier == nullptr) continue;
        const Identifier wanted{text_member(*identifier, "system"), text_member(*identifier, "value")};
        const auto fits = [&](const json::object& order) { return has_accession_number(order, wanted); };
        if (std::count_if(found.begin(), found.end(), fits) != 1) continue;
        const auto order = std::find_if(found.begin(), found.end(), fits);
        based_on = json::object{{"reference", "ServiceRequest/" + text_member(*order, "id")}};
    }
}

}  // namespace isocenter::fhir
