#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace isocenter::api {

/// The content type of what append_xml_part and append_xml_end make.
std::string xml_parts_type();
/// Appends the DICOM JSON object as a part: one Native DICOM Model document (PS3.18 8.6.1.2). `internal` when
/// it cannot be read.
Status append_xml_part(std::string& out, std::string_view object, bool first);
/// Without any part the closing boundary is alone.
void append_xml_end(std::string& out, bool any);

}  // namespace isocenter::api
