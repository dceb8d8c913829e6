#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "http/message.h"

namespace isocenter::http {

/// Where absolute links point to.
struct BaseUrlRules {
    std::string public_base_url;  ///< when set, nothing else counts
    /// Addresses whose Forwarded and X-Forwarded-* are believed, as canonical_address writes them.
    std::vector<std::string> trusted_proxies;
};

/// An IP address in the one spelling that Request::remote_address has; none when `text` is no address. An
/// IPv4 peer of a socket of both families, ::ffff:10.0.0.5, is 10.0.0.5.
std::optional<std::string> canonical_address(const std::string& text);

/// Whether `url` can stand before every path: `http(s)://authority[/prefix]`.
bool is_base_url(std::string_view url);
/// Whether `text` is how browsers write an origin (RFC 6454 6.2): `scheme://host[:port]` in lower case,
/// nothing behind it.
bool is_origin(std::string_view text);

/// `scheme://authority[prefix]` of this request, without '/' at the end (standard-face.md 2.7). A Host that
/// is no authority is replaced by `local_authority` ("10.0.0.1:8080").
std::string base_url_of(const Request& request, const BaseUrlRules& rules, std::string_view local_authority);

}  // namespace isocenter::http
