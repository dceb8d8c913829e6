#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "api/route_catalog.h"
#include "http/exchange.h"

namespace isocenter::api {

/// What an OpenAPI document is about.
struct ApiDescription {
    std::string title;
    std::string version;  ///< of the interface: "1", "2"
    std::string prefix;   ///< of the paths: "/v2"
    /// What it says of a route; nothing: the route is left out.
    std::function<std::optional<RouteDescription>(const http::Route&)> describe;
};

/// An OpenAPI 3.0.1 document made from a table of routes, as JSON; and the same as YAML.
std::string openapi_json(const ApiDescription& description, const std::vector<http::Route>& routes);
std::string openapi_yaml(const ApiDescription& description, const std::vector<http::Route>& routes);

}  // namespace isocenter::api
