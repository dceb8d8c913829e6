#include "dicom/charset.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/ascii.h"
#include "base/utf8.h"
#include "dicom/code_elements.h"
#include "dicom/tags.h"

namespace isocenter::dicom {

namespace {

constexpr char kEscape = '\x1B';

bool is_high(char byte) {
    return (static_cast<unsigned char>(byte) & 0x80U) != 0;
}
bool is_control(char byte) {
    return static_cast<unsigned char>(byte) < 0x20;
}

bool is_plain_ascii(std::string_view bytes) {
    return std::ranges::none_of(bytes, [](char byte) { return is_high(byte) || byte == kEscape; });
}

/// Letters and digits in upper case: "ISO-IR 192", "iso_ir_192" and "ISO_IR 192" are meant to be the same.
std::string normalized(std::string_view term) {
    std::string out;
    for (const char byte : term) {
        if (byte >= 'a' && byte <= 'z') {
            out += static_cast<char>(byte - 'a' + 'A');
        } else if ((byte >= 'A' && byte <= 'Z') || is_digit(byte)) {
            out += byte;
        }
    }
    return out;
}

struct SingleByteTerm {
    std::string_view number;  ///< as in "ISO_IR 100" and "ISO 2022 IR 100"
    std::string_view alias;   ///< in use though not defined
    CodeElement g0;
    CodeElement g1;
};

constexpr std::array kTerms = {
    SingleByteTerm{"100", "LATIN1", CodeElement::ascii, CodeElement::latin1},
    SingleByteTerm{"100", "ISO88591", CodeElement::ascii, CodeElement::latin1},
    SingleByteTerm{"101", "ISO88592", CodeElement::ascii, CodeElement::latin2},
    SingleByteTerm{"109", "ISO88593", CodeElement::ascii, CodeElement::latin3},
    SingleByteTerm{"110", "ISO88594", CodeElement::ascii, CodeElement::latin4},
    SingleByteTerm{"144", "ISO88595", CodeElement::ascii, CodeElement::cyrillic},
    SingleByteTerm{"127", "ISO88596", CodeElement::ascii, CodeElement::arabic},
    SingleByteTerm{"126", "ISO88597", CodeElement::ascii, CodeElement::greek},
    SingleByteTerm{"138", "ISO88598", CodeElement::ascii, CodeElement::hebrew},
    SingleByteTerm{"148", "ISO88599", CodeElement::ascii, CodeElement::latin5},
    SingleByteTerm{"203", "ISO885915", CodeElement::ascii, CodeElement::latin9},
    SingleByteTerm{"13", "JISX0201", CodeElement::jis_romaji, CodeElement::jis_katakana},
    SingleByteTerm{"166", "TIS620", CodeElement::ascii, CodeElement::thai},
    // Not allowed as the first value, but written; their G1 set is then meant to be active.
    SingleByteTerm{"149", "KSX1001", CodeElement::ascii, CodeElement::ks_x_1001},
    SingleByteTerm{"58", "GB2312", CodeElement::ascii, CodeElement::gb_2312},
};

/// Where a value ends and where code extensions do (PS3.5 6.1.2.5.3).
struct Delimiters {
    bool backslash;
    bool name_parts;

    explicit Delimiters(Vr vr) : backslash(is_multi_valued_text(vr)), name_parts(vr == Vr::PN) {}
    bool resets(char byte) const {
        return is_control(byte) || (backslash && byte == '\\') ||
               (name_parts && (byte == '^' || byte == '='));
    }
};

/// Follows the escape sequences of one value field.
class Iso2022Decoder {
  public:
    Iso2022Decoder(CodeElement g0, CodeElement g1, Vr vr) : first_g0_(g0), first_g1_(g1), delimiters_(vr) {
        reset();
    }

    std::vector<std::string> decode(std::string_view bytes) {
        std::vector<std::string> values(1);
        while (!bytes.empty()) {
            if (bytes[0] == kEscape) {
                bytes.remove_prefix(take_escape(bytes));
            } else if (starts_delimiter(bytes[0])) {
                if (bytes[0] != ' ') reset();
                if (delimiters_.backslash && bytes[0] == '\\') {
                    values.emplace_back();
                } else {
                    values.back() += bytes[0];
                }
                bytes.remove_prefix(1);
            } else {
                const std::size_t length = run_length(bytes);
                append_decoded(values.back(), is_high(bytes[0]) ? g1_ : g0_, bytes.substr(0, length));
                bytes.remove_prefix(length);
            }
        }
        return values;
    }

  private:
    void reset() {
        g0_ = first_g0_;
        g1_ = first_g1_;
    }

    /// In a two-byte G0 set the codes of delimiters are halves of characters; only controls and the blank
    /// stand for themselves.
    bool starts_delimiter(char byte) const {
        return is_double_byte(g0_) ? is_control(byte) || byte == ' ' : delimiters_.resets(byte);
    }

    std::size_t take_escape(std::string_view bytes) {
        const Designation designation = designation_at(bytes);
        if (designation.length == 0) return 1;  // an ESC of its own is nothing to show
        (designation.g1 ? g1_ : g0_) = designation.element;
        return designation.length;
    }

    /// Bytes from the front that one code element decodes, whole characters where the set has two bytes each.
    std::size_t run_length(std::string_view bytes) const {
        const bool high = is_high(bytes[0]);
        std::size_t length = 0;
        while (length < bytes.size() && is_high(bytes[length]) == high && bytes[length] != kEscape &&
               !starts_delimiter(bytes[length])) {
            ++length;
        }
        return length;
    }

    const CodeElement first_g0_;
    const CodeElement first_g1_;
    const Delimiters delimiters_;
    CodeElement g0_ = CodeElement::none;
    CodeElement g1_ = CodeElement::none;
};

std::string repaired_utf8(std::string_view bytes) {
    if (isocenter::is_utf8(bytes)) return std::string(bytes);
    std::string out;
    while (!bytes.empty()) {
        const std::size_t length = utf8_sequence_length(bytes);
        out += length == 0 ? std::string_view("\xEF\xBF\xBD") : bytes.substr(0, length);
        bytes.remove_prefix(std::max<std::size_t>(length, 1));
    }
    return out;
}

std::vector<std::string> split_decoded(std::string text, Vr vr) {
    std::vector<std::string> values;
    if (!is_multi_valued_text(vr)) {
        values.push_back(std::move(text));
        return values;
    }
    for (const std::string_view value : split_values(text))
        values.emplace_back(value);
    return values;
}

}  // namespace

Charset::Charset()
    : g0_(static_cast<std::uint8_t>(CodeElement::ascii)), g1_(static_cast<std::uint8_t>(CodeElement::none)) {}

Charset::Charset(std::string_view stored_value) : Charset() {
    // Only the first value sets the start; the others announce escape sequences, which are followed anyway.
    const std::string term = normalized(stored_value.substr(0, stored_value.find('\\')));
    if (term == "ISOIR192" || term == "ISO2022IR192" || term == "UTF8") {
        coding_ = Coding::utf8;
        return;
    }
    if (term == "GB18030" || term == "ISO2022GB18030") {
        coding_ = Coding::gb18030;
        return;
    }
    if (term == "GBK" || term == "ISO2022GBK") {
        coding_ = Coding::gbk;
        return;
    }
    std::string_view number = term;
    for (const std::string_view prefix : {"ISO2022IR", "ISOIR", "ISO2022"}) {
        if (number.starts_with(prefix)) {
            number.remove_prefix(prefix.size());
            break;
        }
    }
    for (const SingleByteTerm& known : kTerms) {
        const bool numbered = number.size() < term.size() && number == known.number;
        if (numbered || term == known.alias) {
            g0_ = static_cast<std::uint8_t>(known.g0);
            g1_ = static_cast<std::uint8_t>(known.g1);
            return;
        }
    }
}

Charset Charset::of(const DataSet& data_set, const Charset& inherited) {
    const Element* element = data_set.find(tags::SpecificCharacterSet);
    return element == nullptr ? inherited : Charset(element->bytes);
}

std::vector<std::string> Charset::decode_values(std::string_view bytes, Vr vr) const {
    if (!uses_character_set(vr) && is_plain_ascii(bytes)) return split_decoded(std::string(bytes), vr);
    std::string whole;
    switch (coding_) {
        case Coding::utf8:
            whole = repaired_utf8(bytes);
            break;
        case Coding::gb18030:
            append_decoded(whole, WholeCoding::gb18030, bytes);
            break;
        case Coding::gbk:
            append_decoded(whole, WholeCoding::gbk, bytes);
            break;
        case Coding::iso2022: {
            const auto g0 = static_cast<CodeElement>(g0_);
            if (g0 == CodeElement::ascii && is_plain_ascii(bytes)) {
                whole = bytes;
                break;
            }
            return Iso2022Decoder(g0, static_cast<CodeElement>(g1_), vr).decode(bytes);
        }
    }
    return split_decoded(std::move(whole), vr);
}

std::string Charset::decode(std::string_view bytes, Vr vr) const {
    std::vector<std::string> values = decode_values(bytes, vr);
    std::string out = std::move(values.front());
    for (std::size_t i = 1; i < values.size(); ++i) {
        out += '\\';
        out += values[i];
    }
    return out;
}

bool Charset::is_utf8() const {
    return coding_ == Coding::utf8;
}

std::vector<std::string_view> split_values(std::string_view bytes) {
    std::vector<std::string_view> values;
    std::size_t start = 0;
    for (;;) {
        const std::size_t end = bytes.find('\\', start);
        values.push_back(bytes.substr(start, end - start));
        if (end == std::string_view::npos) return values;
        start = end + 1;
    }
}

std::string_view trim_padding(std::string_view value) {
    const std::size_t last = value.find_last_not_of(std::string_view(" \0", 2));
    return last == std::string_view::npos ? std::string_view{} : value.substr(0, last + 1);
}

}  // namespace isocenter::dicom
