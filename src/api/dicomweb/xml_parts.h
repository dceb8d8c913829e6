#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "http/message.h"

namespace isocenter::api {

/// 200 with `multipart/related; type="application/dicom+xml"`: one Native DICOM Model document for each of
/// the DICOM JSON objects (PS3.18 8.6.1.2; without any, the closing boundary alone). `internal` when one
/// cannot be read.
Result<http::Response> xml_parts_response(const std::vector<std::string>& objects);

}  // namespace isocenter::api
