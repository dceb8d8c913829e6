#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "fhir/mapping/parts.h"

/// Attributes as this profile reads them: one value or none (fhir-sync.md sections 7, 9, 12).
namespace isocenter::fhir::classic {

/// The attribute is there, even when empty.
bool is_present(const DataSet& data_set, std::string_view tag);
/// The value, when there is exactly one and it is not empty.
std::optional<std::string> single_text(const DataSet& data_set, std::string_view tag);
std::optional<std::int64_t> single_integer(const DataSet& data_set, std::string_view tag);
/// All values as DICOM writes them, joined by `\`; the groups of a person name by `=`.
std::string joined_text(const DataSet& data_set, std::string_view tag);

/// A date with day and month, those that are missing being the first: `1961-01-01`. Nothing for what is no
/// date.
std::optional<std::string> to_whole_date(std::string_view da);

struct Offset {
    std::string text = "+00:00";
    bool valid = true;  ///< false: the attribute's value is none, which was recorded
};
/// TimezoneOffsetFromUTC (0008,0201).
Offset read_offset(const DataSet& data_set, const Context& context);

/// Date and time of two attributes; nothing unless both are there and valid.
std::optional<std::string> started_at(const DataSet& data_set, std::string_view date_tag,
                                      std::string_view time_tag, const Offset& offset);

}  // namespace isocenter::fhir::classic
