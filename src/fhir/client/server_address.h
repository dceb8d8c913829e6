#pragma once

#include <string>
#include <string_view>

namespace isocenter::fhir {

/// One spelling of the addresses of a server, with its path: scheme and host in lower case, without the
/// scheme's own port and without '/' at the end.
std::string normalised_address(std::string_view url);

/// `scheme://authority` of it in that spelling; empty for what has none.
std::string normalised_origin(std::string_view url);

/// Where `link` leads that stands in the answer to `request_url`; paths are below `base`, as FHIR's
/// references are.
std::string resolve_link(std::string_view link, std::string_view request_url, std::string_view base);

}  // namespace isocenter::fhir
