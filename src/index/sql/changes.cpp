#include <algorithm>

#include "index/sql/documents.h"
#include "index/sql/sql_index.h"

namespace isocenter::index::sql {
namespace {

// A page of entries first, then what is live now under the same UIDs.
std::string statement(const ChangeQuery& query) {
    std::string page = "SELECT sequence FROM change";
    if (query.latest_only) {
        page += " ORDER BY sequence DESC LIMIT 1";
    } else if (query.by_time) {
        page += " WHERE time >= ? AND time < ? ORDER BY time, sequence LIMIT ? OFFSET ?";
    } else {
        page += " WHERE sequence > ? AND sequence <= ? ORDER BY sequence LIMIT ? OFFSET ?";
    }
    // Times never fall as sequences rise, so one order serves both windows.
    return "SELECT c.sequence, c.time, p.name, c.partition_id, c.study_uid, c.series_uid, c.instance_uid, "
           "c.action, c.version, i.id, i.version FROM (" +
           page +
           ") AS page CROSS JOIN change c ON c.sequence = page.sequence "
           "LEFT JOIN data_partition p ON p.id = c.partition_id "
           "LEFT JOIN study s ON s.partition_id = c.partition_id AND s.uid = c.study_uid "
           "LEFT JOIN series e ON e.uid = c.series_uid AND e.study_id = s.id "
           "LEFT JOIN instance i ON i.uid = c.instance_uid AND i.series_id = e.id "
           "ORDER BY c.sequence";
}

std::int64_t as_limit(std::uint64_t value) {
    return static_cast<std::int64_t>(std::min<std::uint64_t>(value, INT64_MAX));
}

Change read_change(const Run& run) {
    Change change;
    change.sequence = run.integer(0);
    change.time = run.integer(1);
    change.partition_name = run.string(2);
    change.key = {run.integer(3), StudyUid(run.string(4)), SeriesUid(run.string(5)),
                  SopInstanceUid(run.string(6))};
    change.action = static_cast<Action>(run.integer(7));
    // A removal carries the version it removed, which is never live again.
    if (run.is_null(10)) {
        change.state = State::deleted;
    } else {
        change.state = run.integer(10) == run.integer(8) ? State::current : State::replaced;
    }
    return change;
}

}  // namespace

/// A transaction under way has the times of its entries already, and they may lie in a window that ended a
/// moment ago: who read on before its commit would never see them. Times rise from commit to commit, so none
/// lies before the newest that is committed.
Status SqlIndex::wait_for_commit(Ticks until) {
    if (until > now_ticks()) return {};
    Ticks newest = 0;
    {
        ISO_TRY(const Lease connection, connections_->reader());
        Run run(*connection, "SELECT time FROM change ORDER BY sequence DESC LIMIT 1");
        ISO_TRY(const bool row, run.next());
        if (row) newest = run.integer(0);
    }
    if (newest < until) connections_->wait_for_writer();
    return {};
}

Result<std::vector<Change>> SqlIndex::changes(const ChangeQuery& query) {
    if (query.by_time) ISO_CHECK(wait_for_commit(query.until));
    ISO_TRY(const Lease connection, connections_->reader());
    ISO_TRY(const auto transaction, Transaction::begin(*connection, Transaction::Kind::read));
    std::vector<Change> changes;
    {
        Run run(*connection, statement(query));
        if (!query.latest_only) {
            run.bind(query.by_time ? query.from : query.after)
                .bind(query.by_time ? query.until : query.up_to);
            run.bind(as_limit(query.limit)).bind(as_limit(query.offset));
        }
        while (true) {
            ISO_TRY(const bool row, run.next());
            if (!row) break;
            changes.push_back(read_change(run));
            if (query.with_documents && !run.is_null(9)) changes.back().live_record = run.integer(9);
        }
    }
    if (!query.with_documents) return changes;
    std::vector<std::int64_t> ids;
    for (const Change& change : changes)
        ids.push_back(change.live_record);
    ISO_TRY(auto loaded, load_documents(*connection, codec_, ids, query.document_bytes));
    for (auto& [place, document] : loaded.documents)
        changes[place].document = std::move(document);
    return changes;
}

}  // namespace isocenter::index::sql
