#include <algorithm>

#include "archive/core.h"
#include "archive/values.h"
#include "dicom/vr.h"

namespace isocenter::archive {

Result<std::unique_ptr<ByteSource>> open_stored(blob::BlobStore& blobs, const index::InstanceRecord& record,
                                                ByteRange range) {
    auto source = blobs.open(record.blob, range);
    if (source) return source;
    switch (source.error().code) {
        case ErrorCode::not_found:
            return fail(ErrorCode::corrupt, "the stored object is missing", record.blob.str());
        case ErrorCode::out_of_range:
            return fail(ErrorCode::corrupt, "the stored object is shorter than it should be",
                        record.blob.str());
        default:
            return source;
    }
}

Result<std::unique_ptr<ByteSource>> Archive::open_object(const index::InstanceRecord& record,
                                                         std::optional<ByteRange> range) {
    const ByteRange whole{0, record.size_bytes};
    if (range && (range->offset > whole.length || range->length > whole.length - range->offset)) {
        return fail(ErrorCode::out_of_range, "the range passes the end of the object");
    }
    return unless_removed(record, open_stored(state_->core.blobs, record, range.value_or(whole)));
}

// Blobs go after their records: one that is missing was removed while the caller held the record, unless the
// record is there.
Result<std::unique_ptr<ByteSource>> Archive::unless_removed(const index::InstanceRecord& record,
                                                            Result<std::unique_ptr<ByteSource>> opened) {
    if (opened || opened.error().code != ErrorCode::corrupt) return opened;
    const auto found = state_->core.database.members->records({&record.id, 1}, false);
    if (!found || (!found->records.empty() && found->records.front().blob == record.blob)) return opened;
    return fail(ErrorCode::changed, std::string(kChangedMeanwhile), opened.error().message);
}

unsigned swap_unit(std::string_view vr) {
    const auto parsed = dicom::parse_vr(vr);
    return parsed ? dicom::unit_bytes(*parsed) : 1;
}

// Units count from the value's first byte, so a range that begins inside one is read from its start.
Result<std::unique_ptr<ByteSource>> open_value(blob::BlobStore& blobs, const Location& location,
                                               ByteRange value, ByteRange range, unsigned unit) {
    const auto open = [&](ByteRange part) -> Result<std::unique_ptr<ByteSource>> {
        if (!location.layout.deflated) return open_stored(blobs, location.record, part);
        const InflatedRanges inflated(blobs, location.record.blob, location.layout.data_set_offset,
                                      location.record.size_bytes);
        return inflated.open(part);
    };
    if (!location.layout.big_endian || unit < 2) return open(range);
    const std::uint64_t lead = (range.offset - value.offset) % unit;
    const std::uint64_t start = range.offset - lead;
    const std::uint64_t units = (range.end() - start + unit - 1) / unit;
    const std::uint64_t end = std::min(value.end(), start + units * unit);
    ISO_TRY(auto source, open(ByteRange{start, end - start}));
    auto swapped = make_swapping_source(std::move(source), unit);
    if (lead == 0 && end == range.end()) return swapped;
    return make_part_source(std::move(swapped), lead, range.length);
}

}  // namespace isocenter::archive
