#include "fhir/cohort/group.h"

#include <utility>

#include "base/digest.h"
#include "fhir/cohort/clinical_search.h"
#include "fhir/plan/lookups.h"

namespace isocenter::fhir::cohort {
namespace {

namespace json = boost::json;

/// The id in the Location of what the server has made; its own address need not be ours of it.
std::string made_id(std::string_view location) {
    constexpr std::string_view kType = "Group/";
    location = location.substr(0, location.find("/_history/"));
    const std::size_t at = location.rfind(kType);
    if (at == std::string_view::npos || (at > 0 && location[at - 1] != '/')) return {};
    return std::string(location.substr(at + kType.size()));
}

Identifier identifier_of(const std::string& uuid) {
    return {"urn:ietf:rfc:3986", "urn:uuid:" + uuid};
}

json::object with_members(json::object group, const std::string& uuid, const std::string& name,
                          const Selection& selection) {
    json::array members;
    for (const Member& member : selection.members) {
        if (!member.problem.empty()) continue;
        members.push_back(json::object{{"entity", {{"reference", "Patient/" + member.id}}}});
    }
    const Identifier identifier = identifier_of(uuid);
    group["resourceType"] = "Group";
    group["identifier"] =
        json::array{json::object{{"system", identifier.system}, {"value", identifier.value}}};
    group["active"] = true;
    group["type"] = "person";
    group["actual"] = true;
    group["name"] = name;
    group["quantity"] = members.size();
    group.erase("member");
    // FHIR has no empty arrays.
    if (!members.empty()) group["member"] = std::move(members);
    return group;
}

json::object request_about(std::string_view method, const json::object& found) {
    json::object request{{"method", method}, {"url", reference_to(found)}};
    // Servers need not tell versions.
    const json::value* meta = found.if_contains("meta");
    const std::string version =
        meta != nullptr && meta->is_object() ? std::string(text_at(meta->get_object(), "versionId")) : "";
    if (!version.empty()) request["ifMatch"] = "W/\"" + version + '"';
    return request;
}

Attempt<std::vector<json::object>> find_groups(FhirClient& fhir, const std::string& query) {
    std::vector<json::object> found;
    const auto searched = fhir.search_each("Group", query, [&](json::object&& group) -> Attempt<void> {
        found.push_back(std::move(group));
        return {};
    });
    if (!searched) return failed(searched.error());
    return found;
}

}  // namespace

std::string random_uuid() {
    std::string digits = random_hex(16);
    digits[12] = '4';
    // The variant is the two bits 10.
    digits[16] = "89ab"[static_cast<unsigned char>(digits[16]) % 4];
    for (const std::size_t at : {20U, 16U, 12U, 8U})
        digits.insert(at, 1, '-');
    return digits;
}

Attempt<std::string> write_group(FhirClient& fhir, const std::string& uuid, const std::string& name,
                                 const Selection& selection) {
    const std::string query = identifier_query(identifier_of(uuid));
    FHIR_TRY(std::vector<json::object> found, find_groups(fhir, query));
    if (found.size() > 1) return failed(FailureKind::refused, "two Groups have the identifier of the cohort");
    json::object entry;
    std::string reference;
    if (found.empty()) {
        entry["fullUrl"] = "urn:uuid:" + uuid;
        entry["request"] = {{"method", "POST"}, {"url", "Group"}, {"ifNoneExist", query}};
        entry["resource"] = with_members({}, uuid, name, selection);
    } else {
        reference = reference_to(found.front());
        // References inside of an entry are read as relative to it.
        entry["fullUrl"] = fhir.base() + '/' + reference;
        entry["request"] = request_about("PUT", found.front());
        entry["resource"] = with_members(std::move(found.front()), uuid, name, selection);
    }
    FHIR_TRY(const std::vector<EntryReply> replies, fhir.transact({std::move(entry)}));
    if (!reference.empty()) return reference;
    const std::string id = made_id(replies.front().location);
    if (id.empty()) return failed(FailureKind::refused, "the FHIR server does not say where the Group is");
    return "Group/" + id;
}

Attempt<void> remove_group(FhirClient& fhir, const std::string& uuid) {
    FHIR_TRY(const std::vector<json::object> found, find_groups(fhir, identifier_query(identifier_of(uuid))));
    if (found.empty()) return {};
    json::array entries;
    for (const json::object& group : found)
        entries.push_back(json::object{{"request", request_about("DELETE", group)}});
    const auto removed = fhir.transact(std::move(entries));
    if (!removed) return failed(removed.error());
    return {};
}

}  // namespace isocenter::fhir::cohort
