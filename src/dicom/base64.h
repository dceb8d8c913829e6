#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace isocenter::dicom {

/// Appends RFC 4648 section 4 base64, padded, without line breaks (PS3.18 F.2.7).
void append_base64(std::string& out, std::string_view bytes);

/// The bytes; white space anywhere and missing padding are tolerated, anything else that is not of the
/// alphabet gives nothing.
std::optional<std::string> decode_base64(std::string_view text);

}  // namespace isocenter::dicom
