#include "fhir/classic/endpoint.h"

#include "fhir/mapping/parts.h"
#include "fhir/plan/lookups.h"
#include "fhir/plan/merge.h"

namespace isocenter::fhir::classic {

namespace json = boost::json;

Result<Request> endpoint_request(const std::vector<json::object>& found, const Options& options,
                                 const UuidSource& new_uuid) {
    if (!found.empty()) {
        if (text_member(found.front(), "address") != options.own_endpoint)
            return fail(ErrorCode::conflict, to_reference(id_of(found.front())) +
                                                 " has the name of our Endpoint and another address");
        return Request{Mode::none, id_of(found.front()), {}, {}};
    }
    json::object endpoint = make_endpoint(options).resource;
    // Found by its name; the other profile's marks would make it a resource of that profile.
    endpoint.erase("identifier");
    endpoint.erase("meta");
    return Request{Mode::create, ClientId{new_uuid()}, std::move(endpoint), endpoint_by_name(options).query};
}

}  // namespace isocenter::fhir::classic
