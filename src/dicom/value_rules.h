#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "dicom/charset.h"
#include "dicom/data_set.h"

namespace isocenter::dicom {

/// One violation found in a data set.
struct Violation {
    Tag tag;
    std::string path;    ///< as in BulkValue: where the element is
    std::string reason;  ///< for ErrorComment; names keyword, VR and rule, no value of a person (values of
                         ///< dates and codes may appear)
};

/// The "minimum rules" of dicomweb.md 4.5.2 for the first value of one element: why it is invalid, or an
/// empty text. `nul_tolerant`: trailing NULs are removed before checking (v2). `charset` is that of its data
/// set.
std::string check_minimum_rules(const Element& element, bool nul_tolerant,
                                const Charset& charset = Charset());

/// The whole-data-set check of dicomweb.md 4.5.3: every element at every level, private ones included; the
/// first problem of each element; top level in tag order first, then nested ones.
std::vector<Violation> check_data_set(const DataSet& data_set);

/// UID syntax of dicomweb.md 2.5: 1-64 digits and dots after removal of trailing blanks, the last a digit.
bool is_valid_uid(std::string_view uid);
/// `uid` without trailing blanks and NULs: how UIDs are compared and indexed everywhere.
std::string_view bare_uid(std::string_view uid);
/// `yyyyMMdd` and a real calendar date.
bool is_valid_date(std::string_view date);

}  // namespace isocenter::dicom
