#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "dicom/attribute_path.h"
#include "dicom/query.h"

namespace isocenter::api {

/// How the values of a query are read.
struct MatchOptions {
    /// standard-face.md 5.4; false: the rules of the compatibility faces, dicomweb.md 6.3.
    bool standard = true;
    bool fuzzy = false;            ///< fuzzymatching
    bool empty_value = false;      ///< emptyvaluematching
    bool multiple_values = false;  ///< multiplevaluematching
};

/// The conditions that one value means; none: universal matching (PS3.4 C.2.2.2.3). Several only for
/// multiplevaluematching, where all must hold.
using Conditions = std::vector<dicom::Match>;

/// Reads `value` (decoded UTF-8) of attribute `path` sent under `name`, which is used in messages.
/// `invalid_request` when it is no value of the attribute's VR, `too_large` for overlong lists.
///
/// The compatibility faces: equality, but a value with `*` or `?` of a VR that knows wildcards is a pattern
/// and UIDs may be a list (dicomweb.md section 13, row 10); empty is universal (row 9).
Result<Conditions> read_match_value(const dicom::AttributePath& path, std::string_view name,
                                    std::string_view value, const MatchOptions& options);

/// A range as it was written, for combining a date with a time.
struct RangeText {
    std::string from;  ///< `yyyyMMdd` or `HHMMSS.FFFFFF`; empty: open
    std::string to;
    bool is_range = false;  ///< false: a single value, from == to
};
/// Reads one DA or TM value or range; nothing when it is ill-formed, or the dates descend. Times may: over
/// midnight, see find_time_over_midnight.
std::optional<RangeText> read_date_range(std::string_view text);
std::optional<RangeText> read_time_range(std::string_view text);

}  // namespace isocenter::api
