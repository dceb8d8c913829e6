#pragma once

#include <optional>
#include <string>
#include <string_view>

/// The forms in which values are compared by their meaning, however they are written.
namespace isocenter::dicom {

/// `yyyyMMdd`; nothing when the text is no whole date of the calendar. `yyyy.MM.dd` (ACR-NEMA) is read too.
std::optional<std::string> date_key(std::string_view text);
/// `HHMMSS.FFFFFF`, missing parts as zeros; nothing when the text is no time of a day. `HH:MM:SS` (ACR-NEMA)
/// is read too.
std::optional<std::string> time_key(std::string_view text);
/// The value of a decimal number; nothing when the text is none.
std::optional<double> number_key(std::string_view text);

}  // namespace isocenter::dicom
