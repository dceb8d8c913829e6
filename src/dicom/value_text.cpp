#include "dicom/value_text.h"

#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstring>
#include <limits>

#include "base/ascii.h"
#include "dicom/tag.h"

namespace isocenter::dicom {
namespace {

static_assert(std::endian::native == std::endian::little, "value fields are copied without swapping");

template <class T>
T load(const char* bytes) {
    T value;
    std::memcpy(&value, bytes, sizeof value);
    return value;
}

template <class T>
void store(std::string& bytes, T value) {
    bytes.append(reinterpret_cast<const char*>(&value), sizeof value);
}

template <class T>
std::string to_text(T value) {
    std::array<char, 40> buffer{};
    const auto result = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value);
    return {buffer.data(), result.ptr};
}

template <class T>
std::string float_text(T value) {
    if (std::isnan(value)) return "NaN";
    if (std::isinf(value)) return value > 0 ? "Infinity" : "-Infinity";
    return to_text(value);
}

template <class T>
bool has_not_finite(std::string_view bytes) {
    for (; bytes.size() >= sizeof(T); bytes.remove_prefix(sizeof(T)))
        if (!std::isfinite(load<T>(bytes.data()))) return true;
    return false;
}

std::string number_text(Vr vr, const char* bytes) {
    switch (vr) {
        case Vr::AT:
            return to_hex8({load<std::uint16_t>(bytes), load<std::uint16_t>(bytes + 2)});
        case Vr::FL:
            return float_text(load<float>(bytes));
        case Vr::FD:
            return float_text(load<double>(bytes));
        case Vr::SL:
            return to_text(load<std::int32_t>(bytes));
        case Vr::SS:
            return to_text(load<std::int16_t>(bytes));
        case Vr::SV:
            return to_text(load<std::int64_t>(bytes));
        case Vr::UL:
            return to_text(load<std::uint32_t>(bytes));
        case Vr::US:
            return to_text(load<std::uint16_t>(bytes));
        default:
            return to_text(load<std::uint64_t>(bytes));
    }
}

std::string_view trim_blanks(std::string_view text) {
    const std::size_t from = text.find_first_not_of(" \t\r\n");
    if (from == std::string_view::npos) return {};
    return text.substr(from, text.find_last_not_of(" \t\r\n") + 1 - from);
}

template <class T>
bool append_integer(std::string& bytes, std::string_view text) {
    if (const std::size_t point = text.find('.'); point != std::string_view::npos) {
        if (text.find_first_not_of('0', point + 1) != std::string_view::npos) return false;
        text = text.substr(0, point);
    }
    T value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) return false;
    store(bytes, value);
    return true;
}

template <class T>
bool append_float(std::string& bytes, std::string_view text) {
    // from_chars also takes "inf", "infinity" and "nan" in any case, and a sign before them.
    T value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) return false;
    store(bytes, value);
    return true;
}

bool append_tag(std::string& bytes, std::string_view text) {
    const auto tag = parse_hex8(text);
    if (!tag) return false;
    store(bytes, tag->group);
    store(bytes, tag->element);
    return true;
}

std::string_view take_digits(std::string_view& text) {
    std::size_t n = 0;
    while (n < text.size() && is_digit(text[n]))
        ++n;
    const auto digits = text.substr(0, n);
    text.remove_prefix(n);
    return digits;
}

/// The exponent with its letter; nothing when what is left is not exactly an exponent.
std::optional<std::string> exponent_text(std::string_view text) {
    if (text.empty()) return std::string();
    if (text.front() != 'e' && text.front() != 'E') return std::nullopt;
    std::string out(1, text.front());
    text.remove_prefix(1);
    if (!text.empty() && (text.front() == '+' || text.front() == '-')) {
        out += text.front();
        text.remove_prefix(1);
    }
    const auto digits = take_digits(text);
    if (digits.empty() || !text.empty()) return std::nullopt;
    return out.append(digits);
}

}  // namespace

bool is_binary_number(Vr vr) {
    switch (vr) {
        case Vr::AT:
        case Vr::FL:
        case Vr::FD:
        case Vr::SL:
        case Vr::SS:
        case Vr::SV:
        case Vr::UL:
        case Vr::US:
        case Vr::UV:
            return true;
        default:
            return false;
    }
}

bool has_number_not_finite(const Element& element) {
    switch (element.vr) {
        case Vr::FL:
            return has_not_finite<float>(element.bytes);
        case Vr::FD:
            return has_not_finite<double>(element.bytes);
        default:
            return false;
    }
}

std::vector<std::string> number_texts(const Element& element) {
    const std::size_t unit = unit_bytes(element.vr);
    const std::size_t count = element.bytes.size() / unit;
    std::vector<std::string> out;
    out.reserve(count);
    for (std::size_t i = 0; i < count; ++i)
        out.push_back(number_text(element.vr, element.bytes.data() + i * unit));
    return out;
}

bool append_number(std::string& bytes, Vr vr, std::string_view text) {
    text = trim_blanks(text);
    if (vr != Vr::AT && text.starts_with('+')) text.remove_prefix(1);
    switch (vr) {
        case Vr::AT:
            return append_tag(bytes, text);
        case Vr::FL:
            return append_float<float>(bytes, text);
        case Vr::FD:
            return append_float<double>(bytes, text);
        case Vr::SL:
            return append_integer<std::int32_t>(bytes, text);
        case Vr::SS:
            return append_integer<std::int16_t>(bytes, text);
        case Vr::SV:
            return append_integer<std::int64_t>(bytes, text);
        case Vr::UL:
            return append_integer<std::uint32_t>(bytes, text);
        case Vr::US:
            return append_integer<std::uint16_t>(bytes, text);
        case Vr::UV:
            return append_integer<std::uint64_t>(bytes, text);
        default:
            return false;
    }
}

std::vector<std::string> text_values(const Element& element, const Charset& charset) {
    auto values = charset.decode_values(element.bytes, element.vr);
    if (values.empty()) values.emplace_back();
    const char padding = element.vr == Vr::UI ? '\0' : ' ';
    for (auto& value : values)
        value.erase(value.find_last_not_of(padding) + 1);
    return values;
}

std::optional<std::string> json_number(std::string_view value) {
    value = trim_blanks(trim_padding(value));
    std::string out;
    if (value.starts_with('-')) out += '-';
    if (value.starts_with('-') || value.starts_with('+')) value.remove_prefix(1);
    const auto whole = take_digits(value);
    std::string_view fraction;
    if (value.starts_with('.')) {
        value.remove_prefix(1);
        fraction = take_digits(value);
    }
    if (whole.empty() && fraction.empty()) return std::nullopt;
    const auto exponent = exponent_text(value);
    if (!exponent) return std::nullopt;
    const std::size_t first = whole.find_first_not_of('0');
    out += first == std::string_view::npos ? "0" : whole.substr(first);
    if (!fraction.empty()) out.append(1, '.').append(fraction);
    out += *exponent;
    double checked = 0;
    const auto parsed = std::from_chars(out.data(), out.data() + out.size(), checked);
    if (parsed.ec != std::errc{} || !std::isfinite(checked)) return std::nullopt;
    return out;
}

std::vector<std::string_view> name_groups(std::string_view name) {
    std::vector<std::string_view> groups;
    while (groups.size() < 2) {
        const std::size_t end = name.find('=');
        if (end == std::string_view::npos) break;
        groups.push_back(name.substr(0, end));
        name.remove_prefix(end + 1);
    }
    groups.push_back(name);
    for (auto& group : groups)
        group = group.substr(0, group.find_last_not_of(' ') + 1);
    return groups;
}

}  // namespace isocenter::dicom
