#include "dicom/base64.h"

#include <array>
#include <cstdint>

namespace isocenter::dicom {
namespace {

constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::uint8_t kInvalid = 0xFF;
constexpr std::uint8_t kBlank = 0xFE;

constexpr std::array<std::uint8_t, 256> make_reverse() {
    std::array<std::uint8_t, 256> table{};
    table.fill(kInvalid);
    for (std::size_t i = 0; i < kAlphabet.size(); ++i)
        table[static_cast<unsigned char>(kAlphabet[i])] = static_cast<std::uint8_t>(i);
    for (char blank : {' ', '\t', '\r', '\n'})
        table[static_cast<unsigned char>(blank)] = kBlank;
    return table;
}

constexpr auto kReverse = make_reverse();

std::uint32_t byte_at(std::string_view bytes, std::size_t i) {
    return i < bytes.size() ? static_cast<unsigned char>(bytes[i]) : 0U;
}

}  // namespace

void append_base64(std::string& out, std::string_view bytes) {
    out.reserve(out.size() + (bytes.size() + 2) / 3 * 4);
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        const std::uint32_t group =
            (byte_at(bytes, i) << 16U) | (byte_at(bytes, i + 1) << 8U) | byte_at(bytes, i + 2);
        const std::size_t present = bytes.size() - i;
        out += kAlphabet[group >> 18U];
        out += kAlphabet[(group >> 12U) & 63U];
        out += present > 1 ? kAlphabet[(group >> 6U) & 63U] : '=';
        out += present > 2 ? kAlphabet[group & 63U] : '=';
    }
}

std::optional<std::string> decode_base64(std::string_view text) {
    std::string out;
    out.reserve(text.size() / 4 * 3 + 2);
    std::uint32_t group = 0;
    unsigned digits = 0;
    bool ended = false;
    for (char c : text) {
        const std::uint8_t value = kReverse[static_cast<unsigned char>(c)];
        if (value == kBlank) continue;
        if (c == '=') {
            ended = true;
            continue;
        }
        if (value == kInvalid || ended) return std::nullopt;
        group = (group << 6U) | value;
        if (++digits % 4 != 0) continue;
        out += static_cast<char>(group >> 16U);
        out += static_cast<char>(group >> 8U);
        out += static_cast<char>(group);
        group = 0;
    }
    switch (digits % 4) {
        case 1:
            return std::nullopt;
        case 2:
            out += static_cast<char>(group >> 4U);
            break;
        case 3:
            out += static_cast<char>(group >> 10U);
            out += static_cast<char>(group >> 2U);
            break;
        default:
            break;
    }
    return out;
}

}  // namespace isocenter::dicom
