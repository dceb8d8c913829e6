#include "fhir/classic/resource_id.h"

#include "base/digest.h"
#include "fhir/plan/merge.h"

namespace isocenter::fhir::classic {

std::string to_reference(const ResourceId& id) {
    if (const auto* client = std::get_if<ClientId>(&id)) return "urn:uuid:" + client->uuid;
    const auto& server = std::get<ServerId>(id);
    return server.type + "/" + server.id;
}

ServerId id_of(const boost::json::object& resource) {
    return {text_member(resource, "resourceType"), text_member(resource, "id")};
}

std::string random_uuid() {
    std::string uuid = random_hex(16);
    uuid[12] = '4';
    constexpr std::string_view kVariants = "89ab";
    uuid[16] = kVariants[static_cast<std::size_t>(uuid[16]) % kVariants.size()];
    for (const std::size_t at : {20U, 16U, 12U, 8U})
        uuid.insert(at, "-");
    return uuid;
}

}  // namespace isocenter::fhir::classic
