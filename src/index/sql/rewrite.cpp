#include <algorithm>
#include <iterator>

#include "dicom/tags.h"
#include "index/sql/documents.h"
#include "index/sql/entity_rows.h"
#include "index/sql/latest_values.h"
#include "index/sql/sql_index.h"

namespace isocenter::index::sql {
namespace {

using Tags = std::vector<dicom::Tag>;

Error no_such_row() {
    return fail(ErrorCode::not_found, "no such row");
}

Tags changed_columns(std::span<const Column> columns, const std::vector<std::string>& before,
                     const std::vector<std::string>& now) {
    Tags changed;
    for (std::size_t i = 0; i < columns.size(); ++i) {
        if (before[i] != now[i]) changed.push_back(columns[i].tag);
    }
    return changed;
}

/// A study, or a series when it is one.
Result<Tags> rewrite_entity(Connection& connection, const DocumentCodec& codec, EntityRow row) {
    const bool series = row.level == dicom::Level::series;
    const std::vector<std::string> values_before = row.values;
    std::vector<RequestItem> requests_before;
    if (series) {
        ISO_TRY(requests_before, requests_of(connection, row.id));
    }
    std::vector<RequestItem> requests;
    ISO_CHECK(refresh_values(connection, codec, row, series ? &requests : nullptr, Asked::all));
    // Also what is derived from a value that is right.
    row.attributes_changed = true;
    if (!series) {
        ISO_TRY(const auto names, load_filed_names(connection, row.id));
        // Who altered the row did not file its names.
        if (names != names_of(row)) ISO_CHECK(refile_trigrams(connection));
    }
    ISO_CHECK(save(connection, row));
    Tags changed = changed_columns(columns_of(row.level), values_before, row.values);
    if (requests != requests_before) {
        ISO_CHECK(save_requests(connection, row.id, requests));
        changed.push_back(dicom::tags::RequestAttributesSequence);
    }
    return changed;
}

Result<Tags> rewrite_instance(Connection& connection, const DocumentCodec& codec, std::int64_t series,
                              std::string_view uid) {
    const auto columns = instance_columns();
    std::string select = "SELECT id, document_key";
    std::string update = "UPDATE instance SET ";
    Tags wanted;
    for (const Column& column : columns) {
        select.append(", ").append(column.name);
        update.append(wanted.empty() ? "" : ", ").append(column.name).append(" = ?, ");
        update.append(derived_name(column)).append(" = ?");
        wanted.push_back(column.tag);
    }
    Run found(connection, select + " FROM instance WHERE uid = ? AND series_id = ?");
    ISO_TRY(const bool row, found.bind(uid).bind(series).next());
    if (!row) return no_such_row();
    std::vector<std::string> before;
    for (std::size_t i = 0; i < columns.size(); ++i)
        before.push_back(found.string(static_cast<int>(i) + 2));
    ISO_TRY(const AttributeValues values, values_of(connection, codec, found.integer(1), wanted));
    std::vector<std::string> now;
    Run run(connection, update + " WHERE id = ?");
    for (const Column& column : columns) {
        const auto value = std::ranges::find(values, column.tag, &AttributeValues::value_type::first);
        now.push_back(value == values.end() ? std::string() : value->second);
        bind_value(run, column, now.back());
    }
    ISO_CHECK(run.bind(found.integer(0)).run());
    return changed_columns(columns, before, now);
}

Result<Tags> rewrite_row(Connection& connection, const DocumentCodec& codec, const EntityKey& key) {
    ISO_TRY(auto study, load_study(connection, key.partition, key.study.view()));
    if (!study) return no_such_row();
    if (key.series.empty()) return rewrite_entity(connection, codec, std::move(*study));
    ISO_TRY(auto series, load_series(connection, study->id, key.series.view()));
    if (!series) return no_such_row();
    if (key.instance.empty()) return rewrite_entity(connection, codec, std::move(*series));
    return rewrite_instance(connection, codec, series->id, key.instance.view());
}

}  // namespace

Result<std::vector<dicom::Tag>> SqlIndex::rewrite(const EntityKey& key) {
    ISO_TRY(const Lease connection, connections_->writer());
    ISO_TRY(const auto transaction, Transaction::begin(*connection, Transaction::Kind::write));
    ISO_TRY(Tags changed, rewrite_row(*connection, codec_, key));
    ISO_CHECK(transaction->commit());
    return changed;
}

}  // namespace isocenter::index::sql
