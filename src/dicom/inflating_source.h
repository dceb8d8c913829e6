#pragma once

#include <memory>

#include "base/bytes.h"

namespace isocenter::dicom {

/// The inflated data set of a deflated object (PS3.5 A.5): `deflated` gives the bytes after the file meta
/// information, a raw deflate stream. `corrupt` when they are none or end too soon. One buffer of 64 KiB.
std::unique_ptr<ByteSource> make_inflating_source(std::unique_ptr<ByteSource> deflated);

}  // namespace isocenter::dicom
