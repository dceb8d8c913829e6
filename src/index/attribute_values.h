#pragma once

#include <string>
#include <vector>

#include "dicom/data_set.h"
#include "index/index.h"

namespace isocenter::index {

/// What the records of all levels hold of an object (dicom::is_row_value): trimmed, UTF-8, as it is written:
/// also dates, times and numbers that are none. First values, of text and names all, joined by '\'. Left out:
/// empty ones, those at `hidden` paths, and what the index computes itself.
AttributeValues row_values(const dicom::DataSet& data_set, const std::vector<std::string>& hidden);

/// The items of RequestAttributesSequence that say anything.
std::vector<RequestItem> request_items(const dicom::DataSet& data_set,
                                       const std::vector<std::string>& hidden);

}  // namespace isocenter::index
