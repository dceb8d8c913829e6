#pragma once

#include <algorithm>
#include <string_view>

namespace isocenter {

// Characters of ASCII, whatever the locale; bytes of other encodings belong to none of them.

/// '0' to '9'.
constexpr bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

/// 'A' to 'Z' and 'a' to 'z'.
constexpr bool is_letter(char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

constexpr bool is_alphanumeric(char c) {
    return is_letter(c) || is_digit(c);
}

/// Of a hexadecimal digit of either case; -1 for other characters.
constexpr int hex_value(char c) {
    if (is_digit(c)) return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/// True of an empty text as well.
inline bool all_digits(std::string_view text) {
    return std::all_of(text.begin(), text.end(), is_digit);
}

}  // namespace isocenter
