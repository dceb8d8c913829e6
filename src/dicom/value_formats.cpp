#include "dicom/value_formats.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>

#include "base/ascii.h"

namespace isocenter::dicom {
namespace {

/// A number of exactly `digits` digits at the front, taken off `text`.
std::optional<unsigned> take_number(std::string_view& text, std::size_t digits) {
    if (text.size() < digits || !all_digits(text.substr(0, digits))) return std::nullopt;
    unsigned value = 0;
    for (char c : text.substr(0, digits))
        value = value * 10 + static_cast<unsigned>(c - '0');
    text.remove_prefix(digits);
    return value;
}

bool take_two_digits(std::string_view& text, unsigned lowest, unsigned highest) {
    const auto value = take_number(text, 2);
    return value && *value >= lowest && *value <= highest;
}

std::string_view take_while_digit(std::string_view& text) {
    const auto end = std::find_if_not(text.begin(), text.end(), is_digit);
    const auto digits = text.substr(0, static_cast<std::size_t>(end - text.begin()));
    text.remove_prefix(digits.size());
    return digits;
}

/// `.F` to `.FFFFFF` at the front, if a point is there.
bool take_fraction(std::string_view& text) {
    if (!text.starts_with('.')) return true;
    text.remove_prefix(1);
    const std::size_t digits = take_while_digit(text).size();
    return digits >= 1 && digits <= 6;
}

/// `HH[MM[SS[.F]]]`; stops at what is no digit.
bool take_time(std::string_view& text) {
    if (!take_two_digits(text, 0, 23)) return false;
    if (text.empty() || !is_digit(text.front())) return true;
    if (!take_two_digits(text, 0, 59)) return false;
    if (text.empty() || !is_digit(text.front())) return true;
    return take_two_digits(text, 0, 60) && take_fraction(text);
}

bool is_single_time(std::string_view text) {
    return take_time(text) && text.empty();
}

bool is_single_date(std::string_view text) {
    return text.size() == 8 && take_number(text, 4) && take_two_digits(text, 0, 12) &&
           take_two_digits(text, 0, 31);
}

bool is_offset(std::string_view text) {
    const char sign = text.front();
    if (sign != '+' && sign != '-') return false;
    text.remove_prefix(1);
    const auto value = text.size() == 4 ? take_number(text, 4) : std::nullopt;
    if (!value || *value % 100 > 59) return false;
    return sign == '+' ? *value <= 1400 : *value >= 1 && *value <= 1200;
}

bool is_single_date_time(std::string_view text) {
    if (!take_number(text, 4)) return false;
    const auto goes_on = [&text] { return !text.empty() && is_digit(text.front()); };
    if (goes_on() && !take_two_digits(text, 1, 12)) return false;
    if (goes_on() && !take_two_digits(text, 1, 31)) return false;
    if (goes_on() && !take_time(text)) return false;
    return text.empty() || is_offset(text);
}

bool is_one_or_range(std::string_view text, bool (*single)(std::string_view)) {
    const std::size_t dash = text.find('-');
    if (dash == std::string_view::npos) return single(text);
    return single(text.substr(0, dash)) && single(text.substr(dash + 1));
}

std::size_t number_at_front(std::string_view text) {
    std::size_t value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
}

bool fits_one_multiplicity(std::size_t count, std::string_view vm) {
    const std::size_t least = number_at_front(vm);
    const std::size_t dash = vm.find('-');
    if (dash == std::string_view::npos) return count == least;
    const std::string_view upper = vm.substr(dash + 1);
    if (count < least) return false;
    if (!upper.ends_with('n')) return count <= number_at_front(upper);
    const std::size_t step = number_at_front(upper);
    return step < 2 || count % step == 0;
}

}  // namespace

bool is_da_format(std::string_view text) {
    return is_one_or_range(text, &is_single_date);
}

bool is_tm_format(std::string_view text) {
    return is_one_or_range(text, &is_single_time);
}

bool is_dt_format(std::string_view text) {
    if (is_single_date_time(text)) return true;
    // A '-' may also begin an offset: any that leaves two valid ends is the range's. That the years ascend
    // tells a range from a bad offset, as in 2024-0000.
    for (std::size_t dash = text.find('-'); dash != std::string_view::npos; dash = text.find('-', dash + 1)) {
        const auto from = text.substr(0, dash);
        const auto to = text.substr(dash + 1);
        if (from.empty() && to.empty()) return false;
        if (!from.empty() && !is_single_date_time(from)) continue;
        if (!to.empty() && !is_single_date_time(to)) continue;
        if (from.empty() || to.empty() || from.substr(0, 4) <= to.substr(0, 4)) return true;
    }
    return false;
}

bool is_ds_format(std::string_view text) {
    if (text.starts_with('+') || text.starts_with('-')) text.remove_prefix(1);
    std::size_t digits = take_while_digit(text).size();
    if (text.starts_with('.')) {
        text.remove_prefix(1);
        digits += take_while_digit(text).size();
    }
    if (digits == 0) return false;
    if (text.empty()) return true;
    if (text.front() != 'e' && text.front() != 'E') return false;
    text.remove_prefix(1);
    if (text.starts_with('+') || text.starts_with('-')) text.remove_prefix(1);
    return !text.empty() && all_digits(text);
}

bool is_is_format(std::string_view text) {
    if (text.starts_with('+')) {
        text.remove_prefix(1);
        if (text.starts_with('-')) return false;
    }
    std::int32_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc{} && end == text.data() + text.size();
}

bool is_as_format(std::string_view text) {
    return text.size() == 4 && all_digits(text.substr(0, 3)) &&
           std::string_view("DWMY").find(text[3]) != std::string_view::npos;
}

bool is_ui_format(std::string_view text) {
    for (;;) {
        const auto component = take_while_digit(text);
        if (component.empty() || (component.size() > 1 && component.front() == '0')) return false;
        if (text.empty()) return true;
        if (text.front() != '.') return false;
        text.remove_prefix(1);
    }
}

bool fits_multiplicity(std::size_t count, std::string_view vm) {
    for (;;) {
        const std::size_t end = vm.find(" or ");
        if (fits_one_multiplicity(count, vm.substr(0, end))) return true;
        if (end == std::string_view::npos) return false;
        vm.remove_prefix(end + 4);
    }
}

}  // namespace isocenter::dicom
