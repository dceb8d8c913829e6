#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace isocenter::dicom {

/// The character sets that ISO 2022 code extensions switch between (PS3.3 tables C.12-2 to C.12-4). A single
/// byte set here is one half: ASCII and JIS romaji in G0, the others in G1.
enum class CodeElement : std::uint8_t {
    none,  ///< nothing designated: bytes decode to U+FFFD
    ascii,
    jis_romaji,    ///< ISO-IR 14
    jis_katakana,  ///< ISO-IR 13
    latin1,
    latin2,
    latin3,
    latin4,
    cyrillic,
    arabic,
    greek,
    hebrew,
    latin5,
    latin9,
    thai,
    jis_x_0208,  ///< ISO-IR 87, two bytes in G0
    jis_x_0212,  ///< ISO-IR 159, two bytes in G0
    ks_x_1001,   ///< ISO-IR 149, two bytes in G1
    gb_2312,     ///< ISO-IR 58, two bytes in G1
};

/// What an escape sequence designates.
struct Designation {
    std::uint8_t length = 0;  ///< bytes of the sequence, 0 when it is none of ours
    CodeElement element = CodeElement::none;
    bool g1 = false;
};

/// The sequence at the front of `bytes`, which begin with ESC.
Designation designation_at(std::string_view bytes);

/// Two bytes a character.
bool is_double_byte(CodeElement element);

/// Appends the UTF-8 of `run`, all of one code element and one half. Thread-safe.
void append_decoded(std::string& out, CodeElement element, std::string_view run);

/// Encodings that are no ISO 2022 code elements.
enum class WholeCoding : std::uint8_t { gb18030, gbk };
/// Appends the UTF-8 of `bytes`. Thread-safe.
void append_decoded(std::string& out, WholeCoding coding, std::string_view bytes);

}  // namespace isocenter::dicom
