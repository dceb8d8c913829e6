#include <algorithm>
#include <array>
#include <vector>

#include "archive/core.h"
#include "archive/rope.h"
#include "archive/values.h"
#include "dicom/part10_reader.h"
#include "dicom/part10_writer.h"

namespace isocenter::archive {
namespace {

constexpr std::size_t kFeedBytes = 256 * 1024;
// Shorter values are not worth a jump.
constexpr std::uint64_t kMinSkippedBytes = 64 * 1024;

/// Native bulk values in ascending order, without overlaps. Of a deflated object none: its offsets are not
/// the file's. Numbers that are listed because they are not finite are none either: the reader holds them.
std::vector<ByteRange> skippable(const Location& location) {
    std::vector<ByteRange> ranges;
    if (location.layout.deflated) return ranges;
    for (const dicom::BulkValue& value : location.layout.bulk) {
        const auto vr = dicom::parse_vr(value.vr);
        if (!vr || !dicom::is_bulk(*vr) || value.encapsulated) continue;
        if (value.range.length >= kMinSkippedBytes) ranges.push_back(value.range);
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
    return reader.finish();
}

}  // namespace

namespace {

/// The layout knows better than the VR how wide the cells of pixel data are.
unsigned unit_of(const dicom::ObjectLayout& layout, const dicom::Element& element) {
    for (const dicom::BulkValue& value : layout.bulk) {
        if (value.range == element.where) return swap_unit(value.vr);
    }
    return dicom::unit_bytes(element.vr);
}

}  // namespace

Result<std::unique_ptr<ByteSource>> Archive::open_as_explicit_little_endian(const Location& location) {
    blob::BlobStore& blobs = state_->core.blobs;
    auto object = read_again(blobs, location);
    if (!object) return fail(ErrorCode::corrupt, "the stored object cannot be read", object.error().message);

    const InflatedRanges inflated(blobs, location.record.blob, location.layout.data_set_offset,
                                  location.record.size_bytes);
    const dicom::BulkProvider bulk =
        [&](const dicom::Element& element) -> Result<std::vector<std::unique_ptr<ByteSource>>> {
        std::vector<std::unique_ptr<ByteSource>> sources;
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
    const bool compressed = dicom::transfer_syntax(location.record.transfer_syntax).encapsulated;
    const std::string_view syntax =
        compressed ? std::string_view(location.record.transfer_syntax) : dicom::kExplicitVrLittleEndian;
    RopeSink rope;
    ISO_CHECK(dicom::write_part10(object->meta, object->data_set, syntax, bulk, rope));
    return rope.release();
}

}  // namespace isocenter::archive
