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
// Of a larger one the writing takes longer than the waits do, and goes on beside another group's waits.
constexpr std::uint64_t kSmallBytes = 64 << 10;

/// Whether another transaction would fail the same way, whatever is in it: trying again would only add to the
/// load of a disk that is full or a database that is away.
bool hits_everything(ErrorCode code) {
    return code == ErrorCode::unavailable || code == ErrorCode::overloaded || code == ErrorCode::timed_out ||
           code == ErrorCode::cancelled;
}

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
    if (waiting_.size() >= companions_) arrived_.notify_one();
    own.wake.wait(lock, [&] { return own.done || waiting_.front() == &own; });
    if (own.done) return;

    await_companions(lock);
    const std::size_t tickets = group_size();
    const auto start = std::chrono::steady_clock::now();
    lead(tickets, lock);
    last_round_ = std::chrono::steady_clock::now() - start;
    companions_ = waiting_.size();
    for (std::size_t i = 0; i < tickets; ++i) {
        Ticket* const ticket = waiting_.front();
        waiting_.pop_front();
        ticket->done = true;
        ticket->wake.notify_one();
    }
    if (!waiting_.empty()) waiting_.front()->wake.notify_one();
}

/// Clients that store one small object after another were answered together and come back within moments;
/// without a wait for them those who came meanwhile would go alone, and the two halves would take turns for
/// ever.
void CommitQueue::await_companions(std::unique_lock<std::mutex>& lock) {
    const auto is_small = [](const PendingInstance& instance) {
        return instance.entry.size_bytes <= kSmallBytes;
    };
    const auto is_complete = [&] { return waiting_.size() >= companions_; };
    const auto& own = waiting_.front()->instances;
    if (is_complete() || !std::all_of(own.begin(), own.end(), is_small)) return;
    arrived_.wait_for(lock, last_round_ / 2, is_complete);
}

/// How many tickets from the front make the next group; one at least.
std::size_t CommitQueue::group_size() const {
    std::size_t tickets = 0;
    std::size_t count = 0;
    for (const Ticket* ticket : waiting_) {
        count += ticket->instances.size();
        if (tickets > 0 && count > kMaxGroupInstances) break;
        ++tickets;
    }
    return tickets;
}

/// Runs the group with the lock released and returns with the lock held. The tickets stay in the queue
/// meanwhile, so that the front one marks the leader. Memory may be what is missing when it fails, so nothing
/// here allocates outside the guard: those who wait must be woken whatever goes wrong.
void CommitQueue::lead(std::size_t tickets, std::unique_lock<std::mutex>& lock) {
    try {
        std::vector<PendingInstance*> group;
        for (std::size_t i = 0; i < tickets; ++i) {
            for (PendingInstance& instance : waiting_[i]->instances)
                group.push_back(&instance);
        }
        lock.unlock();
        run(group);
        lock.lock();
    } catch (const std::exception&) {
        if (!lock.owns_lock()) lock.lock();
        for (std::size_t i = 0; i < tickets; ++i) {
            // A text short enough to need no memory.
            for (PendingInstance& instance : waiting_[i]->instances) {
                if (!instance.outcome) instance.status = fail(ErrorCode::internal, "not committed");
            }
        }
    }
}

void CommitQueue::run(std::span<PendingInstance* const> group) {
    const auto start = std::chrono::steady_clock::now();
    const std::vector<PendingInstance*> durable = make_durable(group);
    if (!durable.empty()) add_to_index(durable);
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
    metrics_.group_instances.Observe(static_cast<double>(group.size()));
    metrics_.commit_seconds.Observe(seconds.count());
}

/// Those that are to be indexed now.
std::vector<PendingInstance*> CommitQueue::make_durable(std::span<PendingInstance* const> group) {
    std::vector<blob::BlobWriter*> writers;
    for (PendingInstance* instance : group) {
        if (!instance->durable) writers.push_back(instance->writer.get());
    }
    const std::vector<Status> statuses = writers.empty() ? std::vector<Status>() : blobs_.commit(writers);
    auto status = statuses.begin();
    std::vector<PendingInstance*> durable;
    std::vector<PendingInstance*> failed;
    for (PendingInstance* instance : group) {
        if (!instance->durable) instance->status = *status++;
        instance->durable = instance->status.ok();
        if (!instance->durable) {
            failed.push_back(instance);
        } else if (!instance->blob_only) {
            durable.push_back(instance);
        }
    }
    if (!failed.empty()) {
        log_event(
            LogLevel::error, "commit_failed",
            {{"count", std::uint64_t{failed.size()}}, {"detail", failed.front()->status.error().detail}});
        discard(failed);
    }
    return durable;
}

void CommitQueue::add_to_index(std::span<PendingInstance* const> group) {
    if (const Status status = add_in_halves(group); !status) {
        for (PendingInstance* instance : group) {
            if (instance->status && !instance->outcome) instance->status = status;
        }
    }
    std::vector<PendingInstance*> failed;
    std::copy_if(group.begin(), group.end(), std::back_inserter(failed),
                 [](const PendingInstance* instance) { return !instance->status; });
    if (!failed.empty()) discard(failed);
}

/// An error says that all the rest of the whole group fails with it. Two times as many transactions as there
/// are instances at most, and those that fail wait for no disk.
Status CommitQueue::add_in_halves(std::span<PendingInstance* const> group) {
    Status status = add_together(group);
    if (status) return status;
    const bool hopeless = hits_everything(status.error().code);
    if (hopeless || group.size() == 1) {
        log_event(LogLevel::error, "index_add_failed",
                  {{"count", std::uint64_t{group.size()}}, {"detail", status.error().detail}});
        if (hopeless) return fail(status.error().code, "the index could not be written");
        group.front()->status = status;
        return {};
    }
    const std::size_t half = group.size() / 2;
    ISO_CHECK(add_in_halves(group.first(half)));
    return add_in_halves(group.subspan(half));
}

Status CommitQueue::add_together(std::span<PendingInstance* const> group) {
    std::vector<index::NewInstance> entries;
    entries.reserve(group.size());
    for (PendingInstance* instance : group)
        entries.push_back(std::move(instance->entry));
    const auto outcomes = database_.index->add(entries);
    for (std::size_t i = 0; i < group.size(); ++i)
        group[i]->entry = std::move(entries[i]);
    if (!outcomes) return outcomes.error();
    for (std::size_t i = 0; i < group.size(); ++i) {
        group[i]->outcome = (*outcomes)[i];
        if (!group[i]->outcome->created) continue;
        metrics_.stored_instances.Increment();
        metrics_.stored_bytes.Increment(static_cast<double>(group[i]->entry.size_bytes));
    }
    on_group_(group);
    return {};
}

// A transaction that failed may have become durable all the same (the error may have come after): a blob that
// a record refers to stays. What cannot be asked or queued now, the janitor finds.
void CommitQueue::discard(std::span<PendingInstance* const> instances) {
    std::vector<BlobKey> keys;
    for (const PendingInstance* instance : instances) {
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
