#include <utility>

#include "api/dicomweb/entity.h"
#include "api/errors.h"
#include "api/face.h"

namespace isocenter::api {
namespace {

/// dicomweb.md section 7; standard-face.md section 8.
http::Response answer(const Face& face, const http::RequestContext& context) {
    ErrorDetails details;
    details.parameter = ill_formed_parameter(context.params);
    const auto refuse = [&](const Error& error) {
        return error_response(face.profile, context.request, error, details);
    };
    const auto key = read_entity(context.params);
    if (!key) return refuse(key.error());
    const auto removed = face.archive.remove(*key);
    if (removed) return http::empty_response(204);
    if (removed.error().code != ErrorCode::not_found) return refuse(removed.error());
    // Removed before, or never there: the feed knows (D7).
    const auto revision = face.archive.revision(*key);
    return refuse(revision ? removed.error() : revision.error());
}

http::Route route(const Face& face, std::string pattern) {
    http::Route made;
    made.method = http::Method::delete_;
    made.pattern = std::move(pattern);
    made.lane = &face.lanes.ingest;
    made.access = http::Access::delete_;
    made.handler = [&face](const http::RequestContext& context) { return answer(face, context); };
    return made;
}

}  // namespace

std::vector<http::Route> remove_routes(const Face& face) {
    return {route(face, "/studies/{study}"), route(face, "/studies/{study}/series/{series}"),
            route(face, "/studies/{study}/series/{series}/instances/{instance}")};
}

}  // namespace isocenter::api
