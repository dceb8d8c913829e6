#include "archive/location_cache.h"

#include <algorithm>

namespace isocenter::archive {
namespace {

constexpr std::size_t kEntryCost = 1024;

std::size_t cost_of(const Location& location) {
    const dicom::FrameTable& frames = location.layout.frames;
    return kEntryCost + frames.fragments.size() * sizeof(ByteRange) +
           frames.first_fragment.size() * sizeof(std::uint32_t) +
           location.layout.bulk.size() * sizeof(dicom::BulkValue);
}

bool is_below(const index::EntityKey& key, const index::EntityKey& entity) {
    return key.partition == entity.partition && key.study == entity.study &&
           (entity.series.empty() || key.series == entity.series) &&
           (entity.instance.empty() || key.instance == entity.instance);
}

}  // namespace

std::size_t LocationCache::Hash::operator()(const index::EntityKey& key) const noexcept {
    const std::hash<std::string_view> hash;
    std::size_t value = hash(key.instance.view());
    value = value * 31 + hash(key.series.view());
    value = value * 31 + hash(key.study.view());
    return value * 31 + static_cast<std::size_t>(key.partition);
}

LocationCache::LocationCache(std::size_t entries)
    : cost_per_shard_(std::max<std::size_t>(1, entries / kShards) * kEntryCost) {}

std::shared_ptr<const Location> LocationCache::find(const index::EntityKey& key) {
    Shard& shard = shard_of(key);
    const std::lock_guard lock(shard.mutex);
    const auto found = shard.places.find(key);
    if (found == shard.places.end()) return nullptr;
    shard.order.splice(shard.order.begin(), shard.order, found->second);
    return *found->second;
}

void LocationCache::insert(std::shared_ptr<const Location> location, std::uint64_t epoch) {
    Shard& shard = shard_of(location->record.key);
    const std::lock_guard lock(shard.mutex);
    // Under the shard's mutex: an invalidation raises the epoch before it takes the mutexes one by one.
    if (epoch_.load() != epoch || shard.places.contains(location->record.key)) return;
    shard.cost += cost_of(*location);
    shard.order.push_front(std::move(location));
    shard.places[shard.order.front()->record.key] = shard.order.begin();
    while (shard.cost > cost_per_shard_ && shard.order.size() > 1)
        drop(shard, std::prev(shard.order.end()));
}

void LocationCache::invalidate(const index::EntityKey& entity) {
    ++epoch_;
    if (!entity.instance.empty() && !entity.series.empty()) {
        Shard& shard = shard_of(entity);
        const std::lock_guard lock(shard.mutex);
        if (const auto found = shard.places.find(entity); found != shard.places.end()) {
            drop(shard, found->second);
        }
        return;
    }
    for (Shard& shard : shards_) {
        const std::lock_guard lock(shard.mutex);
        for (auto it = shard.order.begin(); it != shard.order.end();) {
            const auto place = it++;
            if (is_below((*place)->record.key, entity)) drop(shard, place);
        }
    }
}

void LocationCache::drop(Shard& shard, Order::iterator place) {
    shard.cost -= cost_of(**place);
    shard.places.erase((*place)->record.key);
    shard.order.erase(place);
}

}  // namespace isocenter::archive
