#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "dicom/data_set.h"

namespace isocenter::dicom {

/// Decodes text by Specific Character Set (PS3.3 C.12.1.1.2, PS3.5 6.1): single-byte sets, ISO 2022 code
/// extensions, UTF-8, GB18030, GBK, and common misspellings of the terms. Every escape sequence of PS3.3
/// C.12.1.1.2 is followed, declared or not. Unknown terms decode as the default repertoire; bytes that do not
/// decode become U+FFFD. Values of VRs that have no character set are ASCII, and decoded by this one only
/// when they are not. Immutable, cheap to copy, thread-safe.
class Charset {
  public:
    /// The default repertoire, ISO_IR 6.
    Charset();
    /// By the stored values of (0008,0005).
    explicit Charset(std::string_view stored_value);
    /// The character set of `data_set`: its own (0008,0005), else `inherited` of the enclosing data set.
    static Charset of(const DataSet& data_set, const Charset& inherited);

    /// UTF-8 of the whole value field. Code extensions end at the delimiters of PS3.5 6.1.2.5.3 ('\\' where
    /// it separates values; '^' and '=' too in PN).
    std::string decode(std::string_view bytes, Vr vr) const;
    /// The values of a field, split where `vr` allows several, decoded, padding kept.
    std::vector<std::string> decode_values(std::string_view bytes, Vr vr) const;
    bool is_utf8() const;

  private:
    enum class Coding : std::uint8_t { iso2022, utf8, gb18030, gbk };
    Coding coding_ = Coding::iso2022;
    /// Numbers of the code elements that are active at the start of every value: G0 (bytes below 80H) and G1.
    std::uint8_t g0_;
    std::uint8_t g1_;
};

/// Splits at '\' without decoding: only for VRs of the default repertoire.
std::vector<std::string_view> split_values(std::string_view bytes);
/// Removes trailing blanks and NULs.
std::string_view trim_padding(std::string_view value);

}  // namespace isocenter::dicom
