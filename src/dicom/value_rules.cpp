#include "dicom/value_rules.h"

#include <algorithm>
#include <chrono>
#include <optional>

#include "base/ascii.h"
#include "base/utf8.h"
#include "dicom/dictionary.h"
#include "dicom/value_formats.h"
#include "dicom/value_text.h"

namespace isocenter::dicom {
namespace {

constexpr std::string_view kInvalidCharacter = "value contains invalid character";

bool is_control(char c) {
    const auto value = static_cast<unsigned char>(c);
    return (value < 0x20 && value != 0x1B) || value == 0x7F;
}

bool has_control(std::string_view text) {
    return std::any_of(text.begin(), text.end(), is_control);
}

std::string_view without_nuls(std::string_view text) {
    return text.substr(0, text.find_last_not_of('\0') + 1);
}

std::string_view trimmed(std::string_view text) {
    text = trim_padding(text);
    text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
    return text;
}

std::string too_long(std::size_t limit) {
    return "value exceeds maximum length of " + std::to_string(limit) + " characters";
}

/// Rules return why a value is invalid, or an empty text.
std::string check_length(std::string_view value, std::size_t limit) {
    return utf8_length(value) > limit ? too_long(limit) : std::string();
}

std::string check_plain_text(std::string_view value, std::size_t limit) {
    if (has_control(value) || value.find('\\') != std::string_view::npos)
        return std::string(kInvalidCharacter);
    return check_length(value, limit);
}

std::string check_name(std::string_view value) {
    if (has_control(value)) return std::string(kInvalidCharacter);
    if (std::count(value.begin(), value.end(), '=') > 2) return "value has more than 3 component groups";
    while (true) {
        const std::size_t end = value.find('=');
        const auto group = value.substr(0, end);
        if (auto problem = check_length(group, 64); !problem.empty()) return problem;
        if (std::count(group.begin(), group.end(), '^') > 4) return "a group has more than 5 components";
        if (end == std::string_view::npos) return {};
        value.remove_prefix(end + 1);
    }
}

std::string check_application_entity(std::string_view value) {
    if (trimmed(value).empty()) return "value consists of spaces only";
    return check_plain_text(trimmed(value), 16);
}

std::string check_code(std::string_view value) {
    const bool valid = std::all_of(value.begin(), value.end(), [](char c) {
        return (c >= 'A' && c <= 'Z') || is_digit(c) || c == '_' || c == ' ';
    });
    return valid ? check_length(value, 16) : std::string(kInvalidCharacter);
}

std::string check_decimal(std::string_view value) {
    value = trimmed(value);
    if (!value.empty() && !is_ds_format(value)) return "value is not a decimal number";
    return check_length(value, 16);
}

std::string expect(bool valid, std::string_view problem) {
    return valid ? std::string() : std::string(problem);
}

std::string check_time(std::string_view value) {
    return expect(is_tm_format(trim_padding(value)), "value does not match the pattern HHMMSS.FFFFFF");
}

std::string check_date_time(std::string_view value) {
    return expect(is_dt_format(trim_padding(value)),
                  "value does not match the pattern YYYYMMDDHHMMSS.FFFFFF&ZZXX");
}

std::string check_integer(std::string_view value) {
    return expect(is_is_format(trimmed(value)), "value is not an integer of 32 bits");
}

std::string check_uid_format(std::string_view value) {
    value = bare_uid(value);
    if (value.size() > 64) return too_long(64);
    return expect(is_ui_format(value), "value is not a valid UID");
}

/// dicomweb.md 4.5.3 for one value that is not empty; `value` without trailing NULs.
std::string check_value(Vr vr, std::string_view value) {
    switch (vr) {
        case Vr::AE:
            return check_application_entity(value);
        case Vr::AS:
            return expect(is_as_format(trim_padding(value)),
                          "value does not match the pattern 000D, W, M or Y");
        case Vr::CS:
            return check_code(trim_padding(value));
        case Vr::DA:
            return expect(is_da_format(trim_padding(value)),
                          "one of the date values does not match the pattern YYYYMMDD");
        case Vr::DS:
            return check_decimal(value);
        case Vr::DT:
            return check_date_time(value);
        case Vr::IS:
            return check_integer(value);
        case Vr::LO:
            return check_plain_text(trim_padding(value), 64);
        case Vr::SH:
            return check_plain_text(trim_padding(value), 16);
        case Vr::LT:
            return check_length(trim_padding(value), 10240);
        case Vr::ST:
            return check_length(trim_padding(value), 1024);
        case Vr::PN:
            return check_name(trim_padding(value));
        case Vr::TM:
            return check_time(value);
        case Vr::UI:
            return check_uid_format(value);
        default:
            return {};
    }
}

/// Dates, numbers and codes may be shown; names and free text may be about a person.
bool may_be_shown(Vr vr) {
    return is_text(vr) && !uses_character_set(vr);
}

std::string describe(Vr vr, std::string_view value, std::string_view problem) {
    constexpr std::size_t kShown = 64;
    std::string out = "Content ";
    if (may_be_shown(vr)) {
        std::string shown(value.substr(0, kShown));
        std::replace_if(shown.begin(), shown.end(), is_control, '?');
        out.append(1, '"').append(shown).append("\" ");
    }
    return out.append("does not validate VR ").append(to_string(vr)).append(": ").append(problem);
}

std::size_t count_values(const Element& element) {
    if (is_binary_number(element.vr)) return element.bytes.size() / unit_bytes(element.vr);
    return split_values(element.bytes).size();
}

std::string check_multiplicity(const Element& element, std::size_t count) {
    const auto entry = find_entry(element.tag);
    if (!entry || count == 0 || fits_multiplicity(count, entry->vm)) return {};
    std::string out(entry->keyword);
    out.append(" has ").append(std::to_string(count)).append(count == 1 ? " value" : " values");
    return out.append(", its value multiplicity is ").append(entry->vm);
}

std::string check_element(const Element& element, const Charset& charset) {
    if (element.vr == Vr::SQ || !element.held || element.bytes.empty()) return {};
    if (is_binary_number(element.vr)) return check_multiplicity(element, count_values(element));
    if (!is_text(element.vr)) return {};
    const auto values = charset.decode_values(element.bytes, element.vr);
    for (const auto& value : values) {
        const auto content = without_nuls(value);
        if (content.empty()) continue;
        if (auto problem = check_value(element.vr, content); !problem.empty())
            return describe(element.vr, content, problem);
    }
    if (!is_multi_valued_text(element.vr)) return {};
    return check_multiplicity(element, values.size());
}

/// Elements of `data_set` itself, then those of its items.
void check_level(const DataSet& data_set, const Charset& inherited, const std::string& prefix,
                 std::vector<Violation>& out) {
    const Charset charset = Charset::of(data_set, inherited);
    for (const Element& element : data_set.elements()) {
        if (element.tag.is_group_length()) continue;
        if (auto reason = check_element(element, charset); !reason.empty())
            out.push_back({element.tag, prefix + to_hex8(element.tag), std::move(reason)});
    }
    for (const Element& element : data_set.elements()) {
        for (std::size_t i = 0; i < element.items.size(); ++i) {
            const std::string path = prefix + to_hex8(element.tag) + '/' + std::to_string(i + 1) + '/';
            check_level(element.items[i], charset, path, out);
        }
    }
}

std::size_t least_bytes(Vr vr) {
    switch (vr) {
        case Vr::FD:
        case Vr::FL:
        case Vr::SL:
        case Vr::SS:
        case Vr::UL:
        case Vr::US:
            return unit_bytes(vr);
        default:
            return 0;
    }
}

std::string check_first_value(Vr vr, std::string_view value) {
    if (vr == Vr::AS) return expect(utf8_length(value) == 4, "Value must have 4 characters.");
    if (value.empty()) return {};
    std::string problem;
    switch (vr) {
        case Vr::AE:
        case Vr::CS:
        case Vr::SH:
            problem = check_length(value, 16);
            break;
        case Vr::DA:
            return expect(is_valid_date(value), "Value is not a date of the form yyyyMMdd.");
        case Vr::DT:
        case Vr::TM:
        case Vr::IS:
        case Vr::LO:
        case Vr::PN:
            problem = vr == Vr::LO ? check_plain_text(value, 64) : check_value(vr, value);
            break;
        case Vr::UI:
            return expect(is_valid_uid(value), "Value is not a valid UID.");
        default:
            break;
    }
    if (problem.empty()) return {};
    problem.front() = static_cast<char>(problem.front() - 'a' + 'A');
    return problem + '.';
}

std::string first_problem(const Element& element, bool nul_tolerant, const Charset& charset) {
    const auto entry = find_entry(element.tag);
    if (entry && entry->vr_text.find(to_string(element.vr)) == std::string_view::npos)
        return "The VR must be " + std::string(entry->vr_text) + ".";
    if (is_binary_number(element.vr)) {
        const std::size_t least = least_bytes(element.vr);
        return expect(element.bytes.size() >= least, "Value must have " + std::to_string(least) + " bytes.");
    }
    if (!is_text(element.vr)) return {};
    const auto values = text_values(element, charset);
    std::string_view value = values.front();
    if (nul_tolerant) value = trim_padding(value);
    return check_first_value(element.vr, value);
}

}  // namespace

std::string check_minimum_rules(const Element& element, bool nul_tolerant, const Charset& charset) {
    std::string problem = first_problem(element, nul_tolerant, charset);
    if (problem.empty()) return {};
    const auto entry = find_entry(element.tag);
    std::string out = "Dicom element '";
    out += entry ? std::string(entry->keyword) : to_hex8(element.tag);
    out.append("' failed validation for VR '").append(to_string(element.vr)).append("': ");
    return out.append(problem);
}

std::vector<Violation> check_data_set(const DataSet& data_set) {
    std::vector<Violation> out;
    check_level(data_set, Charset(), {}, out);
    return out;
}

bool is_valid_uid(std::string_view uid) {
    uid = uid.substr(0, uid.find_last_not_of(' ') + 1);
    if (uid.empty() || uid.size() > 64 || uid.back() == '.') return false;
    return uid.find_first_not_of("0123456789.") == std::string_view::npos;
}

std::string_view bare_uid(std::string_view uid) {
    return trim_padding(uid);
}

bool is_valid_date(std::string_view date) {
    if (date.size() != 8 || !is_da_format(date)) return false;
    const auto number = [&](std::size_t at, std::size_t digits) {
        unsigned value = 0;
        for (char c : date.substr(at, digits))
            value = value * 10 + static_cast<unsigned>(c - '0');
        return value;
    };
    const std::chrono::year_month_day day{std::chrono::year(static_cast<int>(number(0, 4))),
                                          std::chrono::month(number(4, 2)), std::chrono::day(number(6, 2))};
    return number(0, 4) > 0 && day.ok();
}

}  // namespace isocenter::dicom
