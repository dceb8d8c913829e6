#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "blob/blob_store.h"

namespace isocenter::blob {

/// Objects in memory, for tests. Must outlive its writers; sources stay readable after removal.
class MemoryBlobStore final : public BlobStore {
  public:
    Result<std::unique_ptr<BlobWriter>> create(const BlobKey& key) override;
    std::vector<Status> commit(std::span<BlobWriter* const> writers) override;
    Result<std::unique_ptr<ByteSource>> open(const BlobKey& key, ByteRange range) override;
    Result<std::uint64_t> size(const BlobKey& key) override;
    Status remove(const BlobKey& key) override;
    Result<std::vector<BlobKey>> list(const BlobKey& after, std::size_t limit) override;
    Status check() override { return {}; }

    /// Flips one bit of a stored object, as a failing disk would.
    Status damage(const BlobKey& key, std::uint64_t offset);

  private:
    std::mutex mutex_;
    std::map<BlobKey, std::shared_ptr<const std::string>> objects_;
};

}  // namespace isocenter::blob
