#include "base/percent.h"

#include "base/ascii.h"

namespace isocenter {
namespace {

bool is_unreserved(char c) {
    return is_alphanumeric(c) || c == '-' || c == '.' || c == '_' || c == '~';
}

}  // namespace

std::string percent_encode(std::string_view text) {
    static constexpr std::string_view kDigits = "0123456789ABCDEF";
    std::string out;
    out.reserve(text.size());
    for (const char c : text) {
        if (is_unreserved(c)) {
            out += c;
            continue;
        }
        const auto value = static_cast<unsigned char>(c);
        out += '%';
        out += kDigits[value >> 4U];
        out += kDigits[value & 15U];
    }
    return out;
}

}  // namespace isocenter
