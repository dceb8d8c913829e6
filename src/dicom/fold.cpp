#include "dicom/fold.h"

#include <unicode/bytestream.h>
#include <unicode/normalizer2.h>
#include <unicode/uchar.h>

#include <algorithm>
#include <stdexcept>

#include "base/utf8.h"

namespace isocenter::dicom {
namespace {

bool is_ascii(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

using GetInstance = const icu::Normalizer2* (*)(UErrorCode&);

std::string normalize(GetInstance get, std::string_view text) {
    UErrorCode status = U_ZERO_ERROR;
    const icu::Normalizer2* normalizer = get(status);
    std::string out;
    if (U_SUCCESS(status)) {
        icu::StringByteSink<std::string> sink(&out);
        const icu::StringPiece piece(text.data(), static_cast<std::int32_t>(text.size()));
        normalizer->normalizeUTF8(0, piece, sink, nullptr, status);
    }
    // The data are built into ICU: only a broken installation or lack of memory brings us here.
    if (U_FAILURE(status)) throw std::runtime_error(std::string("ICU normalization: ") + u_errorName(status));
    return out;
}

/// Accents of Latin, Greek and Cyrillic; not the marks that make other letters, such as the voicing of kana.
bool is_accent(UChar32 c) {
    return (c >= 0x0300 && c <= 0x036F) || (c >= 0x1AB0 && c <= 0x1AFF) || (c >= 0x1DC0 && c <= 0x1DFF) ||
           (c >= 0x20D0 && c <= 0x20FF) || (c >= 0xFE20 && c <= 0xFE2F);
}

bool ends_word(UChar32 c) {
    if (c == '*' || c == '?') return false;
    return c == '^' || c == '=' || c < 0x20 || u_ispunct(c) || u_isUWhiteSpace(c);
}

/// The code point of a well-formed sequence.
UChar32 code_point(std::string_view sequence) {
    const auto first = static_cast<unsigned char>(sequence.front());
    if (sequence.size() == 1) return first;
    std::uint32_t value = first & (0x7FU >> sequence.size());
    for (char c : sequence.substr(1))
        value = (value << 6U) | (static_cast<unsigned char>(c) & 0x3FU);
    return static_cast<UChar32>(value);
}

/// Calls `visit(code point, bytes)` for each character; normalized text is well-formed, other bytes are
/// passed on one by one.
template <class Visit>
void for_each_character(std::string_view text, Visit visit) {
    while (!text.empty()) {
        const std::size_t length = utf8_sequence_length(text);
        const auto bytes = text.substr(0, length == 0 ? 1 : length);
        visit(length == 0 ? 0xFFFD : code_point(bytes), bytes);
        text.remove_prefix(bytes.size());
    }
}

/// ICU would pass on what is no UTF-8.
std::string repaired(std::string_view text) {
    std::string out;
    for_each_character(
        text, [&](UChar32 c, std::string_view bytes) { out += c == 0xFFFD ? "\xEF\xBF\xBD" : bytes; });
    return out;
}

}  // namespace

std::string fold_case(std::string_view text) {
    if (is_ascii(text)) {
        std::string out(text);
        for (char& c : out)
            if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
        return out;
    }
    if (!is_utf8(text)) return fold_case(repaired(text));
    return normalize(&icu::Normalizer2::getNFKCCasefoldInstance, text);
}

std::string fold_name(std::string_view text) {
    std::string folded = fold_case(text);
    if (is_ascii(folded)) return folded;
    std::string bare;
    for_each_character(normalize(&icu::Normalizer2::getNFDInstance, folded),
                       [&](UChar32 c, std::string_view bytes) {
                           if (!is_accent(c)) bare += bytes;
                       });
    return normalize(&icu::Normalizer2::getNFCInstance, bare);
}

std::vector<std::string> name_words(std::string_view folded) {
    std::vector<std::string> words;
    std::string word;
    const auto finish = [&] {
        if (!word.empty()) words.push_back(std::move(word));
        word.clear();
    };
    for_each_character(folded, [&](UChar32 c, std::string_view bytes) {
        if (ends_word(c)) return finish();
        word += bytes;
    });
    finish();
    return words;
}

}  // namespace isocenter::dicom
