#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "http/exchange.h"

namespace isocenter::api {

/// A query parameter of a route.
struct ParameterDescription {
    std::string name;
    std::string type;  ///< of JSON Schema: "string", "integer", "boolean"
    std::string summary;
};

/// What a description of the interface says about a route: derived from its method and pattern, so that a new
/// route is described the moment it is in the table.
struct RouteDescription {
    std::string summary;
    std::string group;  ///< "Search", "Retrieve", ...
    std::vector<std::string> path_parameters;
    std::vector<ParameterDescription> query_parameters;
    std::vector<std::string> request_types;   ///< media types of the body
    std::vector<std::string> response_types;  ///< of success
    std::vector<unsigned> statuses;
};

/// The names in a route's pattern, in their order.
std::vector<std::string> path_parameters(const http::Route& route);

RouteDescription describe_route(const http::Route& route, bool standard);

}  // namespace isocenter::api
