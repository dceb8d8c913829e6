#pragma once

#include <optional>
#include <string>
#include <vector>

#include "archive/store.h"
#include "dicom/part10_reader.h"

namespace isocenter::archive {

/// What a policy says of an instance, before anything is stored.
struct Verdict {
    index::EntityKey key;  ///< bare UIDs; complete when there is no failure
    std::optional<StoreFailure> failure;
    std::string message;
    std::vector<dicom::Violation> violations;  ///< one per tag, in the order of dicomweb.md 4.5.3
    std::vector<std::string> hidden;           ///< paths dropped from metadata and index (lenient)
    bool patient_id_missing = false;
    bool multi_valued_indexed = false;
};

/// Looks at the identifiers alone: the first part of validate, and the same failure. Pure.
Verdict identify(const dicom::DataSet& data_set, const StorePolicy& policy);

/// Refuses an object whose Transfer Syntax UID is none: it is a label on everything that is retrieved. Pure.
void check_transfer_syntax(const dicom::Part10Object& object, Verdict& verdict);

/// Applies dicomweb.md 4.5 (strict_indexed, lenient) or standard-face.md 4.3 (standard, standard_checked).
/// Pure.
Verdict validate(const dicom::DataSet& data_set, const StorePolicy& policy);

}  // namespace isocenter::archive
