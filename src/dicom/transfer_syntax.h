#pragma once

#include <string>
#include <string_view>

namespace isocenter::dicom {

inline constexpr std::string_view kImplicitVrLittleEndian = "1.2.840.10008.1.2";
inline constexpr std::string_view kExplicitVrLittleEndian = "1.2.840.10008.1.2.1";
inline constexpr std::string_view kEncapsulatedUncompressed = "1.2.840.10008.1.2.1.98";
inline constexpr std::string_view kDeflatedExplicitVrLittleEndian = "1.2.840.10008.1.2.1.99";
inline constexpr std::string_view kExplicitVrBigEndian = "1.2.840.10008.1.2.2";
inline constexpr std::string_view kRleLossless = "1.2.840.10008.1.2.5";

/// How a transfer syntax encodes data sets and pixels (PS3.5 annex A). A UID that is not known is taken to be
/// explicit VR little endian with encapsulated pixel data, as every syntax added since 1994 is.
struct TransferSyntax {
    std::string_view uid;  ///< of the table; empty for an unknown one
    bool explicit_vr = true;
    bool little_endian = true;
    bool deflated = false;
    bool encapsulated = false;    ///< compressed pixel data in fragments (also 1.2.840.10008.1.2.1.98)
    bool lossy = false;           ///< the syntax allows loss (.4.50, .4.91 ...)
    bool video = false;           ///< one stream for all frames
    std::string_view media_type;  ///< of one frame on DICOMweb (PS3.18 table 8.7.3-5): "image/jls",
                                  ///< "application/octet-stream"
    std::string_view name;        ///< for people
};

/// Never fails, see above. Trailing blanks and NULs of `uid` are ignored. Thread-safe.
TransferSyntax transfer_syntax(std::string_view uid);
/// Whether the table has it.
bool is_known_transfer_syntax(std::string_view uid);

}  // namespace isocenter::dicom
