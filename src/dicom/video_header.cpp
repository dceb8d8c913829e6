// Start codes are 00 00 01 and a byte that says what follows: for MPEG-2 B3 the sequence header and B5 an
// extension of it (H.262 6.2.2), for H.264 and H.265 the header of a NAL unit (annexes B). Inside of NAL
// units 00 00 03 stands for 00 00. An MP4 file has the NAL units of the sequence in a box of its description
// (ISO/IEC 14496-15).
#include "dicom/video_header.h"

#include <optional>
#include <string>

#include "dicom/bit_reader.h"

namespace isocenter::dicom {
namespace {

constexpr std::string_view kStartCode("\0\0\1", 3);

Error broken() {
    return fail(ErrorCode::malformed_dicom, "the sequence header of the video cannot be read");
}

Error unknown() {
    return fail(ErrorCode::unsupported, "the video has no sequence header of a known profile and level");
}

/// The fields that the standards make of bits.
class Bits : public BitReader<BitOrder::most_significant_first> {
  public:
    explicit Bits(std::string_view bytes) : BitReader(as_bytes(bytes)) {}

    void skip(unsigned count) {
        for (; count > 32; count -= 32)
            take(32);
        take(count);
    }
    /// ue(v): so many zeros, then a one and as many bits (H.264 9.1).
    std::uint32_t golomb() {
        unsigned zeros = 0;
        while (!flag()) {
            if (failed() || ++zeros > 31) {
                fail_here();
                return 0;
            }
        }
        return (1U << zeros) - 1U + take(zeros);
    }
};

/// How much is cut off at each pair of sides, in pixels.
struct Cropping {
    std::uint32_t columns = 0;
    std::uint32_t rows = 0;
};

Cropping read_cropping(Bits& in, std::uint32_t column_unit, std::uint32_t row_unit) {
    Cropping cropping;
    for (std::uint32_t* side : {&cropping.columns, &cropping.rows}) {
        const std::uint32_t unit = side == &cropping.columns ? column_unit : row_unit;
        for (int i = 0; i < 2; ++i)
            *side += in.golomb() * unit;
    }
    return cropping;
}

ImageHeader colour_header() {
    ImageHeader header;
    header.samples_per_pixel = 3;
    header.photometric_interpretation = "YBR_PARTIAL_420";
    return header;
}

Result<ImageHeader> checked(const ImageHeader& header, const Bits& in) {
    constexpr std::uint32_t kMaxSide = 0xFFFF;
    const bool sides = header.rows - 1 < kMaxSide && header.columns - 1 < kMaxSide;
    if (in.failed() || !sides || header.bits_stored > 16) return broken();
    if (header.transfer_syntax.empty()) return unknown();
    return header;
}

// --- MPEG-2

Result<ImageHeader> read_mpeg2(std::string_view text) {
    constexpr std::string_view kSequence("\0\0\1\xB3", 4);
    constexpr std::string_view kExtension("\0\0\1\xB5", 4);
    const std::size_t begin = text.find(kSequence);
    if (begin == std::string_view::npos) return unknown();
    Bits sequence(text.substr(begin + kSequence.size()));
    ImageHeader header = colour_header();
    header.columns = sequence.take(12);
    header.rows = sequence.take(12);
    const std::size_t next = text.find(kExtension, begin);
    // Without the extension it is MPEG-1.
    if (next == std::string_view::npos) return sequence.failed() ? broken() : unknown();
    Bits in(text.substr(next + kExtension.size()));
    constexpr std::uint32_t kSequenceExtension = 1;
    constexpr std::uint32_t kMainProfile = 4;
    if (in.take(4) != kSequenceExtension) return unknown();
    const bool escape = in.flag();
    const std::uint32_t profile = in.take(3);
    const std::uint32_t level = in.take(4);
    in.skip(3);
    header.columns |= in.take(2) << 12U;
    header.rows |= in.take(2) << 12U;
    if (!escape && profile == kMainProfile) {
        if (level == 8 || level == 10) header.transfer_syntax = "1.2.840.10008.1.2.4.100";
        if (level == 4 || level == 6) header.transfer_syntax = "1.2.840.10008.1.2.4.101";
    }
    return checked(header, in);
}

// --- H.264 and H.265

/// The content of a NAL unit behind its header, up to the next start code.
std::string unescaped(std::string_view unit) {
    unit = unit.substr(0, unit.find(kStartCode));
    std::string out;
    unsigned zeros = 0;
    for (const char c : unit) {
        if (zeros >= 2 && c == 3) {
            zeros = 0;
            continue;
        }
        zeros = c == 0 ? zeros + 1 : 0;
        out += c;
    }
    return out;
}

/// The first NAL unit of a type, `is_wanted` by its first byte, behind a header of `header_bytes`; in an MP4
/// file it follows the name of the box `configuration`, with its length in front.
template <class IsWanted>
std::optional<std::string> find_unit(std::string_view text, std::string_view configuration,
                                     std::size_t header_bytes, IsWanted is_wanted) {
    const std::size_t box = text.find(configuration);
    if (box != std::string_view::npos) {
        // Between them are a few numbers: the unit is the first whose length and type fit.
        constexpr std::size_t kLongestConfiguration = 512;
        const std::string_view rest = text.substr(box + configuration.size(), kLongestConfiguration);
        for (std::size_t at = 5; at + 2 < rest.size(); ++at) {
            const std::size_t length = static_cast<std::size_t>(static_cast<unsigned char>(rest[at])) << 8U |
                                       static_cast<unsigned char>(rest[at + 1]);
            if (length > header_bytes && length <= rest.size() - at - 2 && is_wanted(rest[at + 2]))
                return unescaped(rest.substr(at + 2 + header_bytes, length - header_bytes));
        }
        return std::nullopt;
    }
    for (std::size_t at = text.find(kStartCode); at != std::string_view::npos;
         at = text.find(kStartCode, at + 1)) {
        const std::string_view unit = text.substr(at + kStartCode.size());
        if (unit.size() > header_bytes && is_wanted(unit.front()))
            return unescaped(unit.substr(header_bytes));
    }
    return std::nullopt;
}

/// Lists of 16 or 64 differences, each of which may end early (H.264 7.3.2.1.1.1).
void skip_scaling_lists(Bits& in, unsigned lists) {
    for (unsigned list = 0; list < lists; ++list) {
        if (!in.flag()) continue;
        int last = 8;
        int next = 8;
        for (unsigned i = 0; i < (list < 6 ? 16U : 64U) && !in.failed(); ++i) {
            if (next != 0) {
                const std::uint32_t code = in.golomb();
                const int half = static_cast<int>((code + 1) / 2 % 256);
                next = (last + (code % 2 == 0 ? -half : half) + 256) % 256;
            }
            last = next == 0 ? last : next;
        }
    }
}

bool has_chroma_fields(std::uint32_t profile) {
    for (const std::uint32_t with : {100U, 110U, 122U, 244U, 44U, 83U, 86U, 118U, 128U}) {
        if (profile == with) return true;
    }
    return false;
}

std::string_view h264_syntax(std::uint32_t profile, std::uint32_t level) {
    constexpr std::uint32_t kHigh = 100;
    if (profile != kHigh) return {};
    if (level <= 41) return "1.2.840.10008.1.2.4.102";
    return level == 42 ? "1.2.840.10008.1.2.4.104" : std::string_view();
}

/// Up to the size of the picture (H.264 7.3.2.1.1).
void skip_h264_counters(Bits& in) {
    in.golomb();
    const std::uint32_t order_type = in.golomb();
    if (order_type == 0) in.golomb();
    if (order_type == 1) {
        in.flag();
        in.golomb();
        in.golomb();
        const std::uint32_t cycle = in.golomb();
        for (std::uint32_t i = 0; i < cycle && !in.failed(); ++i)
            in.golomb();
    }
    in.golomb();
    in.flag();
}

Result<ImageHeader> read_h264(std::string_view text) {
    constexpr unsigned kSequenceParameters = 7;
    const auto unit = find_unit(text, "avcC", 1, [](char first) {
        return (static_cast<unsigned char>(first) & 0x1FU) == kSequenceParameters;
    });
    if (!unit) return unknown();
    Bits in(*unit);
    ImageHeader header = colour_header();
    const std::uint32_t profile = in.take(8);
    in.skip(8);
    header.transfer_syntax = h264_syntax(profile, in.take(8));
    in.golomb();
    std::uint32_t chroma = 1;
    if (has_chroma_fields(profile)) {
        chroma = in.golomb();
        if (chroma == 3) in.flag();
        header.bits_stored = static_cast<std::uint16_t>(8 + in.golomb() % 16);
        in.golomb();
        in.flag();
        if (in.flag()) skip_scaling_lists(in, chroma == 3 ? 12 : 8);
    }
    // 4:2:0 is all that the transfer syntaxes allow.
    if (chroma != 1) return unknown();
    skip_h264_counters(in);
    const std::uint32_t columns = in.golomb() + 1;
    const std::uint32_t map_rows = in.golomb() + 1;
    const std::uint32_t fields = in.flag() ? 1 : 2;
    if (fields == 2) in.flag();
    in.flag();
    const Cropping cropping = in.flag() ? read_cropping(in, 2, 2 * fields) : Cropping{};
    header.columns = columns * 16 - cropping.columns;
    header.rows = map_rows * 16 * fields - cropping.rows;
    return checked(header, in);
}

/// H.265 7.3.3; the profile and level of the whole.
struct Tier {
    std::uint32_t profile = 0;
    std::uint32_t level = 0;
};

Tier read_tier(Bits& in, unsigned sub_layers) {
    Tier tier;
    in.skip(3);
    tier.profile = in.take(5);
    in.skip(32 + 48);
    tier.level = in.take(8);
    std::uint32_t present = 0;
    for (unsigned i = 0; i < sub_layers; ++i)
        present |= in.take(2) << (2 * i);
    if (sub_layers > 0) in.skip(2 * (8 - sub_layers));
    for (unsigned i = 0; i < sub_layers; ++i) {
        if ((present >> (2 * i) & 2U) != 0) in.skip(88);
        if ((present >> (2 * i) & 1U) != 0) in.skip(8);
    }
    return tier;
}

Result<ImageHeader> read_h265(std::string_view text) {
    constexpr unsigned kSequenceParameters = 33;
    constexpr std::uint32_t kLevel51 = 153;
    const auto unit = find_unit(text, "hvcC", 2, [](char first) {
        return (static_cast<unsigned char>(first) >> 1U & 0x3FU) == kSequenceParameters;
    });
    if (!unit) return unknown();
    Bits in(*unit);
    ImageHeader header = colour_header();
    in.skip(4);
    const unsigned sub_layers = in.take(3);
    in.flag();
    const Tier tier = read_tier(in, sub_layers);
    in.golomb();
    const std::uint32_t chroma = in.golomb();
    if (chroma != 1) return in.failed() ? broken() : unknown();
    header.columns = in.golomb();
    header.rows = in.golomb();
    if (in.flag()) {
        const Cropping cropping = read_cropping(in, 2, 2);
        header.columns -= cropping.columns;
        header.rows -= cropping.rows;
    }
    header.bits_stored = static_cast<std::uint16_t>(8 + in.golomb() % 16);
    if (tier.level <= kLevel51 && tier.profile == 1) header.transfer_syntax = "1.2.840.10008.1.2.4.107";
    if (tier.level <= kLevel51 && tier.profile == 2) header.transfer_syntax = "1.2.840.10008.1.2.4.108";
    return checked(header, in);
}

}  // namespace

Result<ImageHeader> read_video_header(std::string_view media_type, ByteView bytes) {
    const std::string_view text = as_text(bytes);
    if (media_type == "video/mpeg") return read_mpeg2(text);
    if (media_type == "video/mp4") return read_h264(text);
    if (media_type == "video/h265") return read_h265(text);
    return unknown();
}

}  // namespace isocenter::dicom
