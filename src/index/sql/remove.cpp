#include <algorithm>
#include <map>

#include "index/sql/documents.h"
#include "index/sql/entity_rows.h"
#include "index/sql/latest_values.h"
#include "index/sql/sql_index.h"

namespace isocenter::index::sql {
namespace {

struct Doomed {
    std::int64_t id = 0;
    std::int64_t version = 0;
    std::int64_t document_key = 0;
    std::int64_t size_bytes = 0;
    std::string uid;
    std::string sop_class_uid;
    std::string blob;
};

class Removal {
  public:
    Removal(Connection& connection, const DocumentCodec& codec, Counters& counters, EntityRow study)
        : connection_(connection), codec_(codec), counters_(counters), study_(std::move(study)) {}

    Result<std::uint64_t> run(const EntityKey& key);

  private:
    Result<std::vector<EntityRow>> affected_series(const EntityKey& key);
    Result<std::vector<Doomed>> doomed_of(const EntityRow& series, const EntityKey& key);
    Status remove_one(const Doomed& doomed, const EntityKey& key);
    Status remove_from(EntityRow& series, const EntityKey& key);
    Status refresh_newest(EntityRow& row);
    Status save_or_erase(EntityRow& row);

    Connection& connection_;
    const DocumentCodec& codec_;
    Counters& counters_;
    EntityRow study_;
    std::map<std::string, std::int64_t> sop_classes_;
    TotalsChange totals_;
};

Result<std::vector<EntityRow>> Removal::affected_series(const EntityKey& key) {
    std::vector<std::string> uids;
    if (!key.series.empty()) {
        uids.push_back(key.series.str());
    } else {
        Run run(connection_, "SELECT uid FROM series WHERE study_id = ? ORDER BY series_number_sort, uid");
        run.bind(study_.id);
        while (true) {
            ISO_TRY(const bool row, run.next());
            if (!row) break;
            uids.push_back(run.string(0));
        }
    }
    std::vector<EntityRow> rows;
    for (const std::string& uid : uids) {
        ISO_TRY(auto loaded, load_series(connection_, study_.id, uid));
        if (loaded) rows.push_back(std::move(*loaded));
    }
    return rows;
}

Result<std::vector<Doomed>> Removal::doomed_of(const EntityRow& series, const EntityKey& key) {
    const bool one = !key.instance.empty();
    Run run(connection_, one ? "SELECT id, version, document_key, size_bytes, uid, sop_class_uid, blob "
                               "FROM instance WHERE series_id = ? AND uid = ?"
                             : "SELECT id, version, document_key, size_bytes, uid, sop_class_uid, blob "
                               "FROM instance WHERE series_id = ? ORDER BY instance_number_sort, uid");
    run.bind(series.id);
    if (one) run.bind(key.instance.view());
    std::vector<Doomed> doomed;
    while (true) {
        ISO_TRY(const bool row, run.next());
        if (!row) return doomed;
        doomed.push_back({run.integer(0), run.integer(1), run.integer(2), run.integer(3), run.string(4),
                          run.string(5), run.string(6)});
    }
}

Status Removal::remove_one(const Doomed& doomed, const EntityKey& key) {
    ISO_CHECK(Run(connection_, "DELETE FROM instance WHERE id = ?").bind(doomed.id).run());
    ISO_CHECK(Run(connection_, "DELETE FROM document WHERE key = ?").bind(doomed.document_key).run());
    ISO_CHECK(queue_removal(connection_, doomed.blob));
    return append_change(connection_, counters_, key, Action::remove, doomed.version);
}

Status Removal::remove_from(EntityRow& series, const EntityKey& key) {
    ISO_TRY(const std::vector<Doomed> doomed, doomed_of(series, key));
    for (const Doomed& one : doomed) {
        ISO_CHECK(remove_one(
            one, {study_.partition, StudyUid(study_.uid), SeriesUid(series.uid), SopInstanceUid(one.uid)}));
        for (EntityRow* row : {&study_, &series}) {
            --row->instance_count;
            row->size_bytes -= one.size_bytes;
        }
        --sop_classes_[one.sop_class_uid];
        --totals_.instances;
        totals_.bytes -= one.size_bytes;
    }
    if (doomed.empty()) return {};
    ISO_CHECK(save_or_erase(series));
    if (series.instance_count == 0) {
        --study_.series_count;
        --totals_.series;
    }
    return {};
}

Status Removal::refresh_newest(EntityRow& row) {
    Run run(connection_,
            row.level == dicom::Level::series
                ? "SELECT version, id FROM instance WHERE series_id = ? ORDER BY version DESC LIMIT 1"
                : "SELECT newest_version, newest_instance FROM series WHERE study_id = ? "
                  "ORDER BY newest_version DESC LIMIT 1");
    ISO_TRY(const bool found, run.bind(row.id).next());
    if (!found) return fail(ErrorCode::corrupt, "the index counts instances that are not there");
    row.newest_version = run.integer(0);
    row.newest_instance = run.integer(1);
    return {};
}

Status Removal::save_or_erase(EntityRow& row) {
    if (row.instance_count == 0) return erase(connection_, row);
    ISO_CHECK(refresh_newest(row));
    if (row.level == dicom::Level::study) {
        ISO_CHECK(refresh_values(connection_, codec_, row, nullptr));
        return save(connection_, row);
    }
    ISO_TRY(const std::vector<RequestItem> before, requests_of(connection_, row.id));
    std::vector<RequestItem> requests = before;
    ISO_CHECK(refresh_values(connection_, codec_, row, &requests));
    if (requests != before) ISO_CHECK(save_requests(connection_, row.id, requests));
    return save(connection_, row);
}

Result<std::uint64_t> Removal::run(const EntityKey& key) {
    ISO_TRY(std::vector<EntityRow> all, affected_series(key));
    for (EntityRow& series : all)
        ISO_CHECK(remove_from(series, key));
    const auto removed = static_cast<std::uint64_t>(-totals_.instances);
    if (removed == 0) return removed;
    for (const auto& [uid, change] : sop_classes_) {
        ISO_CHECK(count_sop_class(connection_, study_.id, uid, change));
    }
    ISO_CHECK(save_or_erase(study_));
    if (study_.instance_count == 0) --totals_.studies;
    ISO_CHECK(save_totals(connection_, study_.partition, totals_));
    ISO_CHECK(save_counters(connection_, counters_));
    return removed;
}

}  // namespace

Result<std::uint64_t> SqlIndex::remove(const EntityKey& key) {
    std::uint64_t removed = 0;
    ISO_CHECK(connections_->write_with_reserve([&](Connection& connection) -> Status {
        const Error nothing = fail(ErrorCode::not_found, "nothing to remove");
        ISO_TRY(const auto transaction, Transaction::begin(connection, Transaction::Kind::write));
        ISO_TRY(Counters counters, load_counters(connection));
        counters.time = std::max(counters.time, now_ticks());
        ISO_TRY(auto study, load_study(connection, key.partition, key.study.view()));
        if (!study) return nothing;
        ISO_TRY(removed, Removal(connection, codec_, counters, std::move(*study)).run(key));
        if (removed == 0) return nothing;
        return transaction->commit();
    }));
    return removed;
}

}  // namespace isocenter::index::sql
