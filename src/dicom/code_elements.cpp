#include "dicom/code_elements.h"

#include <unicode/ucnv.h>
#include <unicode/utf8.h>

#include <array>
#include <memory>
#include <stdexcept>

namespace isocenter::dicom {

namespace {

constexpr char16_t kReplacement = 0xFFFD;

struct CloseConverter {
    void operator()(UConverter* converter) const { ucnv_close(converter); }
};
using Converter = std::unique_ptr<UConverter, CloseConverter>;

Converter open_converter(const char* name) {
    UErrorCode error = U_ZERO_ERROR;
    Converter converter(ucnv_open(name, &error));
    if (U_FAILURE(error) != 0) throw std::runtime_error(std::string("ICU lacks the converter ") + name);
    return converter;
}

void append_utf8(std::string& out, UChar32 character) {
    std::array<std::uint8_t, U8_MAX_LENGTH> buffer{};
    std::int32_t length = 0;
    U8_APPEND_UNSAFE(buffer.data(), length, static_cast<std::uint32_t>(character));
    out.append(reinterpret_cast<const char*>(buffer.data()), static_cast<std::size_t>(length));
}

/// Characters of the bytes 80H to FFH.
using HighHalf = std::array<char16_t, 128>;

HighHalf high_half_of(const char* converter_name) {
    const Converter converter = open_converter(converter_name);
    HighHalf half{};
    for (unsigned i = 0; i < half.size(); ++i) {
        const char byte = static_cast<char>(0x80U + i);
        std::array<UChar, 4> to{};
        UErrorCode error = U_ZERO_ERROR;
        const std::int32_t count = ucnv_toUChars(converter.get(), to.data(), to.size(), &byte, 1, &error);
        half[i] = U_SUCCESS(error) != 0 && count == 1 ? to[0] : kReplacement;
    }
    return half;
}

/// A run of code points with the same distance from their byte.
HighHalf shifted_half(unsigned first_byte, unsigned last_byte, unsigned shift) {
    HighHalf half{};
    half.fill(kReplacement);
    for (unsigned byte = first_byte; byte <= last_byte; ++byte) {
        half[byte - 0x80U] = static_cast<char16_t>(byte + shift);
    }
    return half;
}

HighHalf thai_half() {
    HighHalf half = shifted_half(0xA1, 0xFB, 0x0E00 - 0xA0);
    for (unsigned byte = 0xDB; byte <= 0xDE; ++byte)
        half[byte - 0x80U] = kReplacement;
    half[0xA0 - 0x80] = 0x00A0;
    return half;
}

const HighHalf* single_byte_half(CodeElement element) {
    static const HighHalf latin1 = high_half_of("ISO-8859-1");
    static const HighHalf latin2 = high_half_of("ISO-8859-2");
    static const HighHalf latin3 = high_half_of("ISO-8859-3");
    static const HighHalf latin4 = high_half_of("ISO-8859-4");
    static const HighHalf cyrillic = high_half_of("ISO-8859-5");
    static const HighHalf arabic = high_half_of("ISO-8859-6");
    static const HighHalf greek = high_half_of("ISO-8859-7");
    static const HighHalf hebrew = high_half_of("ISO-8859-8");
    static const HighHalf latin5 = high_half_of("ISO-8859-9");
    static const HighHalf latin9 = high_half_of("ISO-8859-15");
    static const HighHalf thai = thai_half();
    static const HighHalf katakana = shifted_half(0xA1, 0xDF, 0xFF61 - 0xA1);
    switch (element) {
        case CodeElement::latin1:
            return &latin1;
        case CodeElement::latin2:
            return &latin2;
        case CodeElement::latin3:
            return &latin3;
        case CodeElement::latin4:
            return &latin4;
        case CodeElement::cyrillic:
            return &cyrillic;
        case CodeElement::arabic:
            return &arabic;
        case CodeElement::greek:
            return &greek;
        case CodeElement::hebrew:
            return &hebrew;
        case CodeElement::latin5:
            return &latin5;
        case CodeElement::latin9:
            return &latin9;
        case CodeElement::thai:
            return &thai;
        case CodeElement::jis_katakana:
            return &katakana;
        default:
            return nullptr;
    }
}

/// ICU's tables follow vendors where these disagree with the standards, and give what a set does not define
/// a place in the private use area.
char16_t standard_character(CodeElement element, char16_t character) {
    if (character >= 0xE000 && character <= 0xF8FF) return kReplacement;
    if (element == CodeElement::gb_2312 && character == 0x00B4) return 0xFF07;  // FULLWIDTH APOSTROPHE
    if (element != CodeElement::jis_x_0208) return character;
    switch (character) {
        case 0xFF5E:
            return 0x301C;  // WAVE DASH
        case 0x2225:
            return 0x2016;  // DOUBLE VERTICAL LINE
        case 0xFF0D:
            return 0x2212;  // MINUS SIGN
        case 0xFFE0:
            return 0x00A2;
        case 0xFFE1:
            return 0x00A3;
        case 0xFFE2:
            return 0x00AC;
        default:
            return character;
    }
}

/// `element`: what the characters are of, `none` for a whole encoding.
void append_converted(std::string& out, UConverter* converter, std::string_view bytes, CodeElement element) {
    ucnv_reset(converter);
    const char* source = bytes.data();
    const char* const end = source + bytes.size();
    std::array<UChar, 512> buffer{};
    UErrorCode error = U_BUFFER_OVERFLOW_ERROR;
    UChar32 lead = 0;
    while (error == U_BUFFER_OVERFLOW_ERROR) {
        error = U_ZERO_ERROR;
        UChar* target = buffer.data();
        ucnv_toUnicode(converter, &target, buffer.data() + buffer.size(), &source, end, nullptr, 1, &error);
        for (const UChar* unit = buffer.data(); unit != target; ++unit) {
            if (U16_IS_LEAD(*unit)) {
                lead = *unit;
            } else if (U16_IS_TRAIL(*unit)) {
                append_utf8(out, U16_GET_SUPPLEMENTARY(lead, *unit));
            } else {
                append_utf8(out, element == CodeElement::none ? *unit : standard_character(element, *unit));
            }
        }
    }
}

/// Opened once a thread: opening costs more than decoding a name.
UConverter* thread_converter(CodeElement element) {
    switch (element) {
        case CodeElement::ks_x_1001: {
            thread_local const Converter korean = open_converter("EUC-KR");
            return korean.get();
        }
        case CodeElement::gb_2312: {
            thread_local const Converter chinese = open_converter("GB2312");
            return chinese.get();
        }
        default: {
            thread_local const Converter japanese = open_converter("EUC-JP");
            return japanese.get();
        }
    }
}

/// Two-byte sets are decoded as the EUC encoding that contains them: both bytes with the high bit, JIS X 0212
/// behind a single shift.
void append_double_byte(std::string& out, CodeElement element, std::string_view run) {
    constexpr char kSingleShift3 = '\x8F';
    std::string euc;
    euc.reserve(run.size() * 3 / 2 + 1);
    for (std::size_t i = 0; i < run.size(); ++i) {
        if (element == CodeElement::jis_x_0212 && i % 2 == 0) euc += kSingleShift3;
        euc += static_cast<char>(static_cast<unsigned char>(run[i]) | 0x80U);
    }
    append_converted(out, thread_converter(element), euc, element);
}

void append_single_byte(std::string& out, const HighHalf& half, std::string_view run) {
    for (const char byte : run)
        append_utf8(out, half[static_cast<unsigned char>(byte) & 0x7FU]);
}

void append_jis_romaji(std::string& out, std::string_view run) {
    for (const char byte : run) {
        if (byte == '\\') {
            append_utf8(out, 0x00A5);  // YEN SIGN
        } else if (byte == '~') {
            append_utf8(out, 0x203E);  // OVERLINE
        } else {
            out += byte;
        }
    }
}

Designation two_byte_designation(std::string_view bytes) {
    if (bytes.size() >= 3 && (bytes[2] == 'B' || bytes[2] == '@')) {
        return {3, CodeElement::jis_x_0208, false};
    }
    if (bytes.size() < 4) return {};
    const std::string_view rest = bytes.substr(2, 2);
    if (rest == "(B" || rest == "(@") return {4, CodeElement::jis_x_0208, false};
    if (rest == "(D") return {4, CodeElement::jis_x_0212, false};
    if (rest == ")C") return {4, CodeElement::ks_x_1001, true};
    if (rest == ")A") return {4, CodeElement::gb_2312, true};
    return {};
}

/// 96-character sets, designated to G1 by ESC 02/13 F.
CodeElement g1_set(char final) {
    switch (final) {
        case 'A':
            return CodeElement::latin1;
        case 'B':
            return CodeElement::latin2;
        case 'C':
            return CodeElement::latin3;
        case 'D':
            return CodeElement::latin4;
        case 'L':
            return CodeElement::cyrillic;
        case 'G':
            return CodeElement::arabic;
        case 'F':
            return CodeElement::greek;
        case 'H':
            return CodeElement::hebrew;
        case 'M':
            return CodeElement::latin5;
        case 'b':
            return CodeElement::latin9;
        case 'T':
            return CodeElement::thai;
        default:
            return CodeElement::none;
    }
}

}  // namespace

Designation designation_at(std::string_view bytes) {
    if (bytes.size() < 3) return {};
    if (bytes[1] == '$') return two_byte_designation(bytes);
    if (bytes[1] == '-') {
        const CodeElement element = g1_set(bytes[2]);
        return element == CodeElement::none ? Designation{} : Designation{3, element, true};
    }
    const std::string_view rest = bytes.substr(1, 2);
    if (rest == "(B") return {3, CodeElement::ascii, false};
    if (rest == "(J") return {3, CodeElement::jis_romaji, false};
    if (rest == ")I") return {3, CodeElement::jis_katakana, true};
    return {};
}

bool is_double_byte(CodeElement element) {
    return element >= CodeElement::jis_x_0208;
}

void append_decoded(std::string& out, CodeElement element, std::string_view run) {
    if (element == CodeElement::ascii) {
        out += run;
    } else if (element == CodeElement::jis_romaji) {
        append_jis_romaji(out, run);
    } else if (is_double_byte(element)) {
        append_double_byte(out, element, run);
    } else if (const HighHalf* half = single_byte_half(element)) {
        append_single_byte(out, *half, run);
    } else {
        for (std::size_t i = 0; i < run.size(); ++i)
            append_utf8(out, kReplacement);
    }
}

void append_decoded(std::string& out, WholeCoding coding, std::string_view bytes) {
    thread_local const Converter gb18030 = open_converter("gb18030");
    thread_local const Converter gbk = open_converter("GBK");
    append_converted(out, coding == WholeCoding::gb18030 ? gb18030.get() : gbk.get(), bytes,
                     CodeElement::none);
}

}  // namespace isocenter::dicom
