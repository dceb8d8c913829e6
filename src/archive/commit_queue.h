#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "archive/store_metrics.h"
#include "blob/blob_store.h"
#include "index/registry.h"

namespace isocenter::archive {

/// One instance on its way into the archive; the caller fills the first part, the queue the second.
struct PendingInstance {
    std::unique_ptr<blob::BlobWriter> writer;
    index::NewInstance entry;
    bool blob_only = false;  ///< made readable to be compared, not indexed

    Status status;
    index::AddOutcome outcome;  ///< valid when status is ok and not blob_only
};

/// Makes instances durable in groups, as LevelDB does with its writers: whoever comes while a commit runs
/// waits and is taken along by the next one, with whoever else has come. A group costs one wait for the blob
/// store and one index transaction. No timer, no thread of its own. Thread-safe.
class CommitQueue {
  public:
    /// `on_group` is called after the index's commit, before anybody is woken.
    CommitQueue(blob::BlobStore& blobs, const index::Database& database, StoreMetrics& metrics,
                std::function<void(std::span<PendingInstance* const>)> on_group);
    /// Blocks until all are durable or have failed. Blobs of failed ones are queued for removal; those of
    /// duplicates (not created, no failure) and `blob_only` ones are the caller's to compare and discard.
    void commit(std::span<PendingInstance> instances);

  private:
    struct Ticket {
        std::span<PendingInstance> instances;
        bool done = false;
        std::condition_variable wake;
    };
    std::size_t group_size() const;
    void lead(std::size_t tickets, std::unique_lock<std::mutex>& lock);
    void run(std::span<PendingInstance* const> group);
    void add_to_index(std::span<PendingInstance* const> group);
    void discard(std::span<PendingInstance* const> failed);

    blob::BlobStore& blobs_;
    index::Database database_;
    StoreMetrics& metrics_;
    std::function<void(std::span<PendingInstance* const>)> on_group_;
    std::mutex mutex_;
    std::deque<Ticket*> waiting_;  ///< the front one's thread commits
};

}  // namespace isocenter::archive
