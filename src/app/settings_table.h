#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "app/settings.h"

namespace isocenter::app {

/// One row of settings.def as data.
struct SettingRow {
    struct Number {
        std::uint64_t Settings::*field;
        std::uint64_t fallback;
        std::uint64_t least;
        std::uint64_t most;
        std::string_view unit;
    };
    struct Text {
        std::string Settings::*field;
        std::string_view fallback;
        std::string_view choices;  ///< `a|b`, empty when any text is allowed
    };
    struct Flag {
        bool Settings::*field;
        bool fallback;
    };
    struct List {
        std::vector<std::string> Settings::*field;
    };
    std::string_view key;
    std::variant<Number, Text, Flag, List> kind;
    std::string_view help;

    std::string section() const { return std::string(key.substr(0, key.find('.'))); }
    std::string name() const { return std::string(key.substr(key.find('.') + 1)); }
    /// ISOCENTER_SECTION_NAME
    std::string variable() const;
    /// The default as TOML.
    std::string default_toml() const;
    /// What is allowed, for people: "a number from 0 to 65535".
    std::string allowed() const;
};

/// How lists are written where there is one text for a value.
inline constexpr std::string_view kListsInOneText =
    "commas between the members of a list, no brackets or quotes";

const std::vector<SettingRow>& setting_rows();

}  // namespace isocenter::app
