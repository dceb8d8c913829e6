#pragma once

#include "base/error.h"
#include "fhir/client/failure.h"

namespace isocenter::fhir {

/// What a missing reply of the DICOM server means.
Failure failure_of_archive(const Error& error);
/// What a status means that is no success. Whatever the archive refuses may pass later: no content of the
/// study is to blame for it.
Failure failure_of_archive(unsigned status);

}  // namespace isocenter::fhir
