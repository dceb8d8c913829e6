#pragma once

#include <string>
#include <string_view>

namespace isocenter::api {

/// `text` with `& < > "` as character references: fit for element content and values of attributes in double
/// quotes. An apostrophe stays: clients of the dialect compare the texts of errors.
std::string html_escape(std::string_view text);

}  // namespace isocenter::api
