// A JPEG XL codestream begins with
//
//   FF 0A  SizeHeader  ImageMetadata  transform data  [ICC profile]  (up to a whole byte)  FrameHeader
//
// as fields of bits, the least significant of a byte first (ISO/IEC 18181-1 annexes A, D and F). Most bundles
// begin with a bit that says that all their fields have their default values.
#include "dicom/jxl_header.h"

#include <algorithm>
#include <array>
#include <limits>
#include <string>

#include "dicom/big_endian_cursor.h"
#include "dicom/bit_reader.h"

namespace isocenter::dicom {
namespace {

constexpr std::string_view kLossless = "1.2.840.10008.1.2.4.110";
constexpr std::string_view kRecompressedJpeg = "1.2.840.10008.1.2.4.111";
constexpr std::string_view kAny = "1.2.840.10008.1.2.4.112";

/// The fields that the standard makes of bits.
class Bits : public BitReader<BitOrder::least_significant_first> {
  public:
    using BitReader::BitReader;

    /// One of four ways to say a number, chosen by two bits: so many bits, and what is added to them.
    struct Way {
        unsigned bits;
        std::uint32_t offset;
    };
    std::uint32_t choice(const std::array<Way, 4>& ways) {
        const Way& way = ways[take(2)];
        return take(way.bits) + way.offset;
    }
    std::uint32_t enumerated() { return choice({{{0, 0}, {0, 1}, {4, 2}, {6, 18}}}); }
    /// U64 of the standard; the value does not matter but for being 0.
    bool is_zero_u64() {
        switch (take(2)) {
            case 0:
                return true;
            case 1:
                take(4);
                return false;
            case 2:
                take(8);
                return false;
            default:
                break;
        }
        take(12);
        for (unsigned shift = 12; flag() && !failed(); shift += 8) {
            if (shift == 60) {
                take(4);
                break;
            }
            take(8);
        }
        return false;
    }
};

constexpr std::array<Bits::Way, 4> kSide{{{9, 1}, {13, 1}, {18, 1}, {30, 1}}};

struct Metadata {
    std::uint32_t bits = 8;
    bool integers = true;
    bool grey = false;
    bool xyb = true;
    bool profile = false;
    bool preview = false;
};

void read_size(Bits& in, ImageHeader& header) {
    struct Ratio {
        std::uint64_t wide;
        std::uint64_t high;
    };
    constexpr std::array<Ratio, 7> kRatios{{{1, 1}, {12, 10}, {4, 3}, {3, 2}, {16, 9}, {5, 4}, {2, 1}}};
    const bool small = in.flag();
    const auto side = [&] { return small ? (in.take(5) + 1) * 8 : in.choice(kSide); };
    header.rows = side();
    const std::uint32_t ratio = in.take(3);
    if (ratio == 0) {
        header.columns = side();
        return;
    }
    const Ratio& shape = kRatios[ratio - 1];
    header.columns = static_cast<std::uint32_t>(header.rows * shape.wide / shape.high);
}

void read_depth(Bits& in, Metadata& metadata) {
    metadata.integers = !in.flag();
    if (metadata.integers) {
        metadata.bits = in.choice({{{0, 8}, {0, 10}, {0, 12}, {6, 1}}});
        return;
    }
    in.choice({{{0, 32}, {0, 16}, {0, 24}, {6, 1}}});
    in.take(4);
}

void skip_extra_channel(Bits& in) {
    if (in.flag()) return;
    constexpr std::uint32_t kAlpha = 0;
    constexpr std::uint32_t kSpotColour = 2;
    constexpr std::uint32_t kColourFilter = 5;
    const std::uint32_t type = in.enumerated();
    Metadata ignored;
    read_depth(in, ignored);
    in.choice({{{0, 0}, {0, 3}, {0, 4}, {3, 1}}});
    const std::uint32_t name_bytes = in.choice({{{0, 0}, {4, 0}, {5, 16}, {10, 48}}});
    for (std::uint32_t i = 0; i < name_bytes && !in.failed(); ++i)
        in.take(8);
    if (type == kAlpha) in.flag();
    if (type == kSpotColour) {
        for (int i = 0; i < 4; ++i)
            in.take(16);
    }
    if (type == kColourFilter) in.choice({{{0, 1}, {2, 0}, {4, 3}, {8, 19}}});
}

void skip_animation(Bits& in) {
    in.choice({{{0, 100}, {0, 1000}, {10, 1}, {30, 1}}});
    in.choice({{{0, 1}, {0, 1001}, {8, 1}, {10, 1}}});
    in.choice({{{0, 0}, {3, 0}, {16, 0}, {32, 0}}});
    in.flag();
}

void read_extra_fields(Bits& in, Metadata& metadata) {
    in.take(3);  // orientation
    if (in.flag()) {
        ImageHeader ignored;
        read_size(in, ignored);
    }
    metadata.preview = in.flag();
    // The preview is a frame of its own in front: what it is coded in says nothing of the image.
    if (metadata.preview) return;
    if (in.flag()) skip_animation(in);
}

void read_colour(Bits& in, Metadata& metadata) {
    constexpr std::uint32_t kGrey = 1;
    constexpr std::uint32_t kXyb = 2;
    constexpr std::uint32_t kCustom = 2;
    constexpr std::array<Bits::Way, 4> kCoordinate{{{19, 0}, {19, 524288}, {20, 1048576}, {21, 2097152}}};
    const auto skip_point = [&] {
        in.choice(kCoordinate);
        in.choice(kCoordinate);
    };
    if (in.flag()) return;
    metadata.profile = in.flag();
    const std::uint32_t space = in.enumerated();
    metadata.grey = space == kGrey;
    if (metadata.profile) return;
    if (space != kXyb && in.enumerated() == kCustom) skip_point();
    if (space != kXyb && !metadata.grey && in.enumerated() == kCustom) {
        for (int i = 0; i < 3; ++i)
            skip_point();
    }
    if (space != kXyb) {
        if (in.flag())
            in.take(24);  // gamma
        else
            in.enumerated();
    }
    in.enumerated();  // rendering intent
}

void skip_tone_mapping(Bits& in) {
    if (in.flag()) return;
    in.take(16);
    in.take(16);
    in.flag();
    in.take(16);
}

/// The metadata, and what follows up to the frame where it has no profile or preview.
Metadata read_metadata(Bits& in) {
    Metadata metadata;
    if (!in.flag()) {
        const bool extra = in.flag();
        if (extra) read_extra_fields(in, metadata);
        if (metadata.preview) return metadata;
        read_depth(in, metadata);
        in.flag();  // samples fit into 16 bits while they are decoded
        const std::uint32_t channels = in.choice({{{0, 0}, {0, 1}, {4, 2}, {12, 1}}});
        for (std::uint32_t i = 0; i < channels && !in.failed(); ++i)
            skip_extra_channel(in);
        metadata.xyb = in.flag();
        read_colour(in, metadata);
        if (metadata.profile) return metadata;
        if (extra) skip_tone_mapping(in);
        // What extensions hold nobody knows.
        if (!in.is_zero_u64()) metadata.profile = true;
    }
    // Transform data that are not the default ones belong to XYB, which is decided already.
    if (!in.flag()) metadata.profile = true;
    in.to_whole_byte();
    return metadata;
}

/// Without XYB an image is coded sample by sample, or is a JPEG image whose coefficients were kept.
void read_frame(Bits& in, ImageHeader& header) {
    const bool all_default = in.flag();
    if (!all_default) in.take(2);
    const bool by_samples = !all_default && in.flag();
    header.transfer_syntax = by_samples ? kLossless : kRecompressedJpeg;
    if (by_samples || all_default || header.samples_per_pixel == 1) return;
    in.is_zero_u64();  // flags
    if (!in.flag()) return;
    bool subsampled = false;
    for (int i = 0; i < 3; ++i)
        subsampled = in.take(2) != 0 || subsampled;
    header.photometric_interpretation = subsampled ? "YBR_FULL_422" : "YBR_FULL";
}

std::optional<ImageHeader> read_codestream(ByteView bytes) {
    constexpr std::size_t kSignatureBytes = 2;
    Bits in(bytes.subspan(kSignatureBytes));
    ImageHeader header;
    read_size(in, header);
    const Metadata metadata = read_metadata(in);
    if (in.failed() || !metadata.integers || metadata.preview) return std::nullopt;
    header.bits_stored = static_cast<std::uint16_t>(metadata.bits);
    header.samples_per_pixel = metadata.grey ? 1 : 3;
    header.photometric_interpretation = metadata.grey ? "MONOCHROME2" : metadata.xyb ? "XYB" : "RGB";
    header.transfer_syntax = kAny;
    if (metadata.xyb || metadata.profile) return header;
    read_frame(in, header);
    return in.failed() ? std::nullopt : std::optional(header);
}

constexpr std::string_view kCodestream("\xFF\x0A", 2);
constexpr std::string_view kBoxes("\0\0\0\x0CJXL \r\n\x87\n", 12);

}  // namespace

bool is_jxl(ByteView bytes) {
    return as_text(bytes).starts_with(kCodestream) || as_text(bytes).starts_with(kBoxes);
}

std::optional<ImageHeader> read_jxl_header(ByteView bytes) {
    if (as_text(bytes).starts_with(kCodestream)) return read_codestream(bytes);
    constexpr std::uint32_t kWhole = 0x6A786C63;  // jxlc
    constexpr std::uint32_t kPart = 0x6A786C70;   // jxlp: a number, then the part
    constexpr std::size_t kPartNumberBytes = 4;
    constexpr std::size_t kEnough = 64 * 1024;
    std::string codestream;
    BigEndianCursor in(bytes);
    while (!in.failed() && codestream.size() < kEnough) {
        const ImageBox box = next_box(in);
        std::string_view content = box.content.rest();
        if (box.type == kWhole) codestream = content.substr(0, kEnough);
        if (box.type == kWhole) break;
        if (box.type != kPart || content.size() < kPartNumberBytes) continue;
        content.remove_prefix(kPartNumberBytes);
        codestream += content.substr(0, kEnough);
    }
    if (!codestream.starts_with(kCodestream)) return std::nullopt;
    return read_codestream(as_bytes(codestream));
}

}  // namespace isocenter::dicom
