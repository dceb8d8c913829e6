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

std::string list_statement(const EntityKey& key, bool with_layout) {
    std::string sql = "SELECT " + record_columns() + (with_layout ? ", d.layout" : "");
    sql +=
        " FROM study s CROSS JOIN series e ON e.study_id = s.id CROSS JOIN instance i ON i.series_id = e.id";
    if (with_layout) sql += " CROSS JOIN document d ON d.key = i.document_key";
    return sql + key_condition(key) + " ORDER BY e.series_number_sort, e.uid, i.instance_number_sort, i.uid";
}

std::string revision_statement(const EntityKey& key) {
    if (!key.instance.empty()) {
        return "SELECT i.version, 1 FROM study s CROSS JOIN series e ON e.study_id = s.id "
               "CROSS JOIN instance i ON i.series_id = e.id" +
               key_condition(key);
    }
    if (!key.series.empty()) {
        return "SELECT e.newest_version, e.instance_count FROM study s CROSS JOIN series e ON e.study_id = "
               "s.id" +
               key_condition(key);
    }
    return "SELECT s.newest_version, s.instance_count FROM study s" + key_condition(key);
}

std::string deletion_statement(const EntityKey& key) {
    std::string sql = "SELECT 1 FROM change WHERE action = 1 AND partition_id = ? AND study_uid = ?";
    if (!key.series.empty()) sql += " AND series_uid = ?";
    if (!key.instance.empty()) sql += " AND instance_uid = ?";
    return sql + " LIMIT 1";
}

}  // namespace

Result<std::vector<InstanceRecord>> SqlIndex::list(const EntityKey& key, bool with_layout) {
    ISO_TRY(const Lease connection, connections_->reader());
    Run run(*connection, list_statement(key, with_layout));
    bind_key(run, key);
    std::vector<InstanceRecord> records;
    while (true) {
        ISO_TRY(const bool row, run.next());
        if (!row) return records;
        records.push_back(read_record(run, 0));
        if (with_layout) records.back().layout = std::string(run.blob(kRecordColumns));
    }
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
            return revision;
        }
    }
    Run run(*connection, deletion_statement(key));
    bind_key(run, key);
    ISO_TRY(revision.deleted, run.next());
    return revision;
}

Result<std::vector<Document>> SqlIndex::documents(std::span<const std::int64_t> ids) {
    if (ids.size() > 1000) return fail(ErrorCode::invalid_request, "more than 1,000 documents at a time");
    ISO_TRY(const Lease connection, connections_->reader());
    ISO_TRY(auto found, load_documents(*connection, codec_, ids));
    std::vector<Document> documents;
    documents.reserve(ids.size());
    for (const std::int64_t id : ids) {
        if (const auto at = found.find(id); at != found.end()) documents.push_back(at->second);
    }
    return documents;
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
