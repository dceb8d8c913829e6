#include "archive/duplicates.h"

#include <algorithm>
#include <cstring>
#include <vector>

namespace isocenter::archive {
namespace {

constexpr std::size_t kCompareBytes = 128 * 1024;

Result<ByteRange> data_set_range(const index::InstanceRecord& record) {
    ISO_TRY(const dicom::ObjectLayout layout, dicom::decode_layout(record.layout));
    if (layout.data_set_offset > record.size_bytes) {
        return fail(ErrorCode::corrupt, "the stored layout does not fit the object");
    }
    return ByteRange{layout.data_set_offset, record.size_bytes - layout.data_set_offset};
}

/// Whether the store has the object that the record tells of, by its length alone.
Result<bool> is_there(blob::BlobStore& blobs, const index::InstanceRecord& record) {
    const auto size = blobs.size(record.blob);
    if (size) return *size == record.size_bytes;
    if (size.error().code == ErrorCode::not_found) return false;
    return size.error();
}

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
    if (stored.transfer_syntax != incoming.transfer_syntax) return DuplicateVerdict::refused;
    ISO_TRY(const ByteRange range, data_set_range(stored));
    return range.length == incoming.size_bytes - data_set_offset ? DuplicateVerdict::needs_comparison
                                                                 : DuplicateVerdict::refused;
}

Result<bool> equal_data_sets(blob::BlobStore& blobs, const index::InstanceRecord& stored,
                             const index::NewInstance& incoming, std::uint64_t data_set_offset) {
    ISO_TRY(const ByteRange range, data_set_range(stored));
    ISO_TRY(auto first, blobs.open(stored.blob, range));
    ISO_TRY(auto second, blobs.open(incoming.blob, {data_set_offset, incoming.size_bytes - data_set_offset}));
    std::vector<std::byte> a(kCompareBytes);
    std::vector<std::byte> b(kCompareBytes);
    for (;;) {
        ISO_TRY(const std::size_t n, read_full(*first, a));
        ISO_TRY(const std::size_t m, read_full(*second, b));
        if (n != m || std::memcmp(a.data(), b.data(), n) != 0) return false;
        if (n == 0) return true;
    }
}

}  // namespace isocenter::archive
