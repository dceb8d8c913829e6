#include "app/settings_table.h"

#include <fmt/format.h>

namespace isocenter::app {
namespace {

std::string quoted(std::string_view text) {
    return fmt::format("\"{}\"", text);
}

std::string with_unit(std::uint64_t number, std::string_view unit) {
    return unit.empty() ? fmt::format("{}", number) : fmt::format("{} {}", number, unit);
}

}  // namespace

const std::vector<SettingRow>& setting_rows() {
    static const std::vector<SettingRow> rows = {
#define TEXT(key, field, value, help) {key, SettingRow::Text{&Settings::field, value, ""}, help},
#define LIST(key, field, help) {key, SettingRow::List{&Settings::field}, help},
#define BOOL(key, field, value, help) {key, SettingRow::Flag{&Settings::field, value}, help},
#define CHOICE(key, field, value, choices, help) \
    {key, SettingRow::Text{&Settings::field, value, choices}, help},
#define NUMBER(key, field, value, least, most, unit, help) \
    {key, SettingRow::Number{&Settings::field, value, least, most, unit}, help},
#include "app/settings.def"
#undef TEXT
#undef LIST
#undef BOOL
#undef CHOICE
#undef NUMBER
    };
    return rows;
}

std::string SettingRow::variable() const {
    std::string result = "ISOCENTER_";
    for (const char c : key)
        result += c == '.' ? '_' : static_cast<char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
    return result;
}

std::string SettingRow::default_toml() const {
    if (const auto* number = std::get_if<Number>(&kind)) return fmt::format("{}", number->fallback);
    if (const auto* text = std::get_if<Text>(&kind)) return quoted(text->fallback);
    if (const auto* flag = std::get_if<Flag>(&kind)) return flag->fallback ? "true" : "false";
    return "[]";
}

std::string SettingRow::allowed() const {
    if (const auto* number = std::get_if<Number>(&kind)) {
        return fmt::format("a whole number from {} to {}", number->least,
                           with_unit(number->most, number->unit));
    }
    if (const auto* text = std::get_if<Text>(&kind)) {
        if (text->choices.empty()) return "text";
        std::string result = "one of ";
        for (const char c : text->choices)
            result += c == '|' ? std::string(", ") : std::string(1, c);
        return result;
    }
    return std::holds_alternative<Flag>(kind) ? "true or false" : "a list of texts";
}

}  // namespace isocenter::app
