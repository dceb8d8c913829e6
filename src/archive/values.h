#pragma once

#include <memory>
#include <string_view>

#include "archive/archive.h"
#include "archive/sources.h"

namespace isocenter::archive {

/// `range` of a stored object; `corrupt` when the object is missing or shorter than its record says.
Result<std::unique_ptr<ByteSource>> open_stored(blob::BlobStore& blobs, const index::InstanceRecord& record,
                                                ByteRange range);

/// `range` of a native value at `value` in little endian order, whatever the object's encoding is. `unit`:
/// bytes to swap when the object is big endian.
Result<std::unique_ptr<ByteSource>> open_value(blob::BlobStore& blobs, const Location& location,
                                               ByteRange value, ByteRange range, unsigned unit);

/// The unit of byte swapping of a VR's letters.
unsigned swap_unit(std::string_view vr);

}  // namespace isocenter::archive
