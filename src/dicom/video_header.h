#pragma once

#include <string_view>

#include "base/bytes.h"
#include "dicom/image_header.h"

namespace isocenter::dicom {

/// Reads the sequence header of a video: MPEG-2 (H.262) for `video/mpeg`, H.264 for `video/mp4` and H.265 for
/// `video/h265`, as a stream of start codes, also inside of MPEG-2 systems, or in an MP4 file whose
/// description comes first. `bytes` may end behind it. `unsupported` when there is none, or one of a profile
/// and level that no transfer syntax has; `malformed_dicom` when it breaks off or describes no image of
/// DICOM. Pictures are not counted.
Result<ImageHeader> read_video_header(std::string_view media_type, ByteView bytes);

}  // namespace isocenter::dicom
