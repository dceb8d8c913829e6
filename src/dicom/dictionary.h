#pragma once

#include <optional>
#include <string_view>

#include "dicom/tag.h"
#include "dicom/vr.h"

namespace isocenter::dicom {

/// One row of the data dictionary (PS3.6 chapter 6).
struct DictionaryEntry {
    Tag tag;                   ///< repeating groups (60xx) are given with the group asked for
    std::string_view keyword;  ///< "PatientName"
    Vr vr;                     ///< the first of several ("US or SS": US, "OB or OW": OW)
    std::string_view vr_text;  ///< as in the standard: "US or SS"
    std::string_view vm;       ///< "1", "1-n", "2-2n"
};

/// Nothing for private tags, group lengths and numbers the standard does not have. O(log n); thread-safe.
std::optional<DictionaryEntry> find_entry(Tag tag);
/// By case-sensitive keyword. O(log n); thread-safe.
std::optional<DictionaryEntry> find_keyword(std::string_view keyword);

}  // namespace isocenter::dicom
