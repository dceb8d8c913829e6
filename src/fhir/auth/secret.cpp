#include "fhir/auth/secret.h"

#include <fstream>
#include <string_view>

namespace isocenter::fhir {
namespace {

constexpr std::size_t kLargest = std::size_t{1} << 20U;
constexpr std::string_view kBlanks = " \t\r\n";

}  // namespace

Result<std::string> read_small_file(const std::string& path, const std::string& what) {
    std::ifstream stream(path, std::ios::binary);
    std::string text(kLargest, '\0');
    stream.read(text.data(), static_cast<std::streamsize>(text.size()));
    const auto count = static_cast<std::size_t>(stream.gcount());
    if (stream.bad() || count == 0 || count == kLargest)
        return fail(ErrorCode::unavailable, what + " cannot be read from its file");
    text.resize(count);
    const std::size_t begin = text.find_first_not_of(kBlanks);
    if (begin == std::string::npos) return fail(ErrorCode::unavailable, "the file of " + what + " is empty");
    return text.substr(begin, text.find_last_not_of(kBlanks) + 1 - begin);
}

Result<std::string> Secret::read(const std::string& what) const {
    if (file.empty()) return value;
    return read_small_file(file, what);
}

}  // namespace isocenter::fhir
