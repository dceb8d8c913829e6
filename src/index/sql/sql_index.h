#pragma once

#include <memory>

#include "index/index.h"
#include "index/sql/connection.h"
#include "index/sql/document_codec.h"

namespace isocenter::index::sql {

/// The ports of the index over SQL connections. Thread-safe.
class SqlIndex : public Index, public MemberIndex, public RemovalQueue, public RecordScan {
  public:
    explicit SqlIndex(std::unique_ptr<ConnectionSource> connections) : connections_(std::move(connections)) {}

    Result<std::vector<AddOutcome>> add(std::span<const NewInstance> instances) override;
    Result<std::uint64_t> remove(const EntityKey& key) override;
    Result<std::vector<InstanceRecord>> list(const EntityKey& key, bool with_layout) override;
    Result<Revision> revision(const EntityKey& key) override;
    Result<DocumentBatch> documents(std::span<const std::int64_t> ids, std::uint64_t most_bytes) override;
    Result<SearchSummary> search(const dicom::Query& query,
                                 const std::function<Status(SearchRow&&)>& sink) override;
    Result<std::vector<Change>> changes(const ChangeQuery& query) override;
    Result<Totals> totals() override;
    Status check() override;

    Result<std::vector<Member>> members(const EntityKey& key) override;
    Result<RecordBatch> records(std::span<const std::int64_t> ids, bool with_layout) override;

    Status enqueue(std::span<const BlobKey> keys) override;
    Result<std::vector<BlobKey>> due(Ticks now, std::size_t limit) override;
    Status done(std::span<const BlobKey> keys) override;
    Status postpone(const BlobKey& key, Ticks not_before) override;
    Result<std::uint64_t> size() override;

    Result<std::vector<InstanceRecord>> scan(std::int64_t after, std::size_t limit) override;
    Result<std::vector<BlobKey>> unreferenced(std::span<const BlobKey> keys) override;
    Result<std::vector<BlobKey>> unreferenced_by_walk(std::span<const BlobKey> keys) override;
    Result<std::vector<std::string>> check_consistency() override;
    Result<std::vector<dicom::Tag>> rewrite(const EntityKey& key) override;

  private:
    Status wait_for_commit(Ticks until);

    std::unique_ptr<ConnectionSource> connections_;
    DocumentCodec codec_;
};

}  // namespace isocenter::index::sql
