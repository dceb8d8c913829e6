#include <algorithm>
#include <map>
#include <unordered_map>

#include "index/sql/documents.h"
#include "index/sql/entity_rows.h"
#include "index/sql/latest_values.h"
#include "index/sql/sql_index.h"

namespace isocenter::index::sql {
namespace {

struct SeriesState {
    EntityRow row;
    std::vector<RequestItem> requests;
    bool requests_changed = false;
};

struct Existing {
    std::int64_t id = 0;
    std::int64_t version = 0;
    std::int64_t document_key = 0;
    std::int64_t size_bytes = 0;
    std::string sop_class_uid;
    std::string blob;
};

// One transaction's work. Study and series rows are read once, changed in memory and written once.
class Addition {
  public:
    Addition(Connection& connection, const DocumentCodec& codec, Counters counters)
        : connection_(connection), codec_(codec), counters_(counters), first_version_(counters.version + 1) {}

    Result<AddOutcome> add(const NewInstance& given, const PackedDocument& packed);
    Status finish();

  private:
    Result<EntityRow*> study_of(const EntityKey& key);
    Result<SeriesState*> series_of(EntityRow& study, const EntityKey& key);
    Result<std::optional<Existing>> find(std::int64_t series, std::string_view uid);
    Status withdraw(EntityRow& study, SeriesState& series, const Existing& existing);
    Status insert(const NewInstance& given, const PackedDocument& packed, EntityRow& series);
    Result<bool> is_in_other_series(const EntityKey& key, std::int64_t series);

    Connection& connection_;
    const DocumentCodec& codec_;
    Counters counters_;
    std::int64_t first_version_;
    std::map<std::pair<std::int64_t, std::string>, EntityRow> studies_;
    std::map<std::pair<std::int64_t, std::string>, SeriesState> series_;
    std::map<std::pair<std::int64_t, std::string>, std::int64_t> sop_classes_;
    std::map<std::int64_t, TotalsChange> totals_;
};

Result<EntityRow*> Addition::study_of(const EntityKey& key) {
    const std::pair name(key.partition, key.study.str());
    if (const auto found = studies_.find(name); found != studies_.end()) return &found->second;
    ISO_TRY(auto loaded, load_study(connection_, key.partition, key.study.view()));
    if (!loaded) {
        loaded.emplace();
        loaded->id = ++counters_.study;
        loaded->partition = key.partition;
        loaded->uid = key.study.str();
        loaded->values.resize(columns_of(dicom::Level::study).size());
        ++totals_[key.partition].studies;
    }
    return &studies_.emplace(name, std::move(*loaded)).first->second;
}

Result<SeriesState*> Addition::series_of(EntityRow& study, const EntityKey& key) {
    const std::pair name(study.id, key.series.str());
    if (const auto found = series_.find(name); found != series_.end()) return &found->second;
    std::optional<EntityRow> loaded;
    if (!study.is_new) {
        ISO_TRY(loaded, load_series(connection_, study.id, key.series.view()));
    }
    SeriesState state;
    if (loaded) {
        state.row = std::move(*loaded);
        ISO_TRY(state.requests, requests_of(connection_, state.row.id));
    } else {
        state.row.level = dicom::Level::series;
        state.row.id = ++counters_.series;
        state.row.partition = key.partition;
        state.row.study = study.id;
        state.row.uid = key.series.str();
        state.row.values.resize(columns_of(dicom::Level::series).size());
        ++study.series_count;
        ++totals_[key.partition].series;
    }
    return &series_.emplace(name, std::move(state)).first->second;
}

Result<std::optional<Existing>> Addition::find(std::int64_t series, std::string_view uid) {
    Run run(connection_,
            "SELECT id, version, document_key, size_bytes, sop_class_uid, blob FROM instance "
            "WHERE uid = ? AND series_id = ?");
    ISO_TRY(const bool row, run.bind(uid).bind(series).next());
    if (!row) return std::optional<Existing>();
    return std::optional(Existing{run.integer(0), run.integer(1), run.integer(2), run.integer(3),
                                  run.string(4), run.string(5)});
}

// Takes out a version that is being replaced; its entity rows stay, for the new one follows.
Status Addition::withdraw(EntityRow& study, SeriesState& series, const Existing& existing) {
    ISO_CHECK(Run(connection_, "DELETE FROM instance WHERE id = ?").bind(existing.id).run());
    ISO_CHECK(Run(connection_, "DELETE FROM document WHERE key = ?").bind(existing.document_key).run());
    ISO_CHECK(queue_removal(connection_, existing.blob));
    for (EntityRow* row : {&study, &series.row}) {
        --row->instance_count;
        row->size_bytes -= existing.size_bytes;
        row->stale = true;
    }
    --sop_classes_[{study.id, existing.sop_class_uid}];
    --totals_[study.partition].instances;
    totals_[study.partition].bytes -= existing.size_bytes;
    return {};
}

Status Addition::insert(const NewInstance& given, const PackedDocument& packed, EntityRow& series) {
    if (series.next_document >= kDocumentsPerSeries) {
        return fail(ErrorCode::too_large, "the series has more instances than the index can hold");
    }
    const std::int64_t key = series.id * kDocumentsPerSeries + series.next_document++;
    ISO_CHECK(insert_document(connection_, key, packed, given));
    Run run(connection_,
            "INSERT INTO instance (id, partition_id, series_id, uid, version, document_key, sop_class_uid, "
            "transfer_syntax, frames, blob, size_bytes, sha256, instance_number, instance_number_sort) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
    run.bind(counters_.instance).bind(given.key.partition).bind(series.id).bind(given.key.instance.view());
    run.bind(counters_.version).bind(key).bind(given.sop_class_uid).bind(given.transfer_syntax);
    run.bind(std::int64_t{given.frames}).bind(given.blob.view()).bind(given.size_bytes);
    run.bind_blob(as_text(std::as_bytes(std::span(given.sha256))));
    for (const Column& column : instance_columns()) {
        const auto value = std::find_if(given.attributes.begin(), given.attributes.end(),
                                        [&](const auto& pair) { return pair.first == column.tag; });
        bind_value(run, column, value == given.attributes.end() ? std::string_view{} : value->second);
    }
    return run.run();
}

Result<bool> Addition::is_in_other_series(const EntityKey& key, std::int64_t series) {
    Run run(connection_,
            "SELECT 1 FROM instance WHERE uid = ? AND series_id <> ? AND +partition_id = ? LIMIT 1");
    return run.bind(key.instance.view()).bind(series).bind(key.partition).next();
}

Result<AddOutcome> Addition::add(const NewInstance& given, const PackedDocument& packed) {
    ISO_TRY(EntityRow* const study, study_of(given.key));
    ISO_TRY(SeriesState* const series, series_of(*study, given.key));
    std::optional<Existing> existing;
    if (series->row.instance_count > 0) {
        ISO_TRY(existing, find(series->row.id, given.key.instance.view()));
    }
    if (existing) {
        if (!given.replace && given.replaces.view() != existing->blob)
            return AddOutcome{false, existing->version, 0};
        ISO_CHECK(withdraw(*study, *series, *existing));
    }
    ++counters_.instance;
    ++counters_.version;
    ISO_CHECK(insert(given, packed, series->row));
    ISO_TRY(const bool in_other_series, is_in_other_series(given.key, series->row.id));
    const auto size = static_cast<std::int64_t>(given.size_bytes);
    for (EntityRow* row : {study, &series->row}) {
        ++row->instance_count;
        row->size_bytes += size;
        row->newest_version = counters_.version;
        row->newest_instance = counters_.instance;
        row->take(given.attributes);
    }
    if (!given.requests.empty() && given.requests != series->requests) {
        series->requests = given.requests;
        series->requests_changed = true;
    }
    ++sop_classes_[{study->id, given.sop_class_uid}];
    ++totals_[study->partition].instances;
    totals_[study->partition].bytes += size;
    ISO_CHECK(append_change(connection_, counters_, given.key, Action::create, counters_.version));
    return AddOutcome{true, counters_.version, counters_.sequence, in_other_series};
}

Status Addition::finish() {
    // Nothing of a row that only refused duplicates touched has changed; it has instances and is not new.
    // Series first: a study's values are found through them.
    for (auto& [name, series] : series_) {
        if (series.row.newest_version < first_version_) continue;
        if (series.row.stale) {
            const std::vector<RequestItem> before = series.requests;
            ISO_CHECK(refresh_values(connection_, codec_, series.row, &series.requests));
            series.requests_changed = series.requests_changed || series.requests != before;
        }
        ISO_CHECK(save(connection_, series.row));
        if (series.requests_changed) ISO_CHECK(save_requests(connection_, series.row.id, series.requests));
    }
    for (auto& [name, study] : studies_) {
        if (study.newest_version < first_version_) continue;
        if (study.stale) ISO_CHECK(refresh_values(connection_, codec_, study, nullptr));
        ISO_CHECK(save(connection_, study));
    }
    for (const auto& [name, change] : sop_classes_) {
        if (change != 0) ISO_CHECK(count_sop_class(connection_, name.first, name.second, change));
    }
    for (const auto& [partition, change] : totals_)
        ISO_CHECK(save_totals(connection_, partition, change));
    return save_counters(connection_, counters_);
}

}  // namespace

Status SqlIndex::check() {
    const std::optional<Lease> connection = connections_->try_writer();
    if (!connection) {
        ISO_TRY([[maybe_unused]] const Totals found, totals());
        return {};
    }
    ISO_TRY(const auto transaction, Transaction::begin(**connection, Transaction::Kind::write));
    ISO_TRY(const Counters counters, load_counters(**connection));
    ISO_CHECK(save_counters(**connection, counters));
    return transaction->commit();
}

Result<std::vector<AddOutcome>> SqlIndex::add(std::span<const NewInstance> instances) {
    // Outside of the write lock: the costly part.
    std::vector<PackedDocument> packed;
    packed.reserve(instances.size());
    for (const NewInstance& given : instances) {
        ISO_TRY(packed.emplace_back(), codec_.pack(given.document));
    }
    ISO_TRY(const Lease connection, connections_->writer());
    ISO_TRY(const auto transaction, Transaction::begin(*connection, Transaction::Kind::write));
    ISO_TRY(Counters counters, load_counters(*connection));
    counters.time = std::max(counters.time, now_ticks());
    Addition addition(*connection, codec_, counters);
    std::vector<AddOutcome> outcomes;
    outcomes.reserve(instances.size());
    for (std::size_t i = 0; i < instances.size(); ++i) {
        ISO_TRY(outcomes.emplace_back(), addition.add(instances[i], packed[i]));
    }
    ISO_CHECK(addition.finish());
    ISO_CHECK(transaction->commit());
    return outcomes;
}

}  // namespace isocenter::index::sql
