#include "index/sql/entity_rows.h"
#include "index/sql/sql_index.h"

namespace isocenter::index::sql {

Status SqlIndex::enqueue(std::span<const BlobKey> keys) {
    ISO_TRY(const Lease connection, connections_->writer());
    ISO_TRY(const auto transaction, Transaction::begin(*connection, Transaction::Kind::write));
    for (const BlobKey& key : keys)
        ISO_CHECK(queue_removal(*connection, key.view()));
    return transaction->commit();
}

Result<std::vector<BlobKey>> SqlIndex::due(Ticks now, std::size_t limit) {
    ISO_TRY(const Lease connection, connections_->reader());
    Run run(*connection, "SELECT blob FROM removal WHERE due <= ? ORDER BY due, blob LIMIT ?");
    run.bind(now).bind(static_cast<std::int64_t>(limit));
    std::vector<BlobKey> keys;
    while (true) {
        ISO_TRY(const bool row, run.next());
        if (!row) return keys;
        keys.emplace_back(run.string(0));
    }
}

Status SqlIndex::done(std::span<const BlobKey> keys) {
    return connections_->write_with_reserve([&](Connection& connection) -> Status {
        ISO_TRY(const auto transaction, Transaction::begin(connection, Transaction::Kind::write));
        for (const BlobKey& key : keys)
            ISO_CHECK(Run(connection, "DELETE FROM removal WHERE blob = ?").bind(key.view()).run());
        return transaction->commit();
    });
}

Status SqlIndex::postpone(const BlobKey& key, Ticks not_before) {
    return connections_->write_with_reserve([&](Connection& connection) {
        Run run(connection, "UPDATE removal SET due = ?, attempts = attempts + 1 WHERE blob = ?");
        return run.bind(not_before).bind(key.view()).run();
    });
}

Result<std::uint64_t> SqlIndex::size() {
    ISO_TRY(const Lease connection, connections_->reader());
    Run run(*connection, "SELECT count(*) FROM removal");
    ISO_TRY(const bool row, run.next());
    return row ? run.count(0) : 0;
}

}  // namespace isocenter::index::sql
