#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "dicom/data_set.h"

namespace isocenter::dicom {

/// A Native DICOM Model document (PS3.19 A.1) with XML declaration. Elements by `bulk_uri` become BulkData;
/// characters that XML 1.0 does not allow are dropped.
std::string to_xml(const DataSet& data_set);

/// Reads such a document; namespaces and the case of attribute names are not insisted on. `invalid_request`
/// with the place.
Result<DataSet> read_xml(std::string_view text);

}  // namespace isocenter::dicom
