#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/strong_string.h"

namespace isocenter::blob {

/// An object being written. Nothing of it is visible before BlobStore::commit; destroyed without, it leaves
/// nothing behind. Used by one thread at a time.
class BlobWriter : public ByteSink {
  public:
    virtual const BlobKey& key() const = 0;
    virtual std::uint64_t size() const = 0;
    /// Says that no more bytes come, so that the store can start moving them before commit waits for them.
    virtual Status complete() { return {}; }
};

/// Keeps named bytes; each object is written once, whole, and never changed. Thread-safe.
/// Keys are made by the archive: `[0-9a-f]{2}/[0-9a-f]{32}`.
class BlobStore {
  public:
    virtual ~BlobStore() = default;
    /// `unavailable` when the store cannot take more (full, read-only, unreachable).
    virtual Result<std::unique_ptr<BlobWriter>> create(const BlobKey& key) = 0;
    /// Makes the objects durable (synced, folders included) and visible, waiting for the disk once for all of
    /// them. One status per writer, in order: what hits one object fails that one only. Those that failed do
    /// not count as stored; one already visible is removed again by the store or the janitor. `unavailable`.
    virtual std::vector<Status> commit(std::span<BlobWriter* const> writers) = 0;
    /// `range` of the object; `not_found`, or `out_of_range` when the range passes its end. A local store's
    /// sources are file slices over a bounded cache of open descriptors.
    virtual Result<std::unique_ptr<ByteSource>> open(const BlobKey& key, ByteRange range) = 0;
    virtual Result<std::uint64_t> size(const BlobKey& key) = 0;
    /// Removing what is not there is success.
    virtual Status remove(const BlobKey& key) = 0;
    /// Up to `limit` keys greater than `after`, ascending; what comes or goes during a walk may be missed.
    virtual Result<std::vector<BlobKey>> list(const BlobKey& after, std::size_t limit) = 0;
    /// Whether the store can be written and read now; for readiness. May do one small write.
    virtual Status check() = 0;
};

}  // namespace isocenter::blob
