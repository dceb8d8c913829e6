#include "dicom/value_keys.h"

#include <charconv>

#include "base/ascii.h"
#include "dicom/charset.h"
#include "dicom/value_rules.h"

namespace isocenter::dicom {
namespace {

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && text.front() == ' ')
        text.remove_prefix(1);
    return trim_padding(text);
}

}  // namespace

std::optional<std::string> date_key(std::string_view text) {
    text = trimmed(text);
    std::string date(text);
    if (text.size() == 10 && text[4] == '.' && text[7] == '.') std::erase(date, '.');
    return is_valid_date(date) ? std::optional(std::move(date)) : std::nullopt;
}

std::optional<std::string> time_key(std::string_view text) {
    text = trimmed(text);
    const std::size_t point = text.find('.');
    std::string whole(text.substr(0, point));
    std::string fraction(point == std::string_view::npos ? std::string_view{} : text.substr(point + 1));
    const bool with_colons =
        (whole.size() == 5 && whole[2] == ':') || (whole.size() == 8 && whole[2] == ':' && whole[5] == ':');
    if (with_colons) std::erase(whole, ':');
    const bool full = whole.size() == 2 || whole.size() == 4 || whole.size() == 6;
    if (!full || !all_digits(whole) || !all_digits(fraction)) return std::nullopt;
    whole.resize(6, '0');
    const bool real = whole.substr(0, 2) < "24" && whole.substr(2, 2) < "60" && whole.substr(4) <= "60";
    if (!real) return std::nullopt;
    fraction.resize(6, '0');
    return whole + "." + fraction;
}

std::optional<double> number_key(std::string_view text) {
    text = trimmed(text);
    if (!text.empty() && text.front() == '+') text.remove_prefix(1);
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    if (!(value >= -1e300 && value <= 1e300)) return std::nullopt;
    return value;
}

}  // namespace isocenter::dicom
