#pragma once

#include <string>
#include <string_view>

namespace isocenter {

/// True when `text` is well-formed UTF-8 (no surrogates, no overlong forms, at most U+10FFFF).
bool is_utf8(std::string_view text);

/// Length in bytes of the well-formed UTF-8 sequence at the front of `text`; 0 when there is none.
std::size_t utf8_sequence_length(std::string_view text);

/// Number of characters (code points); a byte that belongs to no sequence counts as one.
std::size_t utf8_length(std::string_view text);

/// The beginning of `text` in at most `max_bytes`, not cut within a character.
std::string_view utf8_prefix(std::string_view text, std::size_t max_bytes);

/// Appends `text` to `out` as the inside of a JSON string: escapes only what JSON demands (RFC 8259 section
/// 7); bytes that are not UTF-8 become U+FFFD.
void append_json_escaped(std::string& out, std::string_view text);

}  // namespace isocenter
