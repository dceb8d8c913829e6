#pragma once

#include <string>
#include <string_view>

namespace isocenter::api {

/// `text` with `& < > " '` as character references: fit for element content and quoted attribute values.
std::string html_escape(std::string_view text);

}  // namespace isocenter::api
