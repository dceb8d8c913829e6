#include "dicom/transfer_syntax.h"

#include <algorithm>
#include <array>

#include "dicom/charset.h"

namespace isocenter::dicom {

namespace {

constexpr std::string_view kOctets = "application/octet-stream";

/// One letter for the kind of data set and pixel data: i(mplicit), e(xplicit), b(ig endian), d(eflated),
/// r(eversible), l(ossy), v(ideo).
struct Row {
    std::string_view uid;
    char kind;
    std::string_view media_type;
    std::string_view name;
};

/// PS3.6 table A-1; media types of PS3.18 table 8.7.3-5.
constexpr std::array kRows = {
    Row{"1.2.840.10008.1.2", 'i', kOctets, "Implicit VR Little Endian"},
    Row{"1.2.840.10008.1.2.1", 'e', kOctets, "Explicit VR Little Endian"},
    Row{"1.2.840.10008.1.2.1.98", 'r', kOctets, "Encapsulated Uncompressed Explicit VR Little Endian"},
    Row{"1.2.840.10008.1.2.1.99", 'd', kOctets, "Deflated Explicit VR Little Endian"},
    Row{"1.2.840.10008.1.2.2", 'b', kOctets, "Explicit VR Big Endian"},
    Row{"1.2.840.10008.1.2.4.50", 'l', "image/jpeg", "JPEG Baseline (Process 1)"},
    Row{"1.2.840.10008.1.2.4.51", 'l', "image/jpeg", "JPEG Extended (Process 2 & 4)"},
    Row{"1.2.840.10008.1.2.4.52", 'l', "image/jpeg", "JPEG Extended (Process 3 & 5)"},
    Row{"1.2.840.10008.1.2.4.53", 'l', "image/jpeg", "JPEG Spectral Selection (Process 6 & 8)"},
    Row{"1.2.840.10008.1.2.4.54", 'l', "image/jpeg", "JPEG Spectral Selection (Process 7 & 9)"},
    Row{"1.2.840.10008.1.2.4.55", 'l', "image/jpeg", "JPEG Full Progression (Process 10 & 12)"},
    Row{"1.2.840.10008.1.2.4.56", 'l', "image/jpeg", "JPEG Full Progression (Process 11 & 13)"},
    Row{"1.2.840.10008.1.2.4.57", 'r', "image/jpeg", "JPEG Lossless (Process 14)"},
    Row{"1.2.840.10008.1.2.4.58", 'r', "image/jpeg", "JPEG Lossless (Process 15)"},
    Row{"1.2.840.10008.1.2.4.59", 'l', "image/jpeg", "JPEG Extended, Hierarchical (Process 16 & 18)"},
    Row{"1.2.840.10008.1.2.4.60", 'l', "image/jpeg", "JPEG Extended, Hierarchical (Process 17 & 19)"},
    Row{"1.2.840.10008.1.2.4.61", 'l', "image/jpeg",
        "JPEG Spectral Selection, Hierarchical (Process 20 & 22)"},
    Row{"1.2.840.10008.1.2.4.62", 'l', "image/jpeg",
        "JPEG Spectral Selection, Hierarchical (Process 21 & 23)"},
    Row{"1.2.840.10008.1.2.4.63", 'l', "image/jpeg", "JPEG Full Progression, Hierarchical (Process 24 & 26)"},
    Row{"1.2.840.10008.1.2.4.64", 'l', "image/jpeg", "JPEG Full Progression, Hierarchical (Process 25 & 27)"},
    Row{"1.2.840.10008.1.2.4.65", 'r', "image/jpeg", "JPEG Lossless, Hierarchical (Process 28)"},
    Row{"1.2.840.10008.1.2.4.66", 'r', "image/jpeg", "JPEG Lossless, Hierarchical (Process 29)"},
    Row{"1.2.840.10008.1.2.4.70", 'r', "image/jpeg", "JPEG Lossless, First-Order Prediction"},
    Row{"1.2.840.10008.1.2.4.80", 'r', "image/jls", "JPEG-LS Lossless"},
    Row{"1.2.840.10008.1.2.4.81", 'l', "image/jls", "JPEG-LS Near-Lossless"},
    Row{"1.2.840.10008.1.2.4.90", 'r', "image/jp2", "JPEG 2000 (Lossless Only)"},
    Row{"1.2.840.10008.1.2.4.91", 'l', "image/jp2", "JPEG 2000"},
    Row{"1.2.840.10008.1.2.4.92", 'r', "image/jpx", "JPEG 2000 Part 2 (Lossless Only)"},
    Row{"1.2.840.10008.1.2.4.93", 'l', "image/jpx", "JPEG 2000 Part 2"},
    Row{"1.2.840.10008.1.2.4.94", 'e', kOctets, "JPIP Referenced"},
    Row{"1.2.840.10008.1.2.4.95", 'd', kOctets, "JPIP Referenced Deflate"},
    Row{"1.2.840.10008.1.2.4.100", 'v', "video/mpeg", "MPEG2 Main Profile / Main Level"},
    Row{"1.2.840.10008.1.2.4.100.1", 'v', "video/mpeg", "Fragmentable MPEG2 Main Profile / Main Level"},
    Row{"1.2.840.10008.1.2.4.101", 'v', "video/mpeg", "MPEG2 Main Profile / High Level"},
    Row{"1.2.840.10008.1.2.4.101.1", 'v', "video/mpeg", "Fragmentable MPEG2 Main Profile / High Level"},
    Row{"1.2.840.10008.1.2.4.102", 'v', "video/mp4", "MPEG-4 AVC/H.264 High Profile / Level 4.1"},
    Row{"1.2.840.10008.1.2.4.102.1", 'v', "video/mp4",
        "Fragmentable MPEG-4 AVC/H.264 High Profile / Level 4.1"},
    Row{"1.2.840.10008.1.2.4.103", 'v', "video/mp4", "MPEG-4 AVC/H.264 BD-compatible High Profile / 4.1"},
    Row{"1.2.840.10008.1.2.4.103.1", 'v', "video/mp4",
        "Fragmentable MPEG-4 AVC/H.264 BD-compatible High Profile / 4.1"},
    Row{"1.2.840.10008.1.2.4.104", 'v', "video/mp4", "MPEG-4 AVC/H.264 High Profile / 4.2 For 2D Video"},
    Row{"1.2.840.10008.1.2.4.104.1", 'v', "video/mp4",
        "Fragmentable MPEG-4 AVC/H.264 High Profile / 4.2 For 2D Video"},
    Row{"1.2.840.10008.1.2.4.105", 'v', "video/mp4", "MPEG-4 AVC/H.264 High Profile / 4.2 For 3D Video"},
    Row{"1.2.840.10008.1.2.4.105.1", 'v', "video/mp4",
        "Fragmentable MPEG-4 AVC/H.264 High Profile / 4.2 For 3D Video"},
    Row{"1.2.840.10008.1.2.4.106", 'v', "video/mp4", "MPEG-4 AVC/H.264 Stereo High Profile / Level 4.2"},
    Row{"1.2.840.10008.1.2.4.106.1", 'v', "video/mp4",
        "Fragmentable MPEG-4 AVC/H.264 Stereo High Profile / Level 4.2"},
    Row{"1.2.840.10008.1.2.4.107", 'v', "video/H265", "HEVC/H.265 Main Profile / Level 5.1"},
    Row{"1.2.840.10008.1.2.4.108", 'v', "video/H265", "HEVC/H.265 Main 10 Profile / Level 5.1"},
    Row{"1.2.840.10008.1.2.4.110", 'r', "image/jxl", "JPEG XL Lossless"},
    Row{"1.2.840.10008.1.2.4.111", 'l', "image/jxl", "JPEG XL JPEG Recompression"},
    Row{"1.2.840.10008.1.2.4.112", 'l', "image/jxl", "JPEG XL"},
    Row{"1.2.840.10008.1.2.4.201", 'r', "image/jphc", "High-Throughput JPEG 2000 (Lossless Only)"},
    Row{"1.2.840.10008.1.2.4.202", 'r', "image/jphc",
        "High-Throughput JPEG 2000 with RPCL Options (Lossless Only)"},
    Row{"1.2.840.10008.1.2.4.203", 'l', "image/jphc", "High-Throughput JPEG 2000"},
    Row{"1.2.840.10008.1.2.4.204", 'e', kOctets, "JPIP HTJ2K Referenced"},
    Row{"1.2.840.10008.1.2.4.205", 'd', kOctets, "JPIP HTJ2K Referenced Deflate"},
    Row{"1.2.840.10008.1.2.5", 'r', "image/dicom-rle", "RLE Lossless"},
    Row{"1.2.840.10008.1.2.6.1", 'e', kOctets, "RFC 2557 MIME encapsulation"},
    Row{"1.2.840.10008.1.2.6.2", 'e', kOctets, "XML Encoding"},
    Row{"1.2.840.10008.1.2.8.1", 'r', kOctets, "Deflated Image Frame Compression"},
    Row{"1.2.840.10008.1.20", 'i', kOctets, "Papyrus 3 Implicit VR Little Endian"},
};

const Row* find_row(std::string_view uid) {
    const auto row = std::ranges::find(kRows, trim_padding(uid), &Row::uid);
    return row == kRows.end() ? nullptr : &*row;
}

}  // namespace

TransferSyntax transfer_syntax(std::string_view uid) {
    TransferSyntax syntax;
    const Row* row = find_row(uid);
    if (row == nullptr) {
        syntax.encapsulated = true;
        syntax.media_type = kOctets;
        syntax.name = "unknown";
        return syntax;
    }
    syntax.uid = row->uid;
    syntax.media_type = row->media_type;
    syntax.name = row->name;
    syntax.explicit_vr = row->kind != 'i';
    syntax.little_endian = row->kind != 'b';
    syntax.deflated = row->kind == 'd';
    syntax.video = row->kind == 'v';
    syntax.lossy = row->kind == 'l' || syntax.video;
    syntax.encapsulated = row->kind == 'r' || syntax.lossy;
    return syntax;
}

bool is_known_transfer_syntax(std::string_view uid) {
    return find_row(uid) != nullptr;
}

}  // namespace isocenter::dicom
