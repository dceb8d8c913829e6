#include <array>
#include <iterator>

#include "api/face.h"

namespace isocenter::api {
namespace {

using RouteGroup = std::vector<http::Route> (*)(const Face&);

/// One line per resource file.
constexpr std::array<RouteGroup, 7> kGroups = {
    store_routes,           retrieve_instances_routes, retrieve_metadata_routes,
    retrieve_frames_routes, retrieve_bulkdata_routes,  retrieve_rendered_routes,
    wado_uri_routes,
};

}  // namespace

std::vector<http::Route> face_routes(const Face& face) {
    std::vector<http::Route> routes;
    for (const RouteGroup group : kGroups) {
        auto more = group(face);
        routes.insert(routes.end(), std::make_move_iterator(more.begin()),
                      std::make_move_iterator(more.end()));
    }
    return routes;
}

}  // namespace isocenter::api
