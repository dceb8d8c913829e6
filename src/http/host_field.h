#pragma once

#include <string_view>

namespace isocenter::http {

/// Whether the value of a Host header field is `uri-host [ ":" port ]` (RFC 9110 7.2, RFC 3986 3.2.2 and
/// 3.2.3). Nothing at all is a host too: the target has no authority then.
bool is_valid_host(std::string_view value);

}  // namespace isocenter::http
