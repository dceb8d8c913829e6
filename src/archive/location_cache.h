#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <unordered_map>

#include "archive/archive.h"

namespace isocenter::archive {

/// Locations of recently used instances with their decoded layouts. Bounded by an estimate of bytes, 1 KiB
/// for each of the entries asked for. Thread-safe.
///
/// A removed instance is never served: who removes or replaces calls `invalidate` after the index's commit
/// and before it reports success; who inserts gives the epoch that it read before asking the index, and an
/// insertion that an invalidation has overtaken is dropped.
class LocationCache {
  public:
    explicit LocationCache(std::size_t entries);

    std::uint64_t epoch() const { return epoch_.load(); }
    /// nullptr when it is not there.
    std::shared_ptr<const Location> find(const index::EntityKey& key);
    void insert(std::shared_ptr<const Location> location, std::uint64_t epoch);
    /// Forgets everything at or below the entity.
    void invalidate(const index::EntityKey& entity);

  private:
    struct Hash {
        std::size_t operator()(const index::EntityKey& key) const noexcept;
    };
    using Order = std::list<std::shared_ptr<const Location>>;
    struct Shard {
        std::mutex mutex;
        Order order;  ///< most recently used first
        std::unordered_map<index::EntityKey, Order::iterator, Hash> places;
        std::size_t cost = 0;
    };
    static constexpr std::size_t kShards = 16;
    Shard& shard_of(const index::EntityKey& key) { return shards_[Hash{}(key) % kShards]; }
    static void drop(Shard& shard, Order::iterator place);

    std::size_t cost_per_shard_;
    std::atomic<std::uint64_t> epoch_{0};
    std::array<Shard, kShards> shards_;
};

}  // namespace isocenter::archive
