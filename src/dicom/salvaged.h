#pragma once

#include "base/result.h"
#include "dicom/data_set.h"

namespace isocenter::dicom {

/// A data set as far as its text could be read.
struct Salvaged {
    DataSet data_set;  ///< without the attributes that could not
    Status status;     ///< why the first of those could not: `invalid_request` with the place
};

}  // namespace isocenter::dicom
