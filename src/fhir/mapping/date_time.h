#pragma once

#include <optional>
#include <string>
#include <string_view>

/// DICOM dates and times as FHIR writes them (fhir-sync.md section 12, row 15 of section 20).
namespace isocenter::fhir {

/// DA, also partial (`1961`, `196104`) or with `.` or `/`: `1961`, `1961-04`, `1961-04-30`. Nothing for what
/// is no day of the calendar.
std::optional<std::string> to_fhir_date(std::string_view da);

/// Whether `tm` is a TM, whole or partial.
bool is_time(std::string_view tm);

/// `+0530` as `+05:30`; nothing beyond 14 hours or of another form.
std::optional<std::string> to_fhir_offset(std::string_view offset);

/// Date and time as FHIR dateTime: seconds always, fraction to milliseconds without zeros at the end. Without
/// a (valid) time or with a partial date the date alone. `offset` is in FHIR's form; empty: that of `zone`
/// (IANA name) at that moment. Nothing without a valid date.
std::optional<std::string> to_fhir_date_time(std::string_view da, std::string_view tm,
                                             std::string_view offset, const std::string& zone);

/// DT (`20240229134501.25+0530`) likewise; an own offset beyond 14 hours counts as absent. Nothing, too,
/// where what follows a sign is not four digits.
std::optional<std::string> to_fhir_date_time(std::string_view dt, std::string_view offset,
                                             const std::string& zone);

/// Whether the above gives all that is in `dt`, and nothing was invalid.
bool is_date_time(std::string_view dt);

}  // namespace isocenter::fhir
