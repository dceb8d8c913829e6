#include "index/sql/latest_values.h"

#include <algorithm>

#include "dicom/json_filter.h"
#include "dicom/json_reader.h"
#include "dicom/tags.h"
#include "index/attribute_values.h"
#include "index/sql/documents.h"

namespace isocenter::index::sql {
namespace {

Result<std::vector<std::int64_t>> documents_newest_first(Connection& connection, const EntityRow& row) {
    std::vector<std::int64_t> keys;
    Run run(connection,
            row.level == dicom::Level::series
                ? "SELECT document_key FROM instance WHERE series_id = ? ORDER BY version DESC"
                : "SELECT i.document_key FROM series e CROSS JOIN instance i ON i.series_id = e.id "
                  "WHERE e.study_id = ? ORDER BY i.version DESC");
    run.bind(row.id);
    while (true) {
        ISO_TRY(const bool found, run.next());
        if (!found) return keys;
        keys.push_back(run.integer(0));
    }
}

struct Found {
    AttributeValues values;
    std::vector<RequestItem> requests;
};

/// What one document says of `wanted`. One that cannot be read says nothing: it must not keep others from
/// being removed, and verification reports it.
Result<Found> look_up(Connection& connection, const DocumentCodec& codec, std::int64_t key,
                      const std::vector<dicom::Tag>& wanted) {
    Found found;
    Run run(connection, "SELECT dictionary, json, hidden FROM document WHERE key = ?");
    ISO_TRY(const bool row, run.bind(key).next());
    if (!row) return found;
    const auto stored = codec.unpack(run.integer(0), run.blob(1));
    if (!stored) return found;
    std::string json;
    for (const dicom::Tag tag : wanted) {
        const std::string_view attribute = dicom::find_attribute(*stored, tag);
        if (attribute.empty()) continue;
        json += json.empty() ? "{\"" : ",\"";
        json.append(dicom::to_hex8(tag)).append("\":").append(attribute);
    }
    if (json.empty()) return found;
    const auto data_sets = dicom::read_json(json + "}");
    if (!data_sets || data_sets->size() != 1) return found;
    const std::vector<std::string> hidden =
        run.is_null(2) ? std::vector<std::string>() : read_json_list(run.text(2));
    found.values = row_values(data_sets->front(), hidden);
    found.requests = request_items(data_sets->front(), hidden);
    return found;
}

}  // namespace

Result<AttributeValues> values_of(Connection& connection, const DocumentCodec& codec,
                                  std::int64_t document_key, const std::vector<dicom::Tag>& wanted) {
    ISO_TRY(Found found, look_up(connection, codec, document_key, wanted));
    return std::move(found.values);
}

Status refresh_values(Connection& connection, const DocumentCodec& codec, EntityRow& row,
                      std::vector<RequestItem>* requests, Asked asked) {
    const auto columns = columns_of(row.level);
    std::vector<dicom::Tag> wanted;
    for (std::size_t i = 0; i < columns.size(); ++i) {
        if (asked == Asked::all || !row.values[i].empty()) wanted.push_back(columns[i].tag);
    }
    if (requests != nullptr && (asked == Asked::all || !requests->empty())) {
        wanted.push_back(dicom::tags::RequestAttributesSequence);
        requests->clear();
    }
    std::vector<std::string> latest(columns.size());
    ISO_TRY(const auto keys, documents_newest_first(connection, row));
    for (const std::int64_t key : keys) {
        if (wanted.empty()) break;
        ISO_TRY(Found found, look_up(connection, codec, key, wanted));
        for (std::size_t i = 0; i < columns.size(); ++i) {
            const auto value =
                std::ranges::find(found.values, columns[i].tag, &AttributeValues::value_type::first);
            if (value == found.values.end() || std::erase(wanted, columns[i].tag) == 0) continue;
            latest[i] = std::move(value->second);
        }
        if (found.requests.empty() || requests == nullptr) continue;
        *requests = std::move(found.requests);
        std::erase(wanted, dicom::tags::RequestAttributesSequence);
    }
    row.attributes_changed = row.attributes_changed || latest != row.values;
    row.values = std::move(latest);
    return {};
}

}  // namespace isocenter::index::sql
