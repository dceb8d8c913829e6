#include "dicom/vr.h"

#include <array>
#include <cstddef>

namespace isocenter::dicom {

namespace {

enum Trait : std::uint8_t {
    kLong = 1,     // 32-bit length in explicit VR
    kBulk = 2,     // left out of metadata by the compatibility faces
    kText = 4,     // characters
    kCharset = 8,  // decoded by Specific Character Set
    kMulti = 16,   // '\' separates values
};

struct Row {
    std::string_view name;
    std::uint8_t unit;
    std::uint8_t traits;
};

constexpr std::uint8_t kPlainText = kText | kMulti;
constexpr std::uint8_t kLocalText = kText | kMulti | kCharset;

/// In the order of the enumeration.
constexpr std::array<Row, 34> kRows = {{
    {"AE", 1, kPlainText},
    {"AS", 1, kPlainText},
    {"AT", 4, 0},
    {"CS", 1, kPlainText},
    {"DA", 1, kPlainText},
    {"DS", 1, kPlainText},
    {"DT", 1, kPlainText},
    {"FD", 8, 0},
    {"FL", 4, 0},
    {"IS", 1, kPlainText},
    {"LO", 1, kLocalText},
    {"LT", 1, kText | kCharset},
    {"OB", 1, kLong | kBulk},
    {"OD", 8, kLong | kBulk},
    {"OF", 4, kLong | kBulk},
    {"OL", 4, kLong | kBulk},
    {"OV", 8, kLong | kBulk},
    {"OW", 2, kLong | kBulk},
    {"PN", 1, kLocalText},
    {"SH", 1, kLocalText},
    {"SL", 4, 0},
    {"SQ", 1, kLong},
    {"SS", 2, 0},
    {"ST", 1, kText | kCharset},
    {"SV", 8, kLong},
    {"TM", 1, kPlainText},
    {"UC", 1, kLocalText | kLong},
    {"UI", 1, kPlainText},
    {"UL", 4, 0},
    {"UN", 1, kLong | kBulk},
    {"UR", 1, kText | kLong},
    {"US", 2, 0},
    {"UT", 1, kText | kCharset | kLong},
    {"UV", 8, kLong},
}};
static_assert(static_cast<std::size_t>(Vr::UV) + 1 == kRows.size());

constexpr std::uint8_t kNone = 0xFF;

/// Vr by its two letters, so that the reader does not search.
constexpr std::array<std::uint8_t, 26U * 26U> kByLetters = [] {
    std::array<std::uint8_t, 26U * 26U> table{};
    table.fill(kNone);
    for (std::size_t i = 0; i < kRows.size(); ++i) {
        const auto first = static_cast<std::size_t>(kRows[i].name[0] - 'A');
        const auto second = static_cast<std::size_t>(kRows[i].name[1] - 'A');
        table[first * 26 + second] = static_cast<std::uint8_t>(i);
    }
    return table;
}();

const Row& row_of(Vr vr) {
    return kRows[static_cast<std::size_t>(vr)];
}

bool has(Vr vr, Trait trait) {
    return (row_of(vr).traits & trait) != 0;
}

}  // namespace

std::string_view to_string(Vr vr) {
    return row_of(vr).name;
}

std::optional<Vr> parse_vr(std::string_view two_letters) {
    if (two_letters.size() != 2) return std::nullopt;
    const auto first = static_cast<unsigned>(static_cast<unsigned char>(two_letters[0])) - unsigned{'A'};
    const auto second = static_cast<unsigned>(static_cast<unsigned char>(two_letters[1])) - unsigned{'A'};
    if (first >= 26 || second >= 26) return std::nullopt;
    const std::uint8_t number = kByLetters[first * 26 + second];
    if (number == kNone) return std::nullopt;
    return static_cast<Vr>(number);
}

bool has_long_length(Vr vr) {
    return has(vr, kLong);
}
bool is_bulk(Vr vr) {
    return has(vr, kBulk);
}
bool uses_character_set(Vr vr) {
    return has(vr, kCharset);
}
bool is_text(Vr vr) {
    return has(vr, kText);
}
bool is_multi_valued_text(Vr vr) {
    return has(vr, kMulti);
}
unsigned unit_bytes(Vr vr) {
    return row_of(vr).unit;
}

}  // namespace isocenter::dicom
