#include <array>
#include <iterator>
#include <utility>

#include "api/face.h"

namespace isocenter::api {
namespace {

using RouteGroup = std::vector<http::Route> (*)(const Face&);

/// One line per resource file.
constexpr std::array<RouteGroup, 10> kGroups = {
    store_routes,
    retrieve_instances_routes,
    retrieve_metadata_routes,
    retrieve_frames_routes,
    retrieve_bulkdata_routes,
    retrieve_rendered_routes,
    wado_uri_routes,
    search_routes,
    remove_routes,
    change_feed_routes,
};

}  // namespace

std::vector<http::Route> face_routes(const Face& face) {
    std::vector<http::Route> routes;
    const auto add = [&routes](std::vector<http::Route> more) {
        routes.insert(routes.end(), std::make_move_iterator(more.begin()),
                      std::make_move_iterator(more.end()));
    };
    for (const RouteGroup group : kGroups)
        add(group(face));
    // These describe the others: what they say cannot drift from the table.
    add(capabilities_routes(face, routes));
    auto described = openapi_routes(face, routes);
    add(options_routes(face, described));
    add(std::move(described));
    return routes;
}

}  // namespace isocenter::api
