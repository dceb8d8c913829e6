#include "fhir/cohort/links.h"

#include <algorithm>
#include <string_view>
#include <vector>

#include "fhir/client/reference.h"
#include "fhir/cohort/clinical_search.h"
#include "fhir/cohort/people.h"

namespace isocenter::fhir::cohort {
namespace {

namespace json = boost::json;

/// The object at `name`, or the objects of the array there.
std::vector<const json::object*> objects_at(const json::object& object, std::string_view name) {
    std::vector<const json::object*> objects;
    const json::value* value = object.if_contains(name);
    if (value == nullptr) return objects;
    if (value->is_object()) objects.push_back(&value->get_object());
    if (!value->is_array()) return objects;
    for (const json::value& item : value->get_array()) {
        if (item.is_object()) objects.push_back(&item.get_object());
    }
    return objects;
}

bool is_accession(const json::object& identifier, const Identifier& accession) {
    if (text_at(identifier, "value") != accession.value) return false;
    const std::string_view system = text_at(identifier, "system");
    if (!system.empty() && !accession.system.empty() && system != accession.system) return false;
    for (const json::object* type : objects_at(identifier, "type")) {
        for (const json::object* coding : objects_at(*type, "coding")) {
            if (text_at(*coding, "code") == "ACSN") return true;
        }
    }
    return false;
}

/// Whether `holder` has the accession number at `name`.
bool holds(const json::object& holder, const Identifier& accession) {
    const auto identifiers = objects_at(holder, "identifier");
    return std::any_of(identifiers.begin(), identifiers.end(),
                       [&](const json::object* each) { return is_accession(*each, accession); });
}

}  // namespace

std::set<std::string> orders_of(const json::object& resource, std::string_view base) {
    std::set<std::string> ids;
    for (const json::object* order : objects_at(resource, "basedOn")) {
        std::string id = local_id(text_at(*order, "reference"), "ServiceRequest", base);
        if (!id.empty()) ids.insert(std::move(id));
    }
    return ids;
}

Attempt<Orders> find_orders(const std::set<std::string>& ids, FhirClient& fhir) {
    Orders orders;
    const std::vector<std::string> all(ids.begin(), ids.end());
    for (std::size_t begin = 0; begin < all.size(); begin += kIdsPerSearch) {
        const auto from = all.begin() + static_cast<std::ptrdiff_t>(begin);
        const auto to =
            all.begin() + static_cast<std::ptrdiff_t>(std::min(all.size(), begin + kIdsPerSearch));
        const auto status =
            fhir.search_each("ServiceRequest", list_parameter("_id", {from, to}) + "&_count=1000",
                             [&](json::object&& order) -> Attempt<void> {
                                 std::string id(text_at(order, "id"));
                                 orders.emplace(std::move(id), std::move(order));
                                 return {};
                             });
        if (status || status.error().kind == FailureKind::refused || is_closed_to_us(status.error()))
            continue;
        return tl::unexpected(status.error());
    }
    return orders;
}

bool is_linked(const json::object& resource, const StudyHit& study, const Orders& orders,
               std::string_view base) {
    if (!study.imaging_study.empty()) {
        const std::string id = local_id(study.imaging_study, "ImagingStudy", base);
        for (const char* name : {"imagingStudy", "partOf", "derivedFrom", "focus"}) {
            for (const json::object* reference : objects_at(resource, name)) {
                if (local_id(text_at(*reference, "reference"), "ImagingStudy", base) == id) return true;
            }
        }
    }
    const std::set<std::string> referred = orders_of(resource, base);
    const auto is_referred = [&](const std::string& id) { return referred.contains(id); };
    if (std::any_of(study.orders.begin(), study.orders.end(), is_referred)) return true;
    if (!study.accession) return false;
    if (holds(resource, *study.accession)) return true;
    for (const json::object* order : objects_at(resource, "basedOn")) {
        if (holds(*order, *study.accession)) return true;
    }
    return std::any_of(referred.begin(), referred.end(), [&](const std::string& id) {
        const auto order = orders.find(id);
        return order != orders.end() && holds(order->second, *study.accession);
    });
}

}  // namespace isocenter::fhir::cohort
