#pragma once

#include <string>
#include <string_view>

namespace isocenter {

/// Everything but RFC 3986's unreserved characters is written as %XX.
std::string percent_encode(std::string_view text);

}  // namespace isocenter
