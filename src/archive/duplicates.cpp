#include "archive/duplicates.h"

#include <array>
#include <cstring>
#include <utility>
#include <vector>

#include "archive/values.h"
#include "dicom/transfer_syntax.h"

namespace isocenter::archive {
namespace {

constexpr std::size_t kCompareBytes = 128 * 1024;

/// Fills `into` unless the source ends before.
Result<std::size_t> read_full(ByteSource& source, MutableBytes into) {
    std::size_t filled = 0;
    while (filled < into.size()) {
        ISO_TRY(const std::size_t n, source.read(into.subspan(filled)));
        if (n == 0) break;
        filled += n;
    }
    return filled;
}

Result<ByteRange> data_set_range(const index::InstanceRecord& record, const dicom::ObjectLayout& layout) {
    if (layout.data_set_offset > record.size_bytes) {
        return fail(ErrorCode::corrupt, "the stored layout does not fit the object");
    }
    return ByteRange{layout.data_set_offset, record.size_bytes - layout.data_set_offset};
}

Result<Location> located(const index::InstanceRecord& record) {
    ISO_TRY(dicom::ObjectLayout layout, dicom::decode_layout(record.layout));
    return Location{record, std::move(layout)};
}

Result<Location> located(const index::NewInstance& instance) {
    index::InstanceRecord record;
    record.key = instance.key;
    record.transfer_syntax = instance.transfer_syntax;
    record.blob = instance.blob;
    record.size_bytes = instance.size_bytes;
    record.layout = instance.layout;
    return located(record);
}

/// Whether the same data set has just one form in explicit VR little endian: there are no fragments in it,
/// and the label is true.
bool has_plain_form(std::string_view transfer_syntax, std::string_view layout) {
    const dicom::TransferSyntax syntax = dicom::transfer_syntax(transfer_syntax);
    return !syntax.encapsulated && !dicom::is_mislabelled(layout) && !dicom::has_foreign_pixels(layout);
}

/// The object from its data set on, in explicit VR little endian.
Result<std::unique_ptr<ByteSource>> open_plain_form(blob::BlobStore& blobs, const Location& location) {
    ISO_TRY(auto source, open_rewritten(blobs, location, dicom::kExplicitVrLittleEndian));
    // Preamble, prefix and the group length, which tells where the data set begins (PS3.10 7.1).
    std::array<std::byte, 128 + 4 + 12> head{};
    ISO_TRY(const std::size_t n, read_full(*source, head));
    if (n < head.size()) return fail(ErrorCode::internal, "a rewritten object has no file meta");
    std::uint32_t left = 0;
    for (std::size_t i = 0; i < 4; ++i)
        left |= std::to_integer<std::uint32_t>(head[140 + i]) << (8 * i);
    std::vector<std::byte> meta(left);
    ISO_TRY(const std::size_t m, read_full(*source, meta));
    if (m < meta.size()) return fail(ErrorCode::internal, "a rewritten object has no data set");
    return source;
}

Result<bool> equal_bytes(ByteSource& first, ByteSource& second) {
    std::vector<std::byte> a(kCompareBytes);
    std::vector<std::byte> b(kCompareBytes);
    for (;;) {
        ISO_TRY(const std::size_t n, read_full(first, a));
        ISO_TRY(const std::size_t m, read_full(second, b));
        if (n != m || std::memcmp(a.data(), b.data(), n) != 0) return false;
        if (n == 0) return true;
    }
}

/// Whether the store has the object that the record tells of, by its length alone.
Result<bool> is_there(blob::BlobStore& blobs, const index::InstanceRecord& record) {
    const auto size = blobs.size(record.blob);
    if (size) return *size == record.size_bytes;
    if (size.error().code == ErrorCode::not_found) return false;
    return size.error();
}

}  // namespace

Result<DuplicateVerdict> judge_duplicate(blob::BlobStore& blobs, Duplicates policy,
                                         const index::InstanceRecord& stored,
                                         const index::NewInstance& incoming, std::uint64_t data_set_offset) {
    const bool same = stored.sha256 == incoming.sha256;
    // A success says that the archive has the object, whatever it was that lost it: who sends it again heals
    // it.
    if (same || policy == Duplicates::keep) {
        ISO_TRY(const bool there, is_there(blobs, stored));
        if (!there) return DuplicateVerdict::replaced;
    }
    switch (policy) {
        case Duplicates::refuse:
            return DuplicateVerdict::refused;
        case Duplicates::keep:
            return DuplicateVerdict::success;
        case Duplicates::replace:
            return same ? DuplicateVerdict::success : DuplicateVerdict::replaced;
        case Duplicates::accept_identical:
            break;
    }
    if (same) return DuplicateVerdict::success;
    if (has_plain_form(stored.transfer_syntax, stored.layout) &&
        has_plain_form(incoming.transfer_syntax, incoming.layout))
        return DuplicateVerdict::needs_comparison;
    if (stored.transfer_syntax != incoming.transfer_syntax) return DuplicateVerdict::refused;
    ISO_TRY(const Location location, located(stored));
    ISO_TRY(const ByteRange range, data_set_range(stored, location.layout));
    return range.length == incoming.size_bytes - data_set_offset ? DuplicateVerdict::needs_comparison
                                                                 : DuplicateVerdict::refused;
}

Result<bool> equal_data_sets(blob::BlobStore& blobs, const index::InstanceRecord& stored,
                             const index::NewInstance& incoming, std::uint64_t data_set_offset) {
    ISO_TRY(const Location location, located(stored));
    ISO_TRY(const ByteRange range, data_set_range(stored, location.layout));
    const ByteRange incoming_range{data_set_offset, incoming.size_bytes - data_set_offset};
    if (stored.transfer_syntax == incoming.transfer_syntax && range.length == incoming_range.length) {
        ISO_TRY(auto first, blobs.open(stored.blob, range));
        ISO_TRY(auto second, blobs.open(incoming.blob, incoming_range));
        ISO_TRY(const bool equal, equal_bytes(*first, *second));
        if (equal) return true;
    }
    if (!has_plain_form(stored.transfer_syntax, stored.layout) ||
        !has_plain_form(incoming.transfer_syntax, incoming.layout))
        return false;
    ISO_TRY(const Location other, located(incoming));
    ISO_TRY(auto first, open_plain_form(blobs, location));
    ISO_TRY(auto second, open_plain_form(blobs, other));
    return equal_bytes(*first, *second);
}

}  // namespace isocenter::archive
