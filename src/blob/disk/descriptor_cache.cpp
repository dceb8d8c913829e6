#include "blob/disk/descriptor_cache.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace isocenter::blob {

std::shared_ptr<const int> own_descriptor(int descriptor) {
    return {new int(descriptor), [](const int* owned) {
                ::close(*owned);
                delete owned;
            }};
}

DescriptorCache::DescriptorCache(std::size_t entries)
    : entries_per_shard_(std::max<std::size_t>(1, entries / kShards)) {}

OpenFile DescriptorCache::find(const BlobKey& key) {
    Shard& shard = shard_of(key);
    const std::lock_guard lock(shard.mutex);
    const auto found = shard.places.find(key);
    if (found == shard.places.end()) return {};
    shard.order.splice(shard.order.begin(), shard.order, found->second);
    return found->second->second;
}

void DescriptorCache::insert(const BlobKey& key, OpenFile file) {
    Shard& shard = shard_of(key);
    const std::lock_guard lock(shard.mutex);
    if (shard.places.contains(key)) return;
    shard.order.emplace_front(key, std::move(file));
    shard.places[key] = shard.order.begin();
    if (shard.order.size() > entries_per_shard_) {
        shard.places.erase(shard.order.back().first);
        shard.order.pop_back();
    }
}

void DescriptorCache::erase(const BlobKey& key) {
    Shard& shard = shard_of(key);
    const std::lock_guard lock(shard.mutex);
    const auto found = shard.places.find(key);
    if (found == shard.places.end()) return;
    shard.order.erase(found->second);
    shard.places.erase(found);
}

void DescriptorCache::clear() {
    for (Shard& shard : shards_) {
        const std::lock_guard lock(shard.mutex);
        shard.places.clear();
        shard.order.clear();
    }
}

int open_path(const std::string& path, int flags, mode_t mode, DescriptorCache& cache) {
    const int descriptor = ::open(path.c_str(), flags | O_CLOEXEC, mode);
    if (descriptor >= 0 || (errno != EMFILE && errno != ENFILE)) return descriptor;
    cache.clear();
    return ::open(path.c_str(), flags | O_CLOEXEC, mode);
}

}  // namespace isocenter::blob
