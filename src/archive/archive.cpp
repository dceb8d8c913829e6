#include "archive/archive.h"

#include <algorithm>
#include <iterator>

#include "archive/core.h"

namespace isocenter::archive {
namespace {

constexpr std::size_t kDocumentsAtATime = 1000;

}  // namespace

Archive::Archive(blob::BlobStore& blobs, const index::Database& database, ArchiveOptions options,
                 Metrics& metrics)
    : state_(new State{Core(blobs, database, options, metrics)}) {}

Archive::~Archive() = default;

// The epoch is read before the index: see LocationCache.
Result<std::shared_ptr<const Location>> Archive::locate(const index::EntityKey& instance) {
    Core& core = state_->core;
    if (auto cached = core.cache.find(instance)) {
        core.metrics.location_hits.Increment();
        return cached;
    }
    core.metrics.location_misses.Increment();
    const std::uint64_t epoch = core.cache.epoch();
    ISO_TRY(auto records, list(instance));
    auto location = std::make_shared<Location>();
    location->record = std::move(records.front());
    ISO_TRY(location->layout, dicom::decode_layout(location->record.layout));
    location->record.layout = {};
    core.cache.insert(location, epoch);
    return std::shared_ptr<const Location>(std::move(location));
}

Result<std::vector<index::InstanceRecord>> Archive::list(const index::EntityKey& entity) {
    ISO_TRY(auto records, state_->core.database.index->list(entity, true));
    if (!records.empty()) return records;
    ISO_TRY([[maybe_unused]] const auto present, revision(entity));
    return fail(ErrorCode::not_found, "no such instance");
}

Result<std::vector<index::Member>> Archive::members(const index::EntityKey& entity) {
    ISO_TRY(auto members, state_->core.database.members->members(entity));
    if (!members.empty()) return members;
    ISO_TRY([[maybe_unused]] const auto present, revision(entity));
    return fail(ErrorCode::not_found, "no such instance");
}

Result<index::RecordBatch> Archive::records(std::span<const std::int64_t> record_ids, bool with_layout) {
    return state_->core.database.members->records(record_ids, with_layout);
}

Result<index::Revision> Archive::revision(const index::EntityKey& entity) {
    ISO_TRY(const index::Revision revision, state_->core.database.index->revision(entity));
    if (revision.instances != 0) return revision;
    if (revision.deleted) return fail(ErrorCode::gone, "it was deleted");
    return fail(ErrorCode::not_found, std::string(kNoSuchEntity));
}

Result<std::vector<index::Document>> Archive::documents(std::span<const std::int64_t> record_ids) {
    std::vector<index::Document> all;
    while (!record_ids.empty()) {
        const std::size_t count = std::min(record_ids.size(), kDocumentsAtATime);
        ISO_TRY(auto some, documents(record_ids.first(count), UINT64_MAX));
        std::move(some.documents.begin(), some.documents.end(), std::back_inserter(all));
        record_ids = record_ids.subspan(count);
    }
    return all;
}

Result<index::DocumentBatch> Archive::documents(std::span<const std::int64_t> record_ids,
                                                std::uint64_t most_bytes) {
    return state_->core.database.index->documents(record_ids, most_bytes);
}

Result<index::SearchSummary> Archive::search(const dicom::Query& query,
                                             const std::function<Status(index::SearchRow&&)>& sink) {
    return state_->core.database.index->search(query, sink);
}

Result<std::vector<index::Change>> Archive::changes(const index::ChangeQuery& query) {
    return state_->core.database.index->changes(query);
}

// Also after a failure: the transaction may have become durable before the error came.
Result<std::uint64_t> Archive::remove(const index::EntityKey& entity) {
    Core& core = state_->core;
    auto removed = core.database.index->remove(entity);
    core.cache.invalidate(entity);
    if (!removed) return removed;
    core.metrics.removed_instances.Increment(static_cast<double>(*removed));
    core.notify();
    return removed;
}

Result<index::Totals> Archive::totals() {
    return state_->core.database.index->totals();
}

void Archive::on_change(std::function<void()> listener) {
    state_->core.listeners.push_back(std::move(listener));
}

Status Archive::check() {
    if (const auto* reserve = state_->core.database.reserve; reserve != nullptr)
        ISO_CHECK(reserve->stores_may_write());
    ISO_CHECK(state_->core.blobs.check());
    return state_->core.database.index->check();
}

}  // namespace isocenter::archive
