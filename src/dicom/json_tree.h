#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace isocenter::dicom {

/// A JSON value that keeps what a data set needs and other trees lose: numbers by their digits, members in
/// their order with duplicates.
struct JsonNode {
    enum class Kind : std::uint8_t { null, boolean, number, string, array, object };
    Kind kind = Kind::null;
    std::string key;              ///< of a member of an object
    std::string text;             ///< of a string, unescaped; the digits of a number; "true" or "false"
    std::vector<JsonNode> items;  ///< of an array or object

    bool is(Kind other) const { return kind == other; }
};

/// As many as a text from outside may have.
inline constexpr std::size_t kMaxJsonValues = 2'000'000;

/// Parses one RFC 8259 text (a byte order mark is skipped). `invalid_request` with the place when it is
/// ill-formed, nested deeper than `depth`, or of more than `most_values` values.
Result<JsonNode> parse_json_tree(std::string_view text, std::size_t depth,
                                 std::size_t most_values = kMaxJsonValues);

/// At least as many as the values of a well-formed text, and close to that.
std::size_t count_json_values(std::string_view text);

}  // namespace isocenter::dicom
