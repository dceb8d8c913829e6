#pragma once

#include "base/bytes.h"
#include "dicom/image_header.h"

namespace isocenter::codec {

/// Pictures of formats that no transfer syntax has, turned into native pixels (PS3.18 table 10.5.2-1): rows
/// from the top, little endian, colour by pixel, one channel as MONOCHROME2, alpha dropped. They go to
/// `pixels` as they are decoded; the header tells what they are, the transfer syntax being Explicit VR Little
/// Endian. `malformed_dicom` for bytes that are no such picture, `too_large` when it takes more than
/// kMaxCanvasBytes of memory, and the errors of the two ends. Thread-safe.
Result<dicom::ImageHeader> decode_png(ByteSource& stream, ByteSink& pixels);
/// The same; every picture of an animation is a frame, drawn over those before it as it says.
Result<dicom::ImageHeader> decode_gif(ByteSource& stream, ByteSink& pixels);

/// What a picture that cannot be decoded row by row may take.
inline constexpr std::uint64_t kMaxCanvasBytes = 128ULL << 20U;

}  // namespace isocenter::codec
