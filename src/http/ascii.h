#pragma once

#include <string>
#include <string_view>

#include "base/ascii.h"

namespace isocenter::http {

inline char to_lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}
std::string to_lower(std::string_view text);

/// Compares ASCII letters without regard to case; other bytes exactly.
bool equals_ignore_case(std::string_view a, std::string_view b);
bool starts_with_ignore_case(std::string_view text, std::string_view prefix);

/// Without blanks and tabs at both ends (RFC 9110 5.6.3).
std::string_view trim(std::string_view text);

/// A character of RFC 9110 5.6.2 `token`.
bool is_token_char(char c);
bool is_token(std::string_view text);

/// True when a comma-separated list (RFC 9110 5.6.1) holds `token`, without regard to case.
bool list_has(std::string_view list, std::string_view token);

}  // namespace isocenter::http
