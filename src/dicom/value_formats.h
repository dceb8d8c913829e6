#pragma once

#include <string_view>

/// The formats of PS3.5 6.2 as dicomweb.md 4.5.3 takes them. Values come without their padding.
namespace isocenter::dicom {

/// `YYYYMMDD`, month up to 12 and day up to 31 without a lower bound, or two of them joined by '-'.
bool is_da_format(std::string_view text);
/// `HH[MM[SS[.F1-6]]]` with seconds up to 60, or two joined by '-'.
bool is_tm_format(std::string_view text);
/// `YYYY[MM[DD[HH[MM[SS[.F1-6]]]]]]` with an optional offset from UTC of -1200 to +1400, not -0000; or a
/// range, open ends allowed.
bool is_dt_format(std::string_view text);
/// Digits with optional sign, fraction and exponent. Leading zeros are allowed (PS3.5 6.2).
bool is_ds_format(std::string_view text);
/// Digits with an optional sign, from -2^31 to 2^31-1.
bool is_is_format(std::string_view text);
/// Three digits and one of D, W, M, Y.
bool is_as_format(std::string_view text);
/// Components of digits without leading zeros, joined by dots.
bool is_ui_format(std::string_view text);
/// Whether `count` values fit a value multiplicity of the dictionary: `1`, `1-3`, `1-n`, `2-2n`, `1-n or 1`.
bool fits_multiplicity(std::size_t count, std::string_view vm);

}  // namespace isocenter::dicom
