#pragma once

// For tests only: DICOM files by hand, and reading them in every cutting.

#include <random>
#include <string>
#include <string_view>

#include "dicom/part10_reader.h"

namespace isocenter::dicom::test_file {

inline std::string u16(unsigned value, bool big_endian = false) {
    const char low = static_cast<char>(value & 0xFFU);
    const char high = static_cast<char>((value >> 8U) & 0xFFU);
    return big_endian ? std::string{high, low} : std::string{low, high};
}

inline std::string u32(std::uint64_t value, bool big_endian = false) {
    const auto low = static_cast<unsigned>(value & 0xFFFFU);
    const auto high = static_cast<unsigned>((value >> 16U) & 0xFFFFU);
    return big_endian ? u16(high, true) + u16(low, true) : u16(low) + u16(high);
}

inline std::string u64(std::uint64_t value) {
    return u32(value & 0xFFFFFFFFU) + u32(value >> 32U);
}

inline constexpr std::uint32_t kUndefined = 0xFFFFFFFFU;

inline std::string tag_bytes(Tag tag, bool big_endian = false) {
    return u16(tag.group, big_endian) + u16(tag.element, big_endian);
}

/// An element in explicit VR; `length` other than the value's when given.
inline std::string explicit_element(Tag tag, std::string_view vr, std::string_view value,
                                    std::uint64_t length = ~0ULL, bool big_endian = false) {
    if (length == ~0ULL) length = value.size();
    std::string out = tag_bytes(tag, big_endian) + std::string(vr);
    const auto known = parse_vr(vr);
    if (known && has_long_length(*known)) {
        out += u16(0) + u32(length, big_endian);
    } else {
        out += u16(static_cast<unsigned>(length), big_endian);
    }
    return out + std::string(value);
}

inline std::string implicit_element(Tag tag, std::string_view value) {
    return tag_bytes(tag) + u32(value.size()) + std::string(value);
}

inline std::string item(std::string_view content) {
    return tag_bytes({0xFFFE, 0xE000}) + u32(content.size()) + std::string(content);
}

inline std::string open_item(std::string_view content) {
    return tag_bytes({0xFFFE, 0xE000}) + u32(kUndefined) + std::string(content) +
           tag_bytes({0xFFFE, 0xE00D}) + u32(0);
}

inline const std::string& sequence_end() {
    static const std::string bytes = tag_bytes({0xFFFE, 0xE0DD}) + u32(0);
    return bytes;
}

inline std::string file_of(std::string_view transfer_syntax, std::string_view data_set) {
    std::string uid(transfer_syntax);
    if (uid.size() % 2 != 0) uid += '\0';
    const std::string meta = explicit_element({0x0002, 0x0010}, "UI", uid);
    return std::string(128, '\0') + "DICM" + explicit_element({0x0002, 0x0000}, "UL", u32(meta.size())) +
           meta + std::string(data_set);
}

/// Everything that was read, as text that differs when anything differs.
inline std::string dump(const DataSet& data_set) {
    std::string out;
    for (const Element& element : data_set.elements()) {
        out += to_hex8(element.tag) + std::string(to_string(element.vr)) + (element.held ? "+" : "-") +
               std::to_string(element.where.offset) + "," + std::to_string(element.where.length) + "=" +
               element.bytes;
        for (const DataSet& nested : element.items)
            out += "[" + dump(nested) + "]";
        out += "\n";
    }
    return out;
}

inline std::string dump(const Result<Part10Object>& object) {
    if (!object) return object.error().message;
    return dump(object->meta) + object->transfer_syntax + "\n" + dump(object->data_set) +
           encode_layout(object->layout) + std::to_string(object->size_bytes) +
           (object->implicit_vr ? "implicit" : "explicit");
}

inline Result<Part10Object> read_in_pieces(std::string_view bytes, std::uint64_t max_piece, unsigned seed,
                                           ReaderLimits limits = {}) {
    Part10Reader reader(limits);
    std::mt19937 random(seed);
    while (!bytes.empty()) {
        const std::size_t piece =
            std::min<std::size_t>(bytes.size(), 1 + (max_piece > 1 ? random() % max_piece : 0));
        // A copy of just this piece lets AddressSanitizer see any read beyond it.
        const std::string copy(bytes.substr(0, piece));
        if (!reader.write(as_bytes(copy))) break;
        bytes.remove_prefix(piece);
    }
    return reader.finish();
}

}  // namespace isocenter::dicom::test_file
