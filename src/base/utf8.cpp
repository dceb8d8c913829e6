#include "base/utf8.h"

#include <cstdint>

namespace isocenter {
namespace {

std::uint8_t byte_at(std::string_view text, std::size_t i) {
    return static_cast<std::uint8_t>(text[i]);
}

bool is_continuation(std::string_view text, std::size_t i) {
    return i < text.size() && (byte_at(text, i) & 0xC0U) == 0x80U;
}

/// JSON needs no escape and the byte is a whole character by itself.
bool is_plain(char c) {
    return c >= 0x20 && c < 0x7F && c != '"' && c != '\\';
}

void append_escaped_ascii(std::string& out, char c) {
    constexpr char kDigits[] = "0123456789abcdef";
    switch (c) {
        case '"':
            out += "\\\"";
            return;
        case '\\':
            out += "\\\\";
            return;
        case '\n':
            out += "\\n";
            return;
        case '\r':
            out += "\\r";
            return;
        case '\t':
            out += "\\t";
            return;
        case '\b':
            out += "\\b";
            return;
        case '\f':
            out += "\\f";
            return;
        case 0x7F:
            out += c;
            return;
        default:
            break;
    }
    const auto value = static_cast<unsigned char>(c);
    out += "\\u00";
    out += kDigits[value >> 4U];
    out += kDigits[value & 15U];
}

}  // namespace

std::size_t utf8_sequence_length(std::string_view text) {
    if (text.empty()) return 0;
    const std::uint8_t first = byte_at(text, 0);
    if (first < 0x80) return 1;
    if (first < 0xC2 || first > 0xF4) return 0;
    if (!is_continuation(text, 1)) return 0;
    if (first < 0xE0) return 2;
    const std::uint8_t second = byte_at(text, 1);
    if (!is_continuation(text, 2)) return 0;
    if (first < 0xF0) {
        const bool overlong = first == 0xE0 && second < 0xA0;
        const bool surrogate = first == 0xED && second >= 0xA0;
        return overlong || surrogate ? 0 : 3;
    }
    if (!is_continuation(text, 3)) return 0;
    const bool overlong = first == 0xF0 && second < 0x90;
    const bool beyond = first == 0xF4 && second >= 0x90;
    return overlong || beyond ? 0 : 4;
}

bool is_utf8(std::string_view text) {
    while (!text.empty()) {
        const std::size_t n = utf8_sequence_length(text);
        if (n == 0) return false;
        text.remove_prefix(n);
    }
    return true;
}

std::size_t utf8_length(std::string_view text) {
    std::size_t count = 0;
    while (!text.empty()) {
        const std::size_t n = utf8_sequence_length(text);
        text.remove_prefix(n == 0 ? 1 : n);
        ++count;
    }
    return count;
}

std::string_view utf8_prefix(std::string_view text, std::size_t max_bytes) {
    if (text.size() <= max_bytes) return text;
    constexpr std::size_t kLongestSequence = 4;
    std::size_t end = max_bytes;
    for (std::size_t back = 1; back < kLongestSequence && back <= max_bytes; ++back) {
        if (back < utf8_sequence_length(text.substr(max_bytes - back))) end = max_bytes - back;
    }
    return text.substr(0, end);
}

void append_json_escaped(std::string& out, std::string_view text) {
    while (!text.empty()) {
        std::size_t plain = 0;
        while (plain < text.size() && is_plain(text[plain]))
            ++plain;
        out.append(text.substr(0, plain));
        text.remove_prefix(plain);
        if (text.empty()) return;
        const std::size_t n = utf8_sequence_length(text);
        if (n == 1) {
            append_escaped_ascii(out, text.front());
        } else if (n == 0) {
            out += "\xEF\xBF\xBD";
        } else {
            out.append(text.substr(0, n));
        }
        text.remove_prefix(n == 0 ? 1 : n);
    }
}

}  // namespace isocenter
