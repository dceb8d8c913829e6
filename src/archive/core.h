#pragma once

#include <functional>
#include <vector>

#include "archive/archive.h"
#include "archive/commit_queue.h"
#include "archive/location_cache.h"
#include "archive/store_metrics.h"

namespace isocenter::archive {

/// What Archive and StoreBatch share.
struct Core {
    Core(blob::BlobStore& blob_store, const index::Database& the_database, ArchiveOptions the_options,
         Metrics& metrics_registry)
        : blobs(blob_store),
          database(the_database),
          options(the_options),
          metrics(metrics_registry),
          cache(the_options.location_cache_entries),
          queue(blob_store, the_database, metrics,
                [this](std::span<PendingInstance* const> group) { after_group(group); }) {}
    Core(const Core&) = delete;
    Core& operator=(const Core&) = delete;

    void notify() const {
        for (const auto& listener : listeners)
            listener();
    }

    blob::BlobStore& blobs;
    index::Database database;
    ArchiveOptions options;
    StoreMetrics metrics;
    LocationCache cache;
    CommitQueue queue;
    std::vector<std::function<void()>> listeners;

  private:
    void after_group(std::span<PendingInstance* const> group) {
        bool created = false;
        for (const PendingInstance* instance : group) {
            if (!instance->outcome->created) continue;
            created = true;
            const index::NewInstance& entry = instance->entry;
            if (entry.replace || !entry.replaces.view().empty()) cache.invalidate(entry.key);
        }
        if (created) notify();
    }
};

struct Archive::State {
    Core core;
};

}  // namespace isocenter::archive
