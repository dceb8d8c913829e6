#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace isocenter::fhir {

/// One spelling of the addresses of a server, with its path: scheme and host in lower case, without the
/// scheme's own port and without '/' at the end.
std::string normalised_address(std::string_view url);

/// `scheme://authority` of it in that spelling; empty for what has none.
std::string normalised_origin(std::string_view url);

/// `url` with scheme and authority as `base` spells them; nothing for an address of another server.
std::optional<std::string> address_at(std::string_view url, std::string_view base);

/// Where `link` leads that stands in the answer to `request_url`; paths are below `base`, as FHIR's
/// references are.
std::string resolve_link(std::string_view link, std::string_view request_url, std::string_view base);

}  // namespace isocenter::fhir
