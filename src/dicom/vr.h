#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace isocenter::dicom {

/// A value representation (PS3.5 6.2).
enum class Vr : std::uint8_t {
    AE,
    AS,
    AT,
    CS,
    DA,
    DS,
    DT,
    FD,
    FL,
    IS,
    LO,
    LT,
    OB,
    OD,
    OF,
    OL,
    OV,
    OW,
    PN,
    SH,
    SL,
    SQ,
    SS,
    ST,
    SV,
    TM,
    UC,
    UI,
    UL,
    UN,
    UR,
    US,
    UT,
    UV,
};

/// Two upper-case letters.
std::string_view to_string(Vr vr);
/// Nothing for letters that are no VR of the standard.
std::optional<Vr> parse_vr(std::string_view two_letters);

/// 2 + 4 byte length in explicit VR encodings (PS3.5 7.1.2).
bool has_long_length(Vr vr);
/// OB OD OF OL OV OW UN: values that the compatibility faces leave out of metadata.
bool is_bulk(Vr vr);
/// Text decoded by Specific Character Set (PS3.5 6.1.2.3): LO LT PN SH ST UC UT.
bool uses_character_set(Vr vr);
/// Any VR whose value is text: also AE AS CS DA DS DT IS TM UI UR.
bool is_text(Vr vr);
/// '\' separates values (PS3.5 6.4): text but LT ST UT UR.
bool is_multi_valued_text(Vr vr);
/// Bytes of one value of a fixed-size binary VR (AT 4, FD 8, FL 4, SL 4, SS 2, SV 8, UL 4, US 2, UV 8; OD/OV
/// 8, OF/OL 4, OW 2: the unit of byte swapping); 1 for others.
unsigned unit_bytes(Vr vr);

}  // namespace isocenter::dicom
