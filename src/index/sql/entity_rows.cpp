#include "index/sql/entity_rows.h"

#include <algorithm>

#include "dicom/fold.h"
#include "dicom/tags.h"
#include "dicom/value_keys.h"

namespace isocenter::index::sql {
namespace {

using dicom::Level;

std::string table_of(Level level) {
    return level == Level::study ? "study" : "series";
}

std::string own_columns(Level level) {
    return level == Level::study
               ? "partition_id, uid, series_count, instance_count, size_bytes, newest_version, "
                 "newest_instance"
               : "partition_id, study_id, uid, next_document, instance_count, size_bytes, newest_version, "
                 "newest_instance";
}

std::string select_list(Level level) {
    std::string sql = "SELECT id, " + own_columns(level);
    for (const Column& column : columns_of(level))
        sql.append(", ").append(column.name);
    return sql + " FROM " + table_of(level);
}

std::string insert_statement(Level level) {
    std::string sql = "INSERT INTO " + table_of(level) + " (id, " + own_columns(level);
    std::size_t parameters = level == Level::study ? 8 : 9;
    for (const Column& column : columns_of(level)) {
        sql.append(", ").append(column.name).append(", ").append(derived_name(column));
        parameters += 2;
    }
    sql += ") VALUES (?";
    for (std::size_t i = 1; i < parameters; ++i)
        sql += ", ?";
    return sql + ")";
}

std::string update_attributes_statement(Level level) {
    std::string sql = "UPDATE " + table_of(level) + " SET ";
    for (const Column& column : columns_of(level)) {
        if (sql.back() == '?') sql += ", ";
        sql.append(column.name).append(" = ?, ").append(derived_name(column)).append(" = ?");
    }
    return sql + " WHERE id = ?";
}

void bind_values(Run& run, const EntityRow& row) {
    const auto columns = columns_of(row.level);
    for (std::size_t i = 0; i < columns.size(); ++i)
        bind_value(run, columns[i], row.values[i]);
}

const std::string& value_of(const EntityRow& row, dicom::Tag tag) {
    static const std::string none;
    const auto columns = columns_of(row.level);
    const auto found =
        std::find_if(columns.begin(), columns.end(), [&](const Column& c) { return c.tag == tag; });
    return found == columns.end() ? none : row.values[static_cast<std::size_t>(found - columns.begin())];
}

Status insert(Connection& connection, const EntityRow& row) {
    static const std::string study_sql = insert_statement(Level::study);
    static const std::string series_sql = insert_statement(Level::series);
    const bool study = row.level == Level::study;
    Run run(connection, study ? study_sql : series_sql);
    run.bind(row.id).bind(row.partition);
    if (study) {
        run.bind(row.uid).bind(row.series_count);
    } else {
        run.bind(row.study).bind(row.uid).bind(row.next_document);
    }
    run.bind(row.instance_count).bind(row.size_bytes).bind(row.newest_version).bind(row.newest_instance);
    bind_values(run, row);
    return run.run();
}

Status update_counts(Connection& connection, const EntityRow& row) {
    const bool study = row.level == Level::study;
    Run run(
        connection,
        study
            ? "UPDATE study SET series_count = ?, instance_count = ?, size_bytes = ?, newest_version = ?, "
              "newest_instance = ? WHERE id = ?"
            : "UPDATE series SET next_document = ?, instance_count = ?, size_bytes = ?, newest_version = ?, "
              "newest_instance = ? WHERE id = ?");
    run.bind(study ? row.series_count : row.next_document).bind(row.instance_count).bind(row.size_bytes);
    return run.bind(row.newest_version).bind(row.newest_instance).bind(row.id).run();
}

Status update_attributes(Connection& connection, const EntityRow& row) {
    static const std::string study_sql = update_attributes_statement(Level::study);
    static const std::string series_sql = update_attributes_statement(Level::series);
    Run run(connection, row.level == Level::study ? study_sql : series_sql);
    bind_values(run, row);
    return run.bind(row.id).run();
}

EntityRow read_row(Level level, const Run& run) {
    EntityRow row;
    row.level = level;
    row.is_new = false;
    int column = 0;
    row.id = run.integer(column++);
    row.partition = run.integer(column++);
    if (level == Level::series) row.study = run.integer(column++);
    row.uid = run.string(column++);
    (level == Level::study ? row.series_count : row.next_document) = run.integer(column++);
    row.instance_count = run.integer(column++);
    row.size_bytes = run.integer(column++);
    row.newest_version = run.integer(column++);
    row.newest_instance = run.integer(column++);
    for (std::size_t i = 0; i < columns_of(level).size(); ++i)
        row.values.push_back(run.string(column++));
    return row;
}

}  // namespace

FiledNames names_of(const EntityRow& study) {
    return {dicom::fold_name(first_of(value_of(study, dicom::tags::PatientName))),
            dicom::fold_name(first_of(value_of(study, dicom::tags::ReferringPhysicianName)))};
}

Result<std::optional<FiledNames>> load_filed_names(Connection& connection, std::int64_t study) {
    Run run(connection, "SELECT patient_name_fold, referring_physician_name_fold FROM study WHERE id = ?");
    ISO_TRY(const bool row, run.bind(study).next());
    if (!row) return std::optional<FiledNames>();
    return std::optional(FiledNames{run.string(0), run.string(1)});
}

void EntityRow::take(const AttributeValues& attributes) {
    const auto columns = columns_of(level);
    values.resize(columns.size());
    for (const auto& [tag, text] : attributes) {
        if (text.empty()) continue;
        const auto found = std::find_if(columns.begin(), columns.end(), [wanted = tag](const Column& column) {
            return column.tag == wanted;
        });
        if (found == columns.end()) continue;
        std::string& value = values[static_cast<std::size_t>(found - columns.begin())];
        if (value == text) continue;
        value = text;
        attributes_changed = true;
    }
}

Result<Counters> load_counters(Connection& connection) {
    Run run(connection, "SELECT study, series, instance, version, sequence, time FROM counter WHERE id = 1");
    ISO_TRY(const bool row, run.next());
    if (!row) return fail(ErrorCode::corrupt, "the index database has no counters");
    return Counters{run.integer(0), run.integer(1), run.integer(2),
                    run.integer(3), run.integer(4), run.integer(5)};
}

Status save_counters(Connection& connection, const Counters& counters) {
    Run run(connection,
            "UPDATE counter SET study = ?, series = ?, instance = ?, version = ?, sequence = ?, time = ? "
            "WHERE id = 1");
    run.bind(counters.study).bind(counters.series).bind(counters.instance);
    return run.bind(counters.version).bind(counters.sequence).bind(counters.time).run();
}

Status save_totals(Connection& connection, std::int64_t partition, const TotalsChange& change) {
    Run run(
        connection,
        "UPDATE data_partition SET studies = studies + ?, series = series + ?, instances = instances + ?, "
        "bytes = bytes + ? WHERE id = ?");
    run.bind(change.studies).bind(change.series).bind(change.instances).bind(change.bytes);
    ISO_CHECK(run.bind(partition).run());
    if (connection.changed() != 1) return fail(ErrorCode::not_found, "no such partition");
    return {};
}

Result<std::optional<EntityRow>> load_study(Connection& connection, std::int64_t partition,
                                            std::string_view uid) {
    static const std::string sql = select_list(Level::study) + " WHERE partition_id = ? AND uid = ?";
    Run run(connection, sql);
    ISO_TRY(const bool row, run.bind(partition).bind(uid).next());
    if (!row) return std::optional<EntityRow>();
    return std::optional(read_row(Level::study, run));
}

Result<std::optional<EntityRow>> load_series(Connection& connection, std::int64_t study,
                                             std::string_view uid) {
    static const std::string sql = select_list(Level::series) + " WHERE uid = ? AND study_id = ?";
    Run run(connection, sql);
    ISO_TRY(const bool row, run.bind(uid).bind(study).next());
    if (!row) return std::optional<EntityRow>();
    return std::optional(read_row(Level::series, run));
}

void bind_value(Run& run, const Column& column, std::string_view value) {
    run.bind_or_null(value);
    const auto bind_optional = [&](const auto& key) {
        if (key) {
            run.bind(*key);
        } else {
            run.bind_null();
        }
    };
    switch (column.kind) {
        case Kind::text:
            run.bind_or_null(dicom::fold_case(first_of(value)));
            return;
        case Kind::name:
            run.bind_or_null(dicom::fold_name(first_of(value)));
            return;
        case Kind::date:
            bind_optional(dicom::date_key(value));
            return;
        case Kind::time:
            bind_optional(dicom::time_key(value));
            return;
        case Kind::number:
            bind_optional(dicom::number_key(value));
            return;
    }
}

Status save(Connection& connection, const EntityRow& row) {
    const bool names = row.level == Level::study && (row.is_new || row.attributes_changed);
    std::optional<FiledNames> filed;
    if (names && !row.is_new) {
        ISO_TRY(filed, load_filed_names(connection, row.id));
    }
    if (row.is_new) {
        ISO_CHECK(insert(connection, row));
    } else {
        ISO_CHECK(update_counts(connection, row));
        if (row.attributes_changed) ISO_CHECK(update_attributes(connection, row));
    }
    if (!names) return {};
    return file_names(connection, {row.partition, row.id}, filed, names_of(row));
}

Status erase(Connection& connection, const EntityRow& row) {
    if (row.level == Level::series) {
        ISO_CHECK(Run(connection, "DELETE FROM series_request WHERE series_id = ?").bind(row.id).run());
        return Run(connection, "DELETE FROM series WHERE id = ?").bind(row.id).run();
    }
    ISO_TRY(const auto filed, load_filed_names(connection, row.id));
    ISO_CHECK(file_names(connection, {row.partition, row.id}, filed, std::nullopt));
    ISO_CHECK(Run(connection, "DELETE FROM study_sop_class WHERE study_id = ?").bind(row.id).run());
    return Run(connection, "DELETE FROM study WHERE id = ?").bind(row.id).run();
}

Status append_change(Connection& connection, Counters& counters, const EntityKey& key, Action action,
                     std::int64_t version) {
    Run run(connection,
            "INSERT INTO change (sequence, time, partition_id, action, version, study_uid, series_uid, "
            "instance_uid) VALUES (?, ?, ?, ?, ?, ?, ?, ?)");
    run.bind(++counters.sequence).bind(counters.time).bind(key.partition).bind(static_cast<int>(action));
    run.bind(version).bind(key.study.view()).bind(key.series.view()).bind(key.instance.view());
    return run.run();
}

Status count_sop_class(Connection& connection, std::int64_t study, std::string_view uid, std::int64_t by) {
    ISO_CHECK(Run(connection,
                  "INSERT INTO study_sop_class (study_id, uid, instances) VALUES (?, ?, ?) "
                  "ON CONFLICT (study_id, uid) DO UPDATE SET instances = instances + excluded.instances")
                  .bind(study)
                  .bind(uid)
                  .bind(by)
                  .run());
    if (by > 0) return {};
    return Run(connection, "DELETE FROM study_sop_class WHERE study_id = ? AND uid = ? AND instances <= 0")
        .bind(study)
        .bind(uid)
        .run();
}

Status queue_removal(Connection& connection, std::string_view blob) {
    return Run(connection, "INSERT INTO removal (blob, due) VALUES (?, ?) ON CONFLICT (blob) DO NOTHING")
        .bind(blob)
        .bind(now_ticks())
        .run();
}

}  // namespace isocenter::index::sql
