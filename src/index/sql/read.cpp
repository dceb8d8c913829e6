#include <cstring>

#include "base/digest.h"
#include "index/sql/documents.h"
#include "index/sql/sql_index.h"

namespace isocenter::index::sql {
namespace {

// The conditions of a key on s, e and i, with their parameters in this order.
std::string key_condition(const EntityKey& key) {
    std::string sql = " WHERE s.partition_id = ? AND s.uid = ?";
    if (!key.series.empty()) sql += " AND e.uid = ?";
    if (!key.instance.empty()) sql += " AND i.uid = ?";
    return sql;
}

void bind_key(Run& run, const EntityKey& key) {
    run.bind(key.partition).bind(key.study.view());
    if (!key.series.empty()) run.bind(key.series.view());
    if (!key.instance.empty()) run.bind(key.instance.view());
}

std::string list_statement(const std::string& columns, const EntityKey& key, bool with_layout) {
    std::string sql =
        "SELECT " + columns +
        " FROM study s CROSS JOIN series e ON e.study_id = s.id CROSS JOIN instance i ON i.series_id = e.id";
    if (with_layout) sql += " CROSS JOIN document d ON d.key = i.document_key";
    return sql + key_condition(key) + " ORDER BY e.series_number_sort, e.uid, i.instance_number_sort, i.uid";
}

std::string records_statement(bool with_layout) {
    std::string sql = "SELECT p.key, " + record_columns() + (with_layout ? ", d.layout" : "") +
                      " FROM json_each(?) p CROSS JOIN instance i ON i.id = p.value CROSS JOIN series e ON "
                      "e.id = i.series_id CROSS JOIN study s ON s.id = e.study_id";
    if (with_layout) sql += " LEFT JOIN document d ON d.key = i.document_key";
    return sql;
}

// A digest, so that nobody can choose UIDs of which one would be taken for another.
std::uint64_t name_of(std::string_view series, std::string_view instance) {
    std::string uids(series);
    uids.append(1, '/').append(instance);
    const Sha256 digest = sha256(as_bytes(uids));
    std::uint64_t name = 0;
    std::memcpy(&name, digest.data(), sizeof name);
    return name;
}

std::string revision_statement(const EntityKey& key) {
    if (!key.instance.empty()) {
        return "SELECT i.version, 1, i.blob FROM study s CROSS JOIN series e ON e.study_id = s.id "
               "CROSS JOIN instance i ON i.series_id = e.id" +
               key_condition(key);
    }
    const std::string row = key.series.empty() ? "s" : "e";
    const std::string series = key.series.empty() ? "" : " CROSS JOIN series e ON e.study_id = s.id";
    return "SELECT " + row + ".newest_version, " + row +
           ".instance_count, (SELECT blob FROM instance WHERE id = " + row +
           ".newest_instance) FROM study s" + series + key_condition(key);
}

/// The removals below a key.
std::string removal_condition(const EntityKey& key) {
    std::string sql = " FROM change WHERE action = 1 AND partition_id = ? AND study_uid = ?";
    if (!key.series.empty()) sql += " AND series_uid = ?";
    if (!key.instance.empty()) sql += " AND instance_uid = ?";
    return sql;
}

std::string deletion_statement(const EntityKey& key) {
    return "SELECT 1" + removal_condition(key) + " LIMIT 1";
}

/// When the last removal was. The sign keeps the database from walking the whole feed backwards.
std::string last_removal_statement(const EntityKey& key) {
    return "SELECT time FROM change WHERE sequence = (SELECT max(+sequence)" + removal_condition(key) + ")";
}

}  // namespace

Result<std::vector<InstanceRecord>> SqlIndex::list(const EntityKey& key, bool with_layout) {
    ISO_TRY(const Lease connection, connections_->reader());
    const std::string columns = record_columns() + (with_layout ? ", d.layout" : "");
    Run run(*connection, list_statement(columns, key, with_layout));
    bind_key(run, key);
    std::vector<InstanceRecord> records;
    while (true) {
        ISO_TRY(const bool row, run.next());
        if (!row) return records;
        records.push_back(read_record(run, 0));
        if (with_layout) records.back().layout = std::string(run.blob(kRecordColumns));
    }
}

Result<std::vector<Member>> SqlIndex::members(const EntityKey& key) {
    ISO_TRY(const Lease connection, connections_->reader());
    Run run(*connection, list_statement("i.id, e.uid, i.uid", key, false));
    bind_key(run, key);
    std::vector<Member> members;
    while (true) {
        ISO_TRY(const bool row, run.next());
        if (!row) return members;
        members.push_back({run.integer(0), name_of(run.text(1), run.text(2))});
    }
}

Result<RecordBatch> SqlIndex::records(std::span<const std::int64_t> ids, bool with_layout) {
    constexpr std::size_t kLayoutBytes = 1U << 20U;
    if (ids.size() > 1000) return fail(ErrorCode::invalid_request, "more than 1,000 records at a time");
    ISO_TRY(const Lease connection, connections_->reader());
    Run run(*connection, records_statement(with_layout));
    run.bind(json_list(ids));
    RecordBatch batch;
    std::size_t layouts = 0;
    while (true) {
        ISO_TRY(const bool row, run.next());
        if (!row) break;
        if (layouts >= kLayoutBytes) {
            batch.ids = static_cast<std::size_t>(run.integer(0));
            return batch;
        }
        batch.records.push_back(read_record(run, 1));
        if (!with_layout) continue;
        batch.records.back().layout = std::string(run.blob(kRecordColumns + 1));
        layouts += batch.records.back().layout.size();
    }
    batch.ids = ids.size();
    return batch;
}

Result<Revision> SqlIndex::revision(const EntityKey& key) {
    ISO_TRY(const Lease connection, connections_->reader());
    ISO_TRY(const auto transaction, Transaction::begin(*connection, Transaction::Kind::read));
    Revision revision;
    {
        Run run(*connection, revision_statement(key));
        bind_key(run, key);
        ISO_TRY(const bool row, run.next());
        if (row) {
            revision.newest_version = run.integer(0);
            revision.instances = run.count(1);
            revision.mark = run.string(2);
        }
    }
    const bool exists = revision.instances != 0;
    // What is removed of an instance is all of it.
    if (exists && !key.instance.empty()) return revision;
    Run run(*connection, exists ? last_removal_statement(key) : deletion_statement(key));
    bind_key(run, key);
    ISO_TRY(const bool removed, run.next());
    if (!exists) revision.deleted = removed;
    if (exists && removed) revision.mark += ' ' + std::to_string(run.integer(0));
    return revision;
}

Result<DocumentBatch> SqlIndex::documents(std::span<const std::int64_t> ids, std::uint64_t most_bytes) {
    if (ids.size() > 1000) return fail(ErrorCode::invalid_request, "more than 1,000 documents at a time");
    ISO_TRY(const Lease connection, connections_->reader());
    ISO_TRY(auto loaded, load_documents(*connection, codec_, ids, most_bytes));
    DocumentBatch batch{{}, loaded.ids, loaded.next_bytes, loaded.unreadable};
    batch.documents.reserve(loaded.documents.size());
    for (auto& [place, document] : loaded.documents)
        batch.documents.push_back(std::move(document));
    return batch;
}

Result<Totals> SqlIndex::totals() {
    ISO_TRY(const Lease connection, connections_->reader());
    Run run(*connection,
            "SELECT sum(studies), sum(series), sum(instances), sum(bytes), (SELECT sequence FROM counter) "
            "FROM data_partition");
    ISO_TRY(const bool row, run.next());
    if (!row) return Totals{};
    return Totals{run.count(0), run.count(1), run.count(2), run.count(3), run.integer(4)};
}

}  // namespace isocenter::index::sql
