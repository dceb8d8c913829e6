// Any bytes in any character set: the first line is a Specific Character Set, the next byte chooses the VR.
// What comes out is UTF-8, and splitting into values loses nothing.
#include <array>

#include "base/utf8.h"
#include "dicom/charset.h"
#include "dicom/value_rules.h"
#include "support.h"

namespace {

using namespace isocenter;
using namespace isocenter::dicom;
using fuzz::require;

constexpr std::array kVrs = {Vr::PN, Vr::LO, Vr::UT, Vr::CS, Vr::UI, Vr::DA, Vr::TM, Vr::DT,
                             Vr::DS, Vr::IS, Vr::AE, Vr::AS, Vr::UR, Vr::LT, Vr::SH, Vr::UC};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view all = fuzz::text_of(data, size);
    const std::size_t line = all.find('\n');
    if (line == std::string_view::npos || line + 2 > all.size()) return 0;
    const Charset charset{std::string(all.substr(0, line))};
    const Vr vr = kVrs[static_cast<unsigned char>(all[line + 1]) % kVrs.size()];
    const std::string bytes(all.substr(line + 2));

    const std::string whole = charset.decode(bytes, vr);
    require(is_utf8(whole));
    std::string joined;
    for (const std::string& value : charset.decode_values(bytes, vr)) {
        require(is_utf8(value));
        if (!joined.empty()) joined += '\\';
        joined += value;
    }
    require(joined.size() <= whole.size());
    for (const bool nul_tolerant : {false, true}) {
        (void)check_minimum_rules({.tag = {0x0010, 0x0010}, .vr = vr, .bytes = bytes}, nul_tolerant, charset);
    }
    return 0;
}
