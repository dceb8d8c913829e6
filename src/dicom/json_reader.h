#pragma once

#include <string_view>
#include <vector>

#include "base/result.h"
#include "dicom/data_set.h"
#include "dicom/salvaged.h"

namespace isocenter::dicom {

/// Reads DICOM JSON (PS3.18 annex F.2): an object or an array of objects. Lenient as standard-face.md 6.2
/// says: keys in either case or as keyword, numbers or strings for every VR of numbers, NaN and infinities as
/// strings, `Value` missing, null or empty, `vr` missing for an attribute of the dictionary, unknown members.
/// Text becomes UTF-8 bytes, and (0008,0005) `ISO_IR 192` when any of it is beyond ASCII. BulkDataURI goes to
/// Element::bulk_uri. `invalid_request` names the place and why: ill-formed JSON, a key twice, more than 64
/// nested sequences, more than two million values.
Result<std::vector<DataSet>> read_json(std::string_view text);

/// The same, but a data set that cannot be read spoils no other. `invalid_request` for ill-formed JSON and
/// its bounds, a key twice in an object, and text that is neither object nor array.
Result<std::vector<Salvaged>> salvage_json(std::string_view text);

/// Reads one attribute's object (`{"vr":...}`), of however many values: for text that append_json wrote.
/// Text stays as it is, in UTF-8.
Result<Element> read_json_attribute(Tag tag, std::string_view object);

}  // namespace isocenter::dicom
