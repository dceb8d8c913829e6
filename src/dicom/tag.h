#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace isocenter::dicom {

/// A data element tag (PS3.5 7.1): group and element number.
struct Tag {
    std::uint16_t group = 0;
    std::uint16_t element = 0;

    constexpr std::uint32_t value() const { return (std::uint32_t{group} << 16U) | element; }
    constexpr bool is_private() const { return (group & 1U) != 0; }
    /// (gggg,0010-00FF) of an odd group: names the owner of a block.
    constexpr bool is_private_creator() const { return is_private() && element >= 0x10 && element <= 0xFF; }
    constexpr bool is_group_length() const { return element == 0; }
    friend constexpr auto operator<=>(const Tag&, const Tag&) = default;
};

constexpr Tag make_tag(std::uint32_t value) {
    return {static_cast<std::uint16_t>(value >> 16U), static_cast<std::uint16_t>(value & 0xFFFFU)};
}

/// `0020000D`: the key of DICOM JSON.
std::string to_hex8(Tag tag);
/// `(0020,000d)`: as the compatibility faces' error comments write it.
std::string to_parenthesized(Tag tag);
/// Exactly eight hexadecimal digits of either case.
std::optional<Tag> parse_hex8(std::string_view text);

}  // namespace isocenter::dicom
