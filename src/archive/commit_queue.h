#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
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
    bool durable = false;    ///< the blob was committed before

    Status status;
    std::optional<index::AddOutcome> outcome;  ///< what the index said; none when it failed or was not asked
};

/// Makes instances durable in groups, as LevelDB does with its writers: whoever comes while a commit runs
/// waits and is taken along by the next one, with whoever else has come. A group costs one wait for the blob
/// store and one index transaction. One bad instance spoils no other: what the index refuses is tried again
/// in halves, until what is at fault stands alone. Before small objects are committed those who were there in
/// the round before are waited for, half of that round's time at most; whoever stores alone never waits. No
/// thread of its own. Thread-safe.
class CommitQueue {
  public:
    /// `on_group` is called after each commit of the index with what was in it, before anybody is woken.
    CommitQueue(blob::BlobStore& blobs, const index::Database& database, StoreMetrics& metrics,
                std::function<void(std::span<PendingInstance* const>)> on_group);
    /// Blocks until all are durable or have failed. Blobs of failed ones are queued for removal; those of
    /// duplicates (not created, no failure) and `blob_only` ones are the caller's to compare and discard, or
    /// to commit once more.
    void commit(std::span<PendingInstance> instances);
    /// Queues blobs that were committed for nothing for removal; those that a record refers to stay.
    void discard(std::span<PendingInstance* const> instances);

  private:
    struct Ticket {
        std::span<PendingInstance> instances;
        bool done = false;
        std::condition_variable wake;
    };
    void await_companions(std::unique_lock<std::mutex>& lock);
    std::size_t group_size() const;
    void lead(std::size_t tickets, std::unique_lock<std::mutex>& lock);
    void run(std::span<PendingInstance* const> group);
    std::vector<PendingInstance*> make_durable(std::span<PendingInstance* const> group);
    void add_to_index(std::span<PendingInstance* const> group);
    Status add_in_halves(std::span<PendingInstance* const> group);
    Status add_together(std::span<PendingInstance* const> group);

    blob::BlobStore& blobs_;
    index::Database database_;
    StoreMetrics& metrics_;
    std::function<void(std::span<PendingInstance* const>)> on_group_;
    std::mutex mutex_;
    std::condition_variable arrived_;  ///< as many as `companions_` wait
    std::size_t companions_ = 0;       ///< how many the last round answered or found waiting at its end
    std::chrono::steady_clock::duration last_round_{};
    std::deque<Ticket*> waiting_;  ///< the front one's thread commits
};

}  // namespace isocenter::archive
