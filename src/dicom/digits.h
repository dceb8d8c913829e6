#pragma once

#include <algorithm>
#include <string_view>

namespace isocenter::dicom {

/// '0' to '9', whatever the locale.
inline bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

/// True of an empty text as well.
inline bool all_digits(std::string_view text) {
    return std::all_of(text.begin(), text.end(), is_digit);
}

}  // namespace isocenter::dicom
