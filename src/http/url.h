#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/percent.h"

namespace isocenter::http {

/// `%41` to `A`; nothing when a '%' is not followed by two hexadecimal digits. `plus_is_space`: form
/// encoding.
std::optional<std::string> percent_decode(std::string_view text, bool plus_is_space = false);

using isocenter::percent_encode;

struct QueryItem {
    std::string name;   ///< decoded
    std::string value;  ///< decoded; empty when there is no '='
    bool has_equals = false;
};

/// The items of a query string in order, '+' read as a blank. Nothing when an escape is broken.
std::optional<std::vector<QueryItem>> parse_query(std::string_view query);

/// `reference` as an absolute one (RFC 3986 5.2); `base` is an http URI. No escapes are changed.
std::string resolve_reference(std::string_view base, std::string_view reference);

}  // namespace isocenter::http
