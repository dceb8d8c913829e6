#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/bytes.h"

namespace isocenter::dicom {

/// Where each frame lies inside the stored object (PS3.5 A.4, PS3.3 C.7.6.3). Offsets count from the first
/// byte of the file, so that a range read needs no header; of a deflated object from the first byte of the
/// inflated data set.
struct FrameTable {
    enum class Kind : std::uint8_t {
        none,          ///< no pixel data
        native,        ///< frames one after another, `frame_bits` each
        encapsulated,  ///< fragments; frame n is fragments [first_fragment[n], first_fragment[n+1])
        unknown,  ///< encapsulated, but which fragments make a frame cannot be told without decoding: whole
                  ///< stream only
    };
    Kind kind = Kind::none;
    std::uint32_t frames = 0;          ///< Number of Frames, 1 when absent
    ByteRange value;                   ///< native: the value field; encapsulated: all items
    std::uint64_t frame_bits = 0;      ///< native: bits of one frame (1-bit images need not end on a byte)
    std::vector<ByteRange> fragments;  ///< contents without item headers
    std::vector<std::uint32_t> first_fragment;  ///< frames + 1 entries, empty unless encapsulated

    /// The byte ranges of frame `number` (1-based) in order; empty when there is no such frame.
    /// A 1-bit native frame that begins inside a byte gives the bytes that contain it; see bit_offset.
    std::vector<ByteRange> ranges_of(std::uint32_t number) const;
    /// How many of `frames` are really there: fewer when native pixel data is shorter than its description
    /// says.
    std::uint32_t present() const;
    /// Bits to skip in the first byte of a native frame.
    unsigned bit_offset(std::uint32_t number) const;

    friend bool operator==(const FrameTable&, const FrameTable&) = default;
};

/// A bulk value that stayed in the stored object, by its path in the metadata.
struct BulkValue {
    std::string path;  ///< `7FE00010` or `00880200/1/7FE00010`: sequence / item from 1 / element
    /// Two letters; of big endian pixel data with cells of 32 or 64 bits OL or OV, the unit in which it is
    /// turned.
    std::string vr;
    ByteRange range;  ///< as Element::where; encapsulated pixel data: all items
    bool encapsulated = false;
    friend bool operator==(const BulkValue&, const BulkValue&) = default;
};

/// Bulk values up to this size stand in the metadata unless told otherwise (standard-face.md 3.1).
inline constexpr std::uint64_t kDefaultInlineBytes = 1024;

/// What a retrieve needs to know of the object's bytes beside its location: kept in the index, one per
/// instance.
struct ObjectLayout {
    std::uint64_t data_set_offset = 0;  ///< first byte after the file meta information
    bool big_endian = false;            ///< values of more than one byte are to be swapped
    bool deflated =
        false;  ///< offsets count in the inflated data set, which begins at data_set_offset in the file
    /// The data set is not encoded as the transfer syntax of the file meta says, or there is none: these
    /// bytes may not go out under that label, nor under another one, for the label is among them.
    bool mislabelled = false;
    /// Fragments under a transfer syntax of native pixel data, or native ones under one of compressed ones.
    bool foreign_pixels = false;
    std::uint64_t inline_bytes =
        kDefaultInlineBytes;  ///< of values that are in the metadata and not in `bulk`
    FrameTable frames;
    std::vector<BulkValue> bulk;
    friend bool operator==(const ObjectLayout&, const ObjectLayout&) = default;
};

/// The bulk value at `path`, null when there is none.
const BulkValue* find_bulk(const ObjectLayout& layout, std::string_view path);

/// A compact binary form (varints, fragments as deltas), versioned. 10,000 fragments take about 40 KB.
std::string encode_layout(const ObjectLayout& layout);
/// `corrupt` when the bytes are not what encode_layout made.
Result<ObjectLayout> decode_layout(std::string_view bytes);
/// ObjectLayout::mislabelled of what encode_layout made, without decoding the rest.
bool is_mislabelled(std::string_view encoded_layout);
/// The same of ObjectLayout::foreign_pixels.
bool has_foreign_pixels(std::string_view encoded_layout);

}  // namespace isocenter::dicom
