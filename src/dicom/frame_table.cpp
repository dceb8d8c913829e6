#include "dicom/frame_table.h"

#include <algorithm>

namespace isocenter::dicom {

std::vector<ByteRange> FrameTable::ranges_of(std::uint32_t number) const {
    if (number == 0 || number > frames) return {};
    const std::uint64_t index = number - 1U;
    if (kind == Kind::encapsulated) {
        if (index + 1 >= first_fragment.size()) return {};
        const auto first = first_fragment[index];
        const auto last = first_fragment[index + 1];
        if (first > last || last > fragments.size()) return {};
        return {fragments.begin() + first, fragments.begin() + last};
    }
    if (kind != Kind::native || frame_bits == 0) return {};
    // Hostile frame sizes do not overflow below: the value's length bounds what is present.
    if (number > present()) return {};
    const std::uint64_t first_bit = index * frame_bits;
    const std::uint64_t first_byte = first_bit / 8;
    const std::uint64_t end_byte = (first_bit + frame_bits + 7) / 8;
    return {{value.offset + first_byte, end_byte - first_byte}};
}

std::uint32_t FrameTable::present() const {
    if (kind != Kind::native) return frames;
    if (frame_bits == 0 || frame_bits / 8 > value.length) return 0;
    return static_cast<std::uint32_t>(std::min<std::uint64_t>(frames, value.length * 8 / frame_bits));
}

unsigned FrameTable::bit_offset(std::uint32_t number) const {
    if (kind != Kind::native || number == 0) return 0;
    return static_cast<unsigned>((std::uint64_t{number - 1U} * (frame_bits % 8)) % 8);
}

const BulkValue* find_bulk(const ObjectLayout& layout, std::string_view path) {
    const auto found = std::ranges::find(layout.bulk, path, &BulkValue::path);
    return found == layout.bulk.end() ? nullptr : &*found;
}

}  // namespace isocenter::dicom
