#include "dicom/image_header.h"

#include <array>
#include <limits>
#include <optional>
#include <string>

#include "dicom/big_endian_cursor.h"
#include "dicom/jxl_header.h"
#include "dicom/tags.h"

namespace isocenter::dicom {
namespace {

using Cursor = BigEndianCursor;

constexpr std::uint32_t kMaxSide = std::numeric_limits<std::uint16_t>::max();

Error broken() {
    return fail(ErrorCode::malformed_dicom, "the header of the compressed image cannot be read");
}

/// The payload of a marker segment, whose length counts itself.
Cursor segment(Cursor& in) {
    const std::uint16_t length = in.u16();
    return in.take(length < 2 ? std::numeric_limits<std::uint64_t>::max() : length - 2U);
}

Result<ImageHeader> checked(const ImageHeader& header) {
    const bool sides =
        header.rows > 0 && header.columns > 0 && header.rows <= kMaxSide && header.columns <= kMaxSide;
    const bool samples = header.samples_per_pixel == 1 || header.samples_per_pixel == 3;
    if (!sides || !samples || header.bits_stored == 0 || header.bits_stored > 32 ||
        header.transfer_syntax.empty())
        return broken();
    return header;
}

// --- JPEG and JPEG-LS

/// What markers before the image data tell.
struct JpegScan {
    std::uint8_t frame_type = 0;  ///< the SOF marker's second byte
    ImageHeader header;
    std::array<std::uint8_t, 3> components{};
    bool subsampled = false;
    bool jfif = false;
    std::optional<std::uint8_t> adobe_transform;
};

bool is_start_of_frame(std::uint8_t marker) {
    if (marker == 0xF7) return true;
    return marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 && marker != 0xCC;
}

void read_frame(JpegScan& scan, std::uint8_t marker, Cursor frame) {
    scan.frame_type = marker;
    scan.header.bits_stored = frame.u8();
    scan.header.rows = frame.u16();
    scan.header.columns = frame.u16();
    scan.header.samples_per_pixel = frame.u8();
    for (std::size_t i = 0; i < scan.components.size() && i < scan.header.samples_per_pixel; ++i) {
        scan.components[i] = frame.u8();
        const std::uint8_t sampling = frame.u8();
        if (i == 0) scan.subsampled = sampling >> 4U > 1;
        frame.u8();
    }
}

/// The third byte from the end of a scan's header: predictor of a lossless scan, NEAR of JPEG-LS.
std::uint8_t scan_parameter(Cursor start) {
    const std::uint8_t components = start.u8();
    start.take(2U * components);
    return start.u8();
}

std::string_view jpeg_syntax(std::uint8_t frame_type, std::uint8_t parameter) {
    switch (frame_type) {
        case 0xC0:
            return "1.2.840.10008.1.2.4.50";
        case 0xC1:
            return "1.2.840.10008.1.2.4.51";
        case 0xC3:
            return parameter == 1 ? "1.2.840.10008.1.2.4.70" : "1.2.840.10008.1.2.4.57";
        case 0xF7:
            return parameter == 0 ? "1.2.840.10008.1.2.4.80" : "1.2.840.10008.1.2.4.81";
        default:
            return {};
    }
}

/// T.81 names no colour space: JFIF, Adobe's segment and component names do, in that order of trust.
std::string_view jpeg_photometric(const JpegScan& scan) {
    if (scan.header.samples_per_pixel == 1) return "MONOCHROME2";
    const bool lossy = scan.frame_type == 0xC0 || scan.frame_type == 0xC1;
    bool rgb = !lossy || scan.components == std::array<std::uint8_t, 3>{'R', 'G', 'B'};
    if (scan.adobe_transform) rgb = *scan.adobe_transform == 0;
    if (scan.jfif) rgb = !lossy;
    if (rgb) return "RGB";
    return scan.subsampled ? "YBR_FULL_422" : "YBR_FULL";
}

Result<ImageHeader> read_jpeg(Cursor in) {
    JpegScan scan;
    in.u16();
    while (!in.failed()) {
        if (in.u8() != 0xFF) return broken();
        std::uint8_t marker = in.u8();
        while (marker == 0xFF && !in.failed())
            marker = in.u8();
        Cursor payload = segment(in);
        if (is_start_of_frame(marker)) read_frame(scan, marker, payload);
        if (marker == 0xE0 && payload.rest().starts_with("JFIF")) scan.jfif = true;
        if (marker == 0xEE && payload.rest().starts_with("Adobe") && payload.rest().size() >= 12)
            scan.adobe_transform = static_cast<std::uint8_t>(payload.rest()[11]);
        if (marker != 0xDA) continue;
        if (in.failed()) break;
        scan.header.transfer_syntax = jpeg_syntax(scan.frame_type, scan_parameter(payload));
        scan.header.photometric_interpretation = jpeg_photometric(scan);
        return checked(scan.header);
    }
    return broken();
}

// --- JPEG 2000

void read_size(ImageHeader& header, bool& high_throughput, Cursor size) {
    // Rsiz bit 14: capabilities of T.814 are in use.
    high_throughput = (size.u16() & 0x4000U) != 0;
    const std::uint32_t right = size.u32();
    const std::uint32_t bottom = size.u32();
    const std::uint32_t left = size.u32();
    const std::uint32_t top = size.u32();
    size.take(16);
    header.columns = right > left ? right - left : 0;
    header.rows = bottom > top ? bottom - top : 0;
    header.samples_per_pixel = size.u16();
    const std::uint8_t depth = size.u8();
    header.bits_stored = static_cast<std::uint16_t>((depth & 0x7FU) + 1U);
    header.is_signed = (depth & 0x80U) != 0;
}

void read_coding_style(ImageHeader& header, bool high_throughput, Cursor style) {
    style.take(4);
    const bool components_mixed = style.u8() != 0;
    style.take(4);
    const bool reversible = style.u8() == 1;
    if (style.failed()) return;
    if (high_throughput)
        header.transfer_syntax = reversible ? "1.2.840.10008.1.2.4.201" : "1.2.840.10008.1.2.4.203";
    else
        header.transfer_syntax = reversible ? "1.2.840.10008.1.2.4.90" : "1.2.840.10008.1.2.4.91";
    if (header.samples_per_pixel == 1)
        header.photometric_interpretation = "MONOCHROME2";
    else if (!components_mixed)
        header.photometric_interpretation = "RGB";
    else
        header.photometric_interpretation = reversible ? "YBR_RCT" : "YBR_ICT";
}

Result<ImageHeader> read_codestream(Cursor in) {
    ImageHeader header;
    bool high_throughput = false;
    in.u16();
    while (!in.failed()) {
        const std::uint16_t marker = in.u16();
        const Cursor payload = segment(in);
        if (in.failed()) break;
        if (marker == 0xFF51) read_size(header, high_throughput, payload);
        if (marker == 0xFF90) break;
        if (marker != 0xFF52) continue;
        read_coding_style(header, high_throughput, payload);
        return checked(header);
    }
    return broken();
}

/// The codestream in a JP2 file (T.800 annex I): the box `jp2c`.
Result<ImageHeader> read_jp2(Cursor in) {
    while (!in.failed()) {
        const ImageBox box = next_box(in);
        if (box.type == 0x6A703263) return read_codestream(box.content);
    }
    return broken();
}

void set_text_if_absent(DataSet& data_set, Tag tag, std::string_view value) {
    if (data_set.find(tag) == nullptr) data_set.set_text(tag, value);
}

void set_us_if_absent(DataSet& data_set, Tag tag, std::uint32_t value) {
    if (data_set.find(tag) != nullptr) return;
    Element element;
    element.tag = tag;
    element.vr = Vr::US;
    element.bytes = {static_cast<char>(value & 0xFFU), static_cast<char>((value >> 8U) & 0xFFU)};
    data_set.set(std::move(element));
}

}  // namespace

Result<ImageHeader> read_image_header(ByteView bytes) {
    const std::string_view text = as_text(bytes);
    constexpr std::string_view kJp2("\0\0\0\x0CjP  ", 8);
    if (text.starts_with("\xFF\xD8")) return read_jpeg(Cursor(bytes));
    if (text.starts_with("\xFF\x4F")) return read_codestream(Cursor(bytes));
    if (text.starts_with(kJp2)) return read_jp2(Cursor(bytes));
    if (is_jxl(bytes)) {
        const auto header = read_jxl_header(bytes);
        return header ? checked(*header) : broken();
    }
    return fail(ErrorCode::unsupported, "the header of the compressed image is of no known kind");
}

void describe_pixels(DataSet& data_set, const ImageHeader& header, std::size_t frames) {
    // PS3.5 8.1.1: whole bytes, and 16 bits for everything between 8 and 16.
    const std::uint32_t allocated = header.bits_stored <= 8 ? 8 : header.bits_stored <= 16 ? 16 : 32;
    set_us_if_absent(data_set, tags::SamplesPerPixel, header.samples_per_pixel);
    set_text_if_absent(data_set, tags::PhotometricInterpretation, header.photometric_interpretation);
    if (header.samples_per_pixel > 1) set_us_if_absent(data_set, tags::PlanarConfiguration, 0);
    if (frames > 1) set_text_if_absent(data_set, tags::NumberOfFrames, std::to_string(frames));
    set_us_if_absent(data_set, tags::Rows, header.rows);
    set_us_if_absent(data_set, tags::Columns, header.columns);
    set_us_if_absent(data_set, tags::BitsAllocated, allocated);
    set_us_if_absent(data_set, tags::BitsStored, header.bits_stored);
    set_us_if_absent(data_set, tags::HighBit, header.bits_stored - 1U);
    set_us_if_absent(data_set, tags::PixelRepresentation, header.is_signed ? 1 : 0);
}

void redescribe_pixels(DataSet& data_set, const ImageHeader& header, std::size_t frames) {
    for (const Tag tag : {tags::SamplesPerPixel, tags::PhotometricInterpretation, tags::PlanarConfiguration,
                          tags::NumberOfFrames, tags::Rows, tags::Columns, tags::BitsAllocated,
                          tags::BitsStored, tags::HighBit, tags::PixelRepresentation})
        data_set.remove(tag);
    describe_pixels(data_set, header, frames);
}

}  // namespace isocenter::dicom
