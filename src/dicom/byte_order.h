#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

#include "base/bytes.h"

namespace isocenter::dicom {

/// From the front of `bytes`, which must be long enough.
inline std::uint16_t read_u16(ByteView bytes, bool big_endian) {
    const auto first = std::to_integer<unsigned>(bytes[0]);
    const auto second = std::to_integer<unsigned>(bytes[1]);
    return static_cast<std::uint16_t>(big_endian ? (first << 8U) | second : (second << 8U) | first);
}

inline std::uint32_t read_u32(ByteView bytes, bool big_endian) {
    const std::uint32_t first = read_u16(bytes, big_endian);
    const std::uint32_t second = read_u16(bytes.subspan(2), big_endian);
    return big_endian ? (first << 16U) | second : (second << 16U) | first;
}

inline std::uint64_t read_u64(ByteView bytes, bool big_endian) {
    const std::uint64_t first = read_u32(bytes, big_endian);
    const std::uint64_t second = read_u32(bytes.subspan(4), big_endian);
    return big_endian ? (first << 32U) | second : (second << 32U) | first;
}

/// Turns the byte order of every whole unit of `unit` bytes; a rest stays as it is.
inline void swap_units(std::string& bytes, std::size_t unit) {
    if (unit < 2) return;
    for (std::size_t start = 0; start + unit <= bytes.size(); start += unit) {
        for (std::size_t i = 0; i < unit / 2; ++i) {
            std::swap(bytes[start + i], bytes[start + unit - 1 - i]);
        }
    }
}

}  // namespace isocenter::dicom
