#include "dicom/tag.h"

#include <charconv>

namespace isocenter::dicom {

namespace {

void append_hex(std::string& out, std::uint32_t value, int digits, const char* alphabet) {
    for (int shift = 4 * (digits - 1); shift >= 0; shift -= 4) {
        out += alphabet[(value >> static_cast<unsigned>(shift)) & 0xFU];
    }
}

}  // namespace

std::string to_hex8(Tag tag) {
    std::string out;
    append_hex(out, tag.value(), 8, "0123456789ABCDEF");
    return out;
}

std::string to_parenthesized(Tag tag) {
    constexpr const char* kLower = "0123456789abcdef";
    std::string out = "(";
    append_hex(out, tag.group, 4, kLower);
    out += ',';
    append_hex(out, tag.element, 4, kLower);
    out += ')';
    return out;
}

std::optional<Tag> parse_hex8(std::string_view text) {
    std::uint32_t value = 0;
    if (text.size() != 8) return std::nullopt;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return make_tag(value);
}

}  // namespace isocenter::dicom
