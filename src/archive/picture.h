#pragma once

#include <string_view>

#include "base/bytes.h"
#include "dicom/image_header.h"

namespace isocenter::archive {

/// Whether pixel data of that media type are given as native ones, since no transfer syntax has them
/// (PS3.18 table 10.5.2-1: GIF, PNG).
bool is_picture_type(std::string_view media_type);

/// Decodes such a picture; `pixels` gets its native frames one after another. `malformed_dicom` when it
/// cannot be read, `too_large`, and the errors of the two ends.
Result<dicom::ImageHeader> decode_picture(std::string_view media_type, ByteSource& stream, ByteSink& pixels);

}  // namespace isocenter::archive
