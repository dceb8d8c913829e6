#pragma once

#include <sys/types.h>

#include <array>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

#include "base/strong_string.h"

namespace isocenter::blob {

/// An open descriptor that is closed with its last holder.
std::shared_ptr<const int> own_descriptor(int descriptor);

/// An object open for reading; objects never change, so the size stays true.
struct OpenFile {
    std::shared_ptr<const int> descriptor;
    std::uint64_t size = 0;
};

/// Keeps the descriptors of recently read objects open, so that a viewer's next frame costs one pread. Evicts
/// the least recently used. Thread-safe: keys are spread over shards with a mutex each.
class DescriptorCache {
  public:
    explicit DescriptorCache(std::size_t entries);
    /// An empty descriptor when it is not there.
    OpenFile find(const BlobKey& key);
    void insert(const BlobKey& key, OpenFile file);
    void erase(const BlobKey& key);
    /// Forgets all; what others hold stays open with them.
    void clear();

  private:
    using Order = std::list<std::pair<BlobKey, OpenFile>>;
    struct Shard {
        std::mutex mutex;
        Order order;  ///< most recently used first
        std::unordered_map<BlobKey, Order::iterator> places;
    };
    static constexpr std::size_t kShards = 16;
    Shard& shard_of(const BlobKey& key) { return shards_[std::hash<BlobKey>{}(key) % kShards]; }

    std::size_t entries_per_shard_;
    std::array<Shard, kShards> shards_;
};

/// open(2); when descriptors have run out, once more without those that `cache` alone keeps open.
int open_path(const std::string& path, int flags, mode_t mode, DescriptorCache& cache);

}  // namespace isocenter::blob
