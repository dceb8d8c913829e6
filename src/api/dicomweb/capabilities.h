#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "http/exchange.h"

namespace isocenter::api {

/// The capabilities of a face as WADL (PS3.18 annex H) and as JSON of the same tree (annex G: `@attribute`
/// strings, repeatable elements as arrays), made from its routes.
std::string capabilities_wadl(std::string_view base_uri, const std::vector<http::Route>& routes);
std::string capabilities_json(std::string_view base_uri, const std::vector<http::Route>& routes);

}  // namespace isocenter::api
