#pragma once

#include <optional>

#include "api/route_catalog.h"

namespace isocenter::api {

/// The description of a route outside of the faces (health, metrics, the bridge to FHIR, cohorts). Nothing
/// for what is for people: pages, pictures, and the descriptions themselves.
std::optional<RouteDescription> describe_service_route(const http::Route& route);

}  // namespace isocenter::api
