#pragma once

#include <cstdint>
#include <string>

#include "base/memory_budget.h"
#include "base/result.h"
#include "dicom/data_set.h"

namespace isocenter::dicom {

/// Appends the DICOM JSON object (PS3.18 annex F.2; choices of standard-face.md section 6) of `data_set` to
/// `out`. This is the form the index keeps, complete for every face:
/// - keys ascending, upper case; no group 0002, no group lengths, no (FFFC,FFFC);
/// - (0008,0005) as stored; text decoded to UTF-8 without trailing blanks, but with trailing NULs (UI the
/// other
///   way round);
/// - DS and IS as numbers with the stored digits made legal JSON, all values of the element as strings when
/// one
///   is not a number; SV and UV beyond 2^53-1 as strings;
/// - FL/FD shortest text; an element with NaN or infinity has both forms,
/// `"Value":["NaN",1],"BulkDataURI":"PATH"`,
///   of which append_filtered leaves one;
/// - bulk values that are held: InlineBinary; values by place or by `bulk_uri`: `"BulkDataURI":"PATH"` with
///   PATH relative (`7FE00010`, `00880200/1/7FE00010`), which a face completes to an absolute URI;
/// - an empty element has no Value; an empty member of several values is null.
/// `data_set` of a nested item inherits the character set of its parent.
void append_json(std::string& out, const DataSet& data_set);

inline std::string to_json(const DataSet& data_set) {
    std::string out;
    append_json(out, data_set);
    return out;
}

/// The same of a data set that anybody may have made: a value can take six times its bytes. `too_large` past
/// `most_bytes`. `reserve` is asked for the text twice, so that whoever gets it can copy it, and for what the
/// element under way takes beside it; an error of it is returned.
Result<std::string> to_json(const DataSet& data_set, std::uint64_t most_bytes, const Reserve& reserve);

}  // namespace isocenter::dicom
