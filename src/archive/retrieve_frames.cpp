#include <algorithm>
#include <charconv>
#include <string>

#include "archive/core.h"
#include "archive/values.h"
#include "codec/frame_codec.h"
#include "codec/rle.h"
#include "dicom/image_header.h"
#include "dicom/json_filter.h"
#include "dicom/tags.h"
#include "dicom/transfer_syntax.h"

namespace isocenter::archive {
namespace {

namespace tags = dicom::tags;

// Profiles and thumbnails may stand before the part of an image that describes it.
constexpr std::uint64_t kMaxImageHeaderBytes = 1ULL << 20U;

std::string_view pixel_vr(const dicom::ObjectLayout& layout) {
    for (const dicom::BulkValue& value : layout.bulk) {
        if (value.range == layout.frames.value) return value.vr;
    }
    return "OW";
}

Result<std::unique_ptr<ByteSource>> open_native(blob::BlobStore& blobs, const Location& location,
                                                std::uint32_t number) {
    const dicom::FrameTable& frames = location.layout.frames;
    const std::vector<ByteRange> ranges = frames.ranges_of(number);
    if (ranges.empty()) return fail(ErrorCode::not_found, "the pixel data ends before this frame");
    ISO_TRY(auto source,
            open_value(blobs, location, frames.value, ranges.front(), swap_unit(pixel_vr(location.layout))));
    const unsigned offset = frames.bit_offset(number);
    if (offset == 0 && frames.frame_bits % 8 == 0) return source;
    return make_bit_source(std::move(source), offset, frames.frame_bits);
}

/// The first value of a stored attribute; the JSON is our own.
std::string first_value(std::string_view document, dicom::Tag tag) {
    std::string_view json = dicom::find_attribute(document, tag);
    constexpr std::string_view kStart = "\"Value\":[";
    const std::size_t start = json.find(kStart);
    if (start == std::string_view::npos) return {};
    json.remove_prefix(start + kStart.size());
    if (json.starts_with('"')) json.remove_prefix(1);
    return std::string(json.substr(0, json.find_first_of("\",]")));
}

std::uint32_t first_number(std::string_view document, dicom::Tag tag, std::uint32_t absent) {
    const std::string text = first_value(document, tag);
    std::uint32_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return error == std::errc() && end == text.data() + text.size() ? number : absent;
}

}  // namespace

codec::FrameShape shape_of(const PixelDescription& pixels, std::string_view syntax) {
    codec::FrameShape shape;
    shape.rows = pixels.rows;
    shape.columns = pixels.columns;
    shape.samples_per_pixel = pixels.samples_per_pixel;
    shape.bits_allocated = pixels.bits_allocated;
    shape.planar_configuration = pixels.planar_configuration;
    // Frames that were never encoded keep the colours that two pixels share: Y Y Cb Cr (PS3.3 C.7.6.3.1.2).
    const bool shared = pixels.photometric_interpretation == "YBR_FULL_422" ||
                        pixels.photometric_interpretation == "YBR_PARTIAL_422";
    if (syntax == dicom::kEncapsulatedUncompressed && shared && shape.samples_per_pixel == 3)
        shape.samples_per_pixel = 2;
    return shape;
}

Result<Decoding> decoding_of(Archive& archive, const Location& location) {
    Decoding decoding;
    ISO_TRY(decoding.syntax, archive.pixel_syntax(location));
    decoding.decoder = codec::find_decoder(decoding.syntax);
    if (decoding.decoder == nullptr)
        return fail(ErrorCode::not_acceptable, "there is no decoder for the instance's transfer syntax");
    ISO_TRY(decoding.pixels, archive.pixel_description(location.record));
    return decoding;
}

Result<std::string> decode_frame(const codec::FrameCodec& decoder, ByteSource& fragments,
                                 const codec::FrameShape& shape, std::uint64_t limit) {
    if (shape.frame_bytes() > limit)
        return fail(ErrorCode::too_large, "the frame is too large to be decoded");
    ISO_TRY(const std::string encoded, read_all(fragments, limit));
    return decoder.decode(as_bytes(encoded), shape);
}

bool Archive::can_decode(std::string_view transfer_syntax) {
    return codec::find_decoder(transfer_syntax) != nullptr;
}

Result<std::unique_ptr<ByteSource>> Archive::open_frame(const Location& location, std::uint32_t number) {
    const dicom::FrameTable& frames = location.layout.frames;
    if (frames.kind == dicom::FrameTable::Kind::none) {
        return fail(ErrorCode::not_found, "the instance has no pixel data");
    }
    if (number == 0 || number > frames.frames) {
        return fail(ErrorCode::out_of_range, "the instance has no such frame");
    }
    switch (frames.kind) {
        case dicom::FrameTable::Kind::native:
            return unless_removed(location.record, open_native(state_->core.blobs, location, number));
        case dicom::FrameTable::Kind::encapsulated:
            break;
        case dicom::FrameTable::Kind::unknown:
        case dicom::FrameTable::Kind::none:
            return fail(ErrorCode::unsupported, "the frames of this instance cannot be told apart");
    }
    std::vector<ByteRange> ranges = frames.ranges_of(number);
    if (ranges.size() == 1)
        return unless_removed(location.record,
                              open_stored(state_->core.blobs, location.record, ranges.front()));
    return make_ranges_source(state_->core.blobs, location.record.blob, std::move(ranges));
}

Result<std::unique_ptr<ByteSource>> Archive::open_native_frame(const Location& location,
                                                               std::uint32_t number) {
    ISO_TRY(auto stored, open_frame(location, number));
    if (location.layout.frames.kind == dicom::FrameTable::Kind::native) return stored;
    ISO_TRY(const Decoding decoding, decoding_of(*this, location));
    auto decoded = decode_frame(*decoding.decoder, *stored, shape_of(decoding.pixels, decoding.syntax),
                                kMaxDecodedFrameBytes);
    if (decoded) return make_string_source(std::move(*decoded));
    // What the decoder does not know can still be had as stored.
    if (decoded.error().code != ErrorCode::unsupported) return std::move(decoded).error();
    return fail(ErrorCode::not_acceptable, decoded.error().message);
}

Result<std::string> Archive::pixel_syntax(const Location& location) {
    const dicom::ObjectLayout& layout = location.layout;
    if (!layout.foreign_pixels) return location.record.transfer_syntax;
    if (layout.frames.kind == dicom::FrameTable::Kind::native)
        return std::string(dicom::kExplicitVrLittleEndian);
    // Where fragments lie in a deflated data set is not where they lie in the file, and nobody rewrites
    // those of a big endian one.
    if (layout.deflated || layout.big_endian || layout.frames.fragments.empty()) return std::string();
    ByteRange first = layout.frames.fragments.front();
    first.length = std::min(first.length, kMaxImageHeaderBytes);
    ISO_TRY(auto source, open_object(location.record, first));
    ISO_TRY(const std::string beginning, read_all(*source, first.length));
    const auto header = dicom::read_image_header(as_bytes(beginning));
    if (header) return std::string(header->transfer_syntax);
    ISO_TRY(const PixelDescription pixels, pixel_description(location.record));
    std::uint64_t frame_bytes = 0;
    for (const ByteRange& range : layout.frames.ranges_of(1))
        frame_bytes += range.length;
    const codec::FrameShape shape = shape_of(pixels, dicom::kRleLossless);
    const bool rle = codec::begins_like_rle(as_bytes(beginning), frame_bytes, shape);
    return rle ? std::string(dicom::kRleLossless) : std::string();
}

/// Why a record has no document: it was removed, or it cannot be read.
Error Archive::absence_of_document(const index::InstanceRecord& record) {
    const auto records = list(record.key);
    if (!records) return records.error();
    if (std::none_of(records->begin(), records->end(),
                     [&](const auto& each) { return each.id == record.id; }))
        return fail(ErrorCode::changed, std::string(kChangedMeanwhile));
    return fail(ErrorCode::corrupt, "the stored metadata cannot be read");
}

Result<PixelDescription> Archive::pixel_description(const index::InstanceRecord& record) {
    ISO_TRY(const auto found, documents({&record.id, 1}));
    if (found.empty()) return absence_of_document(record);
    const std::string_view json = found.front().json;
    PixelDescription pixels =
        describe_by([json](dicom::Tag tag, std::uint32_t absent) { return first_number(json, tag, absent); });
    pixels.photometric_interpretation = first_value(json, tags::PhotometricInterpretation);
    return pixels;
}

}  // namespace isocenter::archive
