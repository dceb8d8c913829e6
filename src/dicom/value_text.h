#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dicom/charset.h"
#include "dicom/data_set.h"

/// Values as the texts that DICOM JSON and XML share, and back.
namespace isocenter::dicom {

/// AT, FL, FD, SL, SS, SV, UL, US, UV: values of a fixed number of bytes that have a text form.
bool is_binary_number(Vr vr);

/// Whether an FL or FD element has NaN or an infinity among its values: JSON has no such numbers.
bool has_number_not_finite(const Element& element);

/// The values of a binary number element: AT as 8 hex digits, integers in decimal, FL and FD as the shortest
/// text that reads back to the same number, `NaN`, `Infinity`, `-Infinity`. Bytes behind the last whole value
/// are left out.
std::vector<std::string> number_texts(const Element& element);

/// Appends the bytes of one value to the value field `bytes`; false when `text` is no number of that VR's
/// range. Accepts what number_texts makes, and `inf`, `-inf`, `nan` in any case, integers written with a
/// fraction of zeros, blanks around.
bool append_number(std::string& bytes, Vr vr, std::string_view text);

/// The values of a text element, decoded to UTF-8, without trailing blanks; UI instead without trailing NULs
/// and with its blanks (dicomweb.md sections 3 and 2.5). One empty member for an empty value field.
std::vector<std::string> text_values(const Element& element, const Charset& charset);

/// A DS or IS value as a JSON number with the digits as written (`+1.50` becomes `1.50`, `.5` `0.5`, `007`
/// `7`); nothing when it is no number or beyond the range of a double.
std::optional<std::string> json_number(std::string_view value);

/// The component groups of a person name (PS3.5 6.2.1): at most three, further ones stay in the third;
/// trailing blanks of each removed.
std::vector<std::string_view> name_groups(std::string_view name);

}  // namespace isocenter::dicom
