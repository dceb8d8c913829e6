#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "base/bytes.h"
#include "blob/blob_store.h"

namespace isocenter::archive {

/// Several ranges of one object, one after another, each opened when its turn comes.
std::unique_ptr<ByteSource> make_ranges_source(blob::BlobStore& blobs, BlobKey key,
                                               std::vector<ByteRange> ranges);

/// `inner` with the bytes of each unit of `unit` (2, 4 or 8) reversed; a last, incomplete unit stays as it
/// is.
std::unique_ptr<ByteSource> make_swapping_source(std::unique_ptr<ByteSource> inner, unsigned unit);

/// `length` bytes of `inner` after `skip` bytes; `corrupt` when it ends before.
std::unique_ptr<ByteSource> make_part_source(std::unique_ptr<ByteSource> inner, std::uint64_t skip,
                                             std::uint64_t length);

/// `bits` bits of `inner` from bit `offset` (0-7) of its first byte on, the first one as bit 0 of byte 0, the
/// last byte filled with 0: one frame of 1-bit pixels (standard-face.md 2.4).
std::unique_ptr<ByteSource> make_bit_source(std::unique_ptr<ByteSource> inner, unsigned offset,
                                            std::uint64_t bits);

/// What the fragments in `inner` hold, joined, without their item headers and without the offset table that
/// comes first (PS3.5 A.4); `corrupt` when the items are ill-formed. `big_endian`: the order of the headers.
std::unique_ptr<ByteSource> make_fragments_source(std::unique_ptr<ByteSource> inner, bool big_endian);

/// Ranges of the inflated data set of a deflated object. Sources of one object share a position, so that
/// reading values in ascending order inflates once. Not thread-safe.
class InflatedRanges {
  public:
    /// `size_bytes` of the whole object.
    InflatedRanges(blob::BlobStore& blobs, BlobKey key, std::uint64_t data_set_offset,
                   std::uint64_t size_bytes);
    /// `corrupt` when read past the end of the data set.
    std::unique_ptr<ByteSource> open(ByteRange range) const;

  private:
    class Cursor;
    class Source;
    std::shared_ptr<Cursor> cursor_;
};

}  // namespace isocenter::archive
