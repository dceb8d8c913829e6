#pragma once

#include <string_view>
#include <vector>

#include "base/result.h"
#include "dicom/data_set.h"

namespace isocenter::dicom {

/// Reads DICOM JSON (PS3.18 annex F.2): an object or an array of objects. Lenient as standard-face.md 6.2
/// says: keys in either case or as keyword, numbers or strings for DS IS SV UV, NaN and infinities as
/// strings, `Value` missing, null or empty, `vr` missing for a known attribute. Text becomes UTF-8 bytes and
/// (0008,0005) `ISO_IR 192` when anything needs it. BulkDataURI goes to Element::bulk_uri. `invalid_request`
/// names the key and why; duplicate keys, depth over 64 and sizes are bounded.
Result<std::vector<DataSet>> read_json(std::string_view text);

}  // namespace isocenter::dicom
