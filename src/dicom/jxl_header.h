#pragma once

#include <optional>

#include "base/bytes.h"
#include "dicom/image_header.h"

namespace isocenter::dicom {

/// Whether `bytes` begin as a JPEG XL codestream (ISO/IEC 18181-1) or file of boxes (18181-2) does.
bool is_jxl(ByteView bytes);

/// Reads the headers of a JPEG XL image; nothing when they break off or describe no integers. Channels beside
/// the colours do not count. The syntax is that of a lossless image where nothing in the stream contradicts
/// it, and that of any image where an embedded colour profile hides how the image is coded.
std::optional<ImageHeader> read_jxl_header(ByteView bytes);

}  // namespace isocenter::dicom
