#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>

#include "archive/archive.h"
#include "archive/sources.h"
#include "dicom/tags.h"

namespace isocenter::codec {
class FrameCodec;
struct FrameShape;
}  // namespace isocenter::codec

namespace isocenter::archive {

/// `range` of a stored object; `corrupt` when the object is missing or shorter than its record says.
Result<std::unique_ptr<ByteSource>> open_stored(blob::BlobStore& blobs, const index::InstanceRecord& record,
                                                ByteRange range);

/// Archive::open_as_explicit_little_endian of an object that the index need not know.
Result<std::unique_ptr<ByteSource>> open_rewritten(blob::BlobStore& blobs, const Location& location,
                                                   std::string_view syntax);

/// `range` of a native value at `value` in little endian order, whatever the object's encoding is. `unit`:
/// bytes to swap when the object is big endian.
Result<std::unique_ptr<ByteSource>> open_value(blob::BlobStore& blobs, const Location& location,
                                               ByteRange value, ByteRange range, unsigned unit);

/// What `number_of(tag, value if absent)` says of the pixels; no more than an unsigned short can, so that
/// products of four do not overflow.
template <class NumberOf>
PixelDescription describe_by(NumberOf number_of) {
    constexpr std::uint32_t kMaxUnsignedShort = 0xFFFF;
    const auto number = [&](dicom::Tag tag, std::uint32_t absent) {
        return std::min<std::uint32_t>(number_of(tag, absent), kMaxUnsignedShort);
    };
    PixelDescription pixels;
    pixels.rows = number(dicom::tags::Rows, 0);
    pixels.columns = number(dicom::tags::Columns, 0);
    pixels.samples_per_pixel = number(dicom::tags::SamplesPerPixel, 1);
    pixels.bits_allocated = number(dicom::tags::BitsAllocated, 0);
    pixels.planar_configuration = number(dicom::tags::PlanarConfiguration, 0);
    return pixels;
}

/// What a codec must know of frames that are decoded from `syntax`.
codec::FrameShape shape_of(const PixelDescription& pixels, std::string_view syntax);

/// How an object's compressed pixel data are decoded.
struct Decoding {
    std::string syntax;  ///< Archive::pixel_syntax
    const codec::FrameCodec* decoder = nullptr;
    PixelDescription pixels;
};
/// `not_acceptable` when there is no decoder.
Result<Decoding> decoding_of(Archive& archive, const Location& location);

/// A frame's joined fragments as native pixels; `too_large` when they would take more than `limit` bytes.
Result<std::string> decode_frame(const codec::FrameCodec& decoder, ByteSource& fragments,
                                 const codec::FrameShape& shape, std::uint64_t limit);

/// A frame is held whole only while it is decoded; larger ones than this are not.
inline constexpr std::uint64_t kMaxDecodedFrameBytes = 1ULL << 30U;

/// The unit of byte swapping of a VR's letters.
unsigned swap_unit(std::string_view vr);

}  // namespace isocenter::archive
