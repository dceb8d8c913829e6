#include "archive/commit_queue.h"

#include <algorithm>
#include <chrono>
#include <exception>
#include <iterator>

#include "base/log.h"

namespace isocenter::archive {
namespace {

// Of one index transaction: a group must not keep later comers waiting without bound.
constexpr std::size_t kMaxGroupInstances = 512;

}  // namespace

CommitQueue::CommitQueue(blob::BlobStore& blobs, const index::Database& database, StoreMetrics& metrics,
                         std::function<void(std::span<PendingInstance* const>)> on_group)
    : blobs_(blobs), database_(database), metrics_(metrics), on_group_(std::move(on_group)) {}

void CommitQueue::commit(std::span<PendingInstance> instances) {
    if (instances.empty()) return;
    Ticket own;
    own.instances = instances;
    std::unique_lock lock(mutex_);
    waiting_.push_back(&own);
    own.wake.wait(lock, [&] { return own.done || waiting_.front() == &own; });
    if (own.done) return;

    const std::vector<Ticket*> tickets = take_group();
    lock.unlock();
    std::vector<PendingInstance*> group;
    for (Ticket* ticket : tickets) {
        for (PendingInstance& instance : ticket->instances)
            group.push_back(&instance);
    }
    try {
        run(group);
    } catch (const std::exception& error) {
        // Whatever went wrong, those who wait must be woken.
        log_event(LogLevel::error, "commit_threw", {{"detail", error.what()}});
        for (PendingInstance* instance : group) {
            instance->status = fail(ErrorCode::internal, "the instance could not be committed");
        }
    }
    lock.lock();
    for (Ticket* ticket : tickets) {
        waiting_.pop_front();
        ticket->done = true;
        ticket->wake.notify_one();
    }
    if (!waiting_.empty()) waiting_.front()->wake.notify_one();
}

/// The tickets stay in the queue while they are committed, so that the front one marks the leader.
std::vector<CommitQueue::Ticket*> CommitQueue::take_group() {
    std::vector<Ticket*> tickets;
    std::size_t count = 0;
    for (Ticket* ticket : waiting_) {
        count += ticket->instances.size();
        if (!tickets.empty() && count > kMaxGroupInstances) break;
        tickets.push_back(ticket);
    }
    return tickets;
}

void CommitQueue::run(std::span<PendingInstance* const> group) {
    const auto start = std::chrono::steady_clock::now();
    std::vector<blob::BlobWriter*> writers;
    for (PendingInstance* instance : group)
        writers.push_back(instance->writer.get());
    if (Status status = blobs_.commit(writers); !status) {
        log_event(LogLevel::error, "commit_failed", {{"detail", status.error().detail}});
        for (PendingInstance* instance : group)
            instance->status = status;
        return discard(group);
    }
    std::vector<PendingInstance*> indexed;
    std::copy_if(group.begin(), group.end(), std::back_inserter(indexed),
                 [](const PendingInstance* instance) { return !instance->blob_only; });
    if (!indexed.empty()) add_to_index(indexed);
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
    metrics_.group_instances.Observe(static_cast<double>(group.size()));
    metrics_.commit_seconds.Observe(seconds.count());
}

void CommitQueue::add_to_index(std::span<PendingInstance* const> group) {
    std::vector<index::NewInstance> entries;
    entries.reserve(group.size());
    for (PendingInstance* instance : group)
        entries.push_back(std::move(instance->entry));
    auto outcomes = database_.index->add(entries);
    for (std::size_t i = 0; i < group.size(); ++i)
        group[i]->entry = std::move(entries[i]);
    if (!outcomes) {
        log_event(LogLevel::error, "index_add_failed", {{"detail", outcomes.error().detail}});
        for (PendingInstance* instance : group) {
            instance->status = fail(ErrorCode::internal, "the index could not be written");
        }
        return discard(group);
    }
    for (std::size_t i = 0; i < group.size(); ++i) {
        group[i]->outcome = (*outcomes)[i];
        if (!group[i]->outcome.created) continue;
        metrics_.stored_instances.Increment();
        metrics_.stored_bytes.Increment(static_cast<double>(group[i]->entry.size_bytes));
    }
    on_group_(group);
}

// A transaction that failed may have become durable all the same (the error may have come after): a blob that
// a record refers to stays. What cannot be asked or queued now, the janitor finds.
void CommitQueue::discard(std::span<PendingInstance* const> failed) {
    std::vector<BlobKey> keys;
    for (PendingInstance* instance : failed) {
        const auto records = database_.index->list(instance->entry.key, false);
        if (!records) return;
        const BlobKey& key = instance->writer->key();
        const bool referenced = std::any_of(records->begin(), records->end(),
                                            [&](const auto& record) { return record.blob == key; });
        if (!referenced) keys.push_back(key);
    }
    if (const Status status = database_.removals->enqueue(keys); !status) {
        log_event(LogLevel::warning, "blobs_left_to_janitor", {{"count", std::uint64_t{keys.size()}}});
    }
}

}  // namespace isocenter::archive
