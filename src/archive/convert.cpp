#include <algorithm>
#include <array>
#include <cstring>
#include <utility>
#include <vector>

#include "archive/core.h"
#include "archive/rope.h"
#include "archive/values.h"
#include "codec/frame_codec.h"
#include "dicom/part10_reader.h"
#include "dicom/part10_writer.h"
#include "dicom/tags.h"

namespace isocenter::archive {
namespace {

constexpr std::size_t kFeedBytes = 256 * 1024;
// Shorter values are not worth a jump.
constexpr std::uint64_t kMinSkippedBytes = 64 * 1024;
constexpr std::uint64_t kMaxElementBytes = 0xFFFFFFFEU;
constexpr std::uint64_t kMaxIconBytes = 64ULL << 20U;
/// Extended offset table, its lengths, total length of the fragments: of encapsulated pixel data only.
constexpr std::array kFragmentTags{dicom::Tag{0x7FE0, 0x0001}, dicom::Tag{0x7FE0, 0x0002},
                                   dicom::Tag{0x7FE0, 0x0003}};

/// Native bulk values and what fragments hold, in ascending order, without overlaps. Of a deflated object
/// none: its offsets are not the file's. Numbers that are listed because they are not finite are none either:
/// the reader holds them.
std::vector<ByteRange> skippable(const Location& location) {
    std::vector<ByteRange> ranges;
    if (location.layout.deflated) return ranges;
    for (const dicom::BulkValue& value : location.layout.bulk) {
        const auto vr = dicom::parse_vr(value.vr);
        if (!vr || !dicom::is_bulk(*vr) || value.encapsulated) continue;
        if (value.range.length >= kMinSkippedBytes) ranges.push_back(value.range);
    }
    for (const ByteRange& fragment : location.layout.frames.fragments) {
        if (fragment.length >= kMinSkippedBytes) ranges.push_back(fragment);
    }
    std::sort(ranges.begin(), ranges.end(),
              [](const ByteRange& a, const ByteRange& b) { return a.offset < b.offset; });
    return ranges;
}

Status feed_stored(blob::BlobStore& blobs, const Location& location, ByteRange range,
                   dicom::Part10Reader& reader) {
    if (range.length == 0) return {};
    ISO_TRY(auto source, open_stored(blobs, location.record, range));
    std::vector<std::byte> buffer(kFeedBytes);
    for (;;) {
        ISO_TRY(const std::size_t n, source->read(buffer));
        if (n == 0) return {};
        ISO_CHECK(reader.write(ByteView(buffer).first(n)));
    }
}

Status feed_zeros(std::uint64_t length, dicom::Part10Reader& reader) {
    static constexpr std::array<std::byte, 64 * 1024> kZeros{};
    while (length != 0) {
        const std::size_t n = std::min<std::uint64_t>(length, kZeros.size());
        ISO_CHECK(reader.write(ByteView(kZeros).first(n)));
        length -= n;
    }
    return {};
}

/// Reads the object again without its large values: the reader does not look at them, so zeros do.
Result<dicom::Part10Object> read_again(blob::BlobStore& blobs, const Location& location) {
    dicom::Part10Reader reader;
    std::uint64_t position = 0;
    for (const ByteRange& range : skippable(location)) {
        if (range.offset < position || range.end() > location.record.size_bytes) continue;
        ISO_CHECK(feed_stored(blobs, location, {position, range.offset - position}, reader));
        ISO_CHECK(feed_zeros(range.length, reader));
        position = range.end();
    }
    ISO_CHECK(feed_stored(blobs, location, {position, location.record.size_bytes - position}, reader));
    auto object = reader.finish();
    if (!object) return fail(ErrorCode::corrupt, "the stored object cannot be read", object.error().message);
    return object;
}

/// The layout knows better than the VR how wide the cells of pixel data are.
unsigned unit_of(const dicom::ObjectLayout& layout, const dicom::Element& element) {
    for (const dicom::BulkValue& value : layout.bulk) {
        if (value.range == element.where) return swap_unit(value.vr);
    }
    return dicom::unit_bytes(element.vr);
}

/// The first bytes of `source`, fewer when it ends before.
Result<std::string> read_beginning(ByteSource& source, std::size_t count) {
    std::string text(count, '\0');
    std::size_t have = 0;
    while (have < count) {
        ISO_TRY(const std::size_t n,
                source.read({reinterpret_cast<std::byte*>(text.data()) + have, count - have}));
        if (n == 0) break;
        have += n;
    }
    text.resize(have);
    return text;
}

/// Native frames one after another; those of 1-bit pixels without padding between them (PS3.5 8.1.1).
std::uint64_t pixel_bytes(const codec::FrameShape& shape, std::uint32_t frames) {
    if (shape.bits_allocated != 1) return shape.frame_bytes() * frames;
    return (shape.frame_bits() * frames + 7) / 8;
}

/// Whether pixel_bytes is a length that an element can have.
bool fits_element(const codec::FrameShape& shape, std::uint32_t frames) {
    const std::uint64_t bits = shape.bits_allocated == 1 ? shape.frame_bits() : shape.frame_bytes() * 8;
    return bits <= kMaxElementBytes * 8 / std::max(frames, 1U);
}

/// All frames one after another, each decoded when its turn comes.
class DecodedFrames final : public ByteSource {
  public:
    DecodedFrames(Archive& archive, const Location& location, const codec::FrameCodec& decoder,
                  const codec::FrameShape& shape)
        : archive_(archive),
          location_(location),
          decoder_(decoder),
          shape_(shape),
          left_(pixel_bytes(shape, location.layout.frames.frames)) {}
    /// Decodes the first frame, whose failure can still be told.
    Status begin() { return next_frame(); }
    Result<std::size_t> read(MutableBytes into) override {
        if (left_ == 0) return std::size_t{0};
        while (at_ == frame_.size())
            ISO_CHECK(next_frame());
        const std::size_t n = std::min(into.size(), frame_.size() - at_);
        std::memcpy(into.data(), frame_.data() + at_, n);
        at_ += n;
        left_ -= n;
        return n;
    }
    std::optional<std::uint64_t> remaining() const override { return left_; }

  private:
    Status next_frame() {
        ISO_TRY(auto fragments, archive_.open_frame(location_, ++number_));
        ISO_TRY(frame_, decode_frame(decoder_, *fragments, shape_, kMaxDecodedFrameBytes));
        at_ = 0;
        if (shape_.bits_allocated == 1) join_bits();
        return {};
    }
    /// Puts the frame's bits behind those that the frame before has left of its last byte, and keeps back
    /// what fills no byte; after the last frame that is one as well.
    void join_bits() {
        const auto bits = static_cast<unsigned>(shape_.frame_bits() % 8);
        if (bits != 0) {
            // What follows the frame's last pixel in its byte is nobody's.
            auto& last = frame_.back();
            last = static_cast<char>(static_cast<unsigned char>(last) & ((1U << bits) - 1U));
        }
        if (carried_bits_ != 0) {
            unsigned carry = carried_;
            for (char& c : frame_) {
                const unsigned byte = static_cast<unsigned char>(c);
                c = static_cast<char>(carry | byte << carried_bits_);
                carry = byte >> (8U - carried_bits_);
            }
            if (bits == 0 || carried_bits_ + bits > 8) frame_.push_back(static_cast<char>(carry));
        }
        carried_bits_ = (carried_bits_ + bits) % 8;
        if (carried_bits_ == 0 || number_ == location_.layout.frames.frames) return;
        carried_ = static_cast<unsigned char>(frame_.back());
        frame_.pop_back();
    }

    Archive& archive_;
    const Location location_;
    const codec::FrameCodec& decoder_;
    const codec::FrameShape shape_;
    std::uint64_t left_;
    unsigned carried_ = 0;
    unsigned carried_bits_ = 0;
    std::uint32_t number_ = 0;
    std::string frame_;
    std::size_t at_ = 0;
};

/// Compressed pixel data inside sequences become native like those around them (PS3.5 A.4); they are held.
Status decode_icons(blob::BlobStore& blobs, const Location& location, const Decoding& decoding,
                    dicom::DataSet& set, bool top_level) {
    for (dicom::Element& element : set.elements()) {
        for (dicom::DataSet& item : element.items)
            ISO_CHECK(decode_icons(blobs, location, decoding, item, false));
    }
    dicom::Element* const pixels = set.find(dicom::tags::PixelData);
    if (top_level || pixels == nullptr || !pixels->encapsulated) return {};
    PixelDescription described = describe_by([&set](dicom::Tag tag, std::uint32_t absent) {
        return static_cast<std::uint32_t>(set.integer(tag).value_or(absent));
    });
    described.photometric_interpretation = set.text(dicom::tags::PhotometricInterpretation);
    ISO_TRY(auto items, open_value(blobs, location, pixels->where, pixels->where, 1));
    const auto fragments = make_fragments_source(std::move(items), false);
    const codec::FrameShape shape = shape_of(described, decoding.syntax);
    ISO_TRY(pixels->bytes, decode_frame(*decoding.decoder, *fragments, shape, kMaxIconBytes));
    pixels->held = true;
    pixels->encapsulated = false;
    return {};
}

/// `object` written in `syntax`; `pixels`, when given, are its top-level pixel data.
Result<std::unique_ptr<ByteSource>> rewritten(blob::BlobStore& blobs, const Location& location,
                                              const dicom::Part10Object& object, std::string_view syntax,
                                              std::unique_ptr<ByteSource> pixels = nullptr) {
    const InflatedRanges inflated(blobs, location.record.blob, location.layout.data_set_offset,
                                  location.record.size_bytes);
    const dicom::BulkProvider bulk =
        [&](const dicom::Element& element) -> Result<std::vector<std::unique_ptr<ByteSource>>> {
        std::vector<std::unique_ptr<ByteSource>> sources;
        if (pixels && element.where == location.layout.frames.value) {
            sources.push_back(std::move(pixels));
            return sources;
        }
        if (element.encapsulated && location.layout.big_endian)
            return fail(ErrorCode::unsupported,
                        "compressed pixel data in big endian items are not rewritten");
        if (location.layout.deflated) {
            sources.push_back(inflated.open(element.where));
            return sources;
        }
        const unsigned unit = element.big_endian ? unit_of(location.layout, element) : 1;
        ISO_TRY(auto source, open_value(blobs, location, element.where, element.where, unit));
        sources.push_back(std::move(source));
        return sources;
    };
    RopeSink rope;
    ISO_CHECK(dicom::write_part10(object.meta, object.data_set, syntax, bulk, rope));
    return rope.release();
}

}  // namespace

Result<std::unique_ptr<ByteSource>> open_rewritten(blob::BlobStore& blobs, const Location& location,
                                                   std::string_view syntax) {
    ISO_TRY(const dicom::Part10Object object, read_again(blobs, location));
    return rewritten(blobs, location, object, syntax);
}

Result<std::unique_ptr<ByteSource>> Archive::open_as_explicit_little_endian(const Location& location,
                                                                            std::string_view syntax) {
    return unless_removed(location.record, open_rewritten(state_->core.blobs, location, syntax));
}

Status Archive::check_decodable(const Location& location) {
    ISO_TRY(const Decoding decoding, decoding_of(*this, location));
    const dicom::FrameTable& frames = location.layout.frames;
    if (frames.kind == dicom::FrameTable::Kind::none) return {};
    if (frames.kind != dicom::FrameTable::Kind::encapsulated)
        return fail(ErrorCode::not_acceptable, "the frames of the instance cannot be told apart");
    const codec::FrameShape shape = shape_of(decoding.pixels, decoding.syntax);
    if (shape.frame_bytes() == 0)
        return fail(ErrorCode::not_acceptable, "the instance's pixels are not described");
    if (shape.frame_bytes() > kMaxDecodedFrameBytes || !fits_element(shape, frames.frames))
        return fail(ErrorCode::too_large, "the decoded pixel data would not fit into an element");
    ISO_TRY(auto first, open_frame(location, 1));
    const std::uint64_t first_bytes = first->remaining().value_or(0);
    const auto beginning = read_beginning(*first, codec::FrameCodec::kProbeBytes);
    if (!beginning) return beginning.error();
    if (const Status fits = decoding.decoder->probe(as_bytes(*beginning), first_bytes, shape); !fits)
        return fail(ErrorCode::not_acceptable, fits.error().message);
    return {};
}

bool Archive::fits_uncompressed(const Location& location) {
    if (location.layout.frames.kind == dicom::FrameTable::Kind::none) return true;
    const auto pixels = pixel_description(location.record);
    return !pixels ||
           fits_element(shape_of(*pixels, location.record.transfer_syntax), location.layout.frames.frames);
}

Result<std::unique_ptr<ByteSource>> Archive::open_decoded(const Location& location) {
    ISO_CHECK(check_decodable(location));
    blob::BlobStore& blobs = state_->core.blobs;
    ISO_TRY(const Decoding decoding, decoding_of(*this, location));
    ISO_TRY(dicom::Part10Object object, read_again(blobs, location));
    ISO_CHECK(decode_icons(blobs, location, decoding, object.data_set, true));
    for (const dicom::Tag tag : kFragmentTags)
        object.data_set.remove(tag);
    dicom::Element* const element = object.data_set.find(dicom::tags::PixelData);
    if (element == nullptr) return rewritten(blobs, location, object, dicom::kExplicitVrLittleEndian);
    element->encapsulated = false;
    auto frames = std::make_unique<DecodedFrames>(*this, location, *decoding.decoder,
                                                  shape_of(decoding.pixels, decoding.syntax));
    ISO_CHECK(frames->begin());
    return rewritten(blobs, location, object, dicom::kExplicitVrLittleEndian, std::move(frames));
}

}  // namespace isocenter::archive
