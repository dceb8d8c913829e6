#include "dicom/frame_builder.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "dicom/byte_order.h"
#include "dicom/tags.h"

namespace isocenter::dicom {

namespace {

std::uint64_t unsigned_of(const DataSet& data_set, Tag tag, std::uint64_t otherwise) {
    const auto value = data_set.integer(tag);
    return value && *value > 0 ? static_cast<std::uint64_t>(*value) : otherwise;
}

/// 0 when an attribute that it needs is missing. Four 16-bit factors do not overflow.
std::uint64_t native_frame_bits(const DataSet& data_set, Tag pixel_tag) {
    constexpr std::uint64_t kMaxUnsignedShort = 0xFFFF;
    const auto factor = [&](Tag tag, std::uint64_t otherwise) {
        return std::min(unsigned_of(data_set, tag, otherwise), kMaxUnsignedShort);
    };
    std::uint64_t samples = factor(tags::SamplesPerPixel, 1);
    std::uint64_t bits = factor(tags::BitsAllocated, 0);
    if (pixel_tag == tags::FloatPixelData) bits = 32;
    if (pixel_tag == tags::DoubleFloatPixelData) bits = 64;
    const std::string photometric = data_set.text(tags::PhotometricInterpretation);
    // Two pixels share their colour: Y Y Cb Cr (PS3.3 C.7.6.3.1.2).
    if (samples == 3 && (photometric == "YBR_FULL_422" || photometric == "YBR_PARTIAL_422")) samples = 2;
    return factor(tags::Rows, 0) * factor(tags::Columns, 0) * samples * bits;
}

std::vector<std::uint64_t> read_offsets(std::string_view table, std::size_t width) {
    std::vector<std::uint64_t> offsets;
    const ByteView bytes = as_bytes(table);
    offsets.reserve(bytes.size() / width);
    for (std::size_t at = 0; at + width <= bytes.size(); at += width) {
        const ByteView entry = bytes.subspan(at);
        offsets.push_back(width == 8 ? read_u64(entry, false) : read_u32(entry, false));
    }
    return offsets;
}

using FirstFragments = std::vector<std::uint32_t>;

/// Offsets count from the item tag of the first fragment (PS3.5 A.4, PS3.3 C.7.6.3.1.8). Empty when they do
/// not say where each of `frames` frames begins.
FirstFragments by_offsets(const std::vector<ByteRange>& fragments, std::uint32_t frames,
                          const std::vector<std::uint64_t>& offsets) {
    if (offsets.size() != frames || offsets.front() != 0) return {};
    FirstFragments first;
    std::size_t fragment = 0;
    for (const std::uint64_t offset : offsets) {
        if (!first.empty()) ++fragment;
        while (fragment < fragments.size() && fragments[fragment].offset - fragments[0].offset < offset) {
            ++fragment;
        }
        if (fragment == fragments.size() || fragments[fragment].offset - fragments[0].offset != offset)
            return {};
        first.push_back(static_cast<std::uint32_t>(fragment));
    }
    first.push_back(static_cast<std::uint32_t>(fragments.size()));
    return first;
}

/// How a JPEG, JPEG-LS, JPEG 2000 or JPEG XL stream begins.
bool begins_frame(std::uint32_t head) {
    constexpr std::uint32_t kThreeBytes = 0xFFFFFF00U;
    constexpr std::uint32_t kTwoBytes = 0xFFFF0000U;
    return (head & kThreeBytes) == 0xFFD8FF00U || head == 0xFF4FFF51U || (head & kTwoBytes) == 0xFF0A0000U ||
           head == 0x0000000CU;
}

FirstFragments by_heads(const std::vector<std::uint32_t>& heads, std::uint32_t frames) {
    FirstFragments first;
    for (std::size_t i = 0; i < heads.size(); ++i) {
        if (begins_frame(heads[i])) first.push_back(static_cast<std::uint32_t>(i));
    }
    if (first.size() != frames || first.front() != 0) return {};
    first.push_back(static_cast<std::uint32_t>(heads.size()));
    return first;
}

FirstFragments first_fragments(const PixelPlace& pixels, std::uint32_t frames, bool video) {
    const auto count = static_cast<std::uint32_t>(pixels.fragments.size());
    if (count == 0) return {};
    if (frames == 1) return {0, count};
    if (video || count < frames) return {};
    FirstFragments first = by_offsets(pixels.fragments, frames, read_offsets(pixels.extended_offsets, 8));
    if (first.empty()) first = by_offsets(pixels.fragments, frames, read_offsets(pixels.basic_offsets, 4));
    if (first.empty() && count == frames) {
        for (std::uint32_t i = 0; i <= count; ++i)
            first.push_back(i);
    }
    if (first.empty()) first = by_heads(pixels.fragment_heads, frames);
    return first;
}

}  // namespace

FrameTable make_frame_table(const DataSet& data_set, PixelPlace pixels, bool video) {
    FrameTable table;
    if (!pixels.present) return table;
    constexpr std::uint64_t kMaxFrames = std::numeric_limits<std::uint32_t>::max() - 1;
    table.frames =
        static_cast<std::uint32_t>(std::min(unsigned_of(data_set, tags::NumberOfFrames, 1), kMaxFrames));
    table.value = pixels.value;
    if (!pixels.encapsulated) {
        table.kind = FrameTable::Kind::native;
        table.frame_bits = native_frame_bits(data_set, pixels.tag);
        return table;
    }
    table.first_fragment = first_fragments(pixels, table.frames, video);
    table.kind = table.first_fragment.empty() ? FrameTable::Kind::unknown : FrameTable::Kind::encapsulated;
    table.fragments = std::move(pixels.fragments);
    return table;
}

}  // namespace isocenter::dicom
