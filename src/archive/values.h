#pragma once

#include <memory>
#include <string_view>

#include "archive/archive.h"
#include "archive/sources.h"

namespace isocenter::codec {
class FrameCodec;
struct FrameShape;
}  // namespace isocenter::codec

namespace isocenter::archive {

/// `range` of a stored object; `corrupt` when the object is missing or shorter than its record says.
Result<std::unique_ptr<ByteSource>> open_stored(blob::BlobStore& blobs, const index::InstanceRecord& record,
                                                ByteRange range);

/// `range` of a native value at `value` in little endian order, whatever the object's encoding is. `unit`:
/// bytes to swap when the object is big endian.
Result<std::unique_ptr<ByteSource>> open_value(blob::BlobStore& blobs, const Location& location,
                                               ByteRange value, ByteRange range, unsigned unit);

/// What a codec must know of the frames.
codec::FrameShape shape_of(const PixelDescription& pixels);

/// A frame's joined fragments as native pixels; `too_large` when they would take more than `limit` bytes.
Result<std::string> decode_frame(const codec::FrameCodec& decoder, ByteSource& fragments,
                                 const codec::FrameShape& shape, std::uint64_t limit);

/// A frame is held whole only while it is decoded; larger ones than this are not.
inline constexpr std::uint64_t kMaxDecodedFrameBytes = 1ULL << 30U;

/// The unit of byte swapping of a VR's letters.
unsigned swap_unit(std::string_view vr);

}  // namespace isocenter::archive
