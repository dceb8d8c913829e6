#pragma once

#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "index/index.h"
#include "index/sql/connection.h"
#include "index/sql/document_codec.h"

namespace isocenter::index::sql {

/// Columns that read_record reads, of instance i, series e and study s, in its order.
std::string record_columns();
/// The FROM clause that record_columns belongs to, instance first.
std::string record_tables();
constexpr int kRecordColumns = 13;
/// Reads record_columns from `first` on; no layout.
InstanceRecord read_record(const Run& run, int first);

Status insert_document(Connection& connection, std::int64_t key, const PackedDocument& packed,
                       const NewInstance& given);

/// Documents with their places among the ids that were asked, ascending.
struct LoadedDocuments {
    std::vector<std::pair<std::size_t, Document>> documents;
    std::size_t ids = 0;           ///< as in DocumentBatch
    std::uint64_t next_bytes = 0;  ///< as in DocumentBatch
    std::size_t unreadable = 0;    ///< as in DocumentBatch
};

/// Documents of instances by record id, those that exist; ids may be there twice. One that cannot be read
/// counts as absent and is logged: it must not keep the others from being read. Ends before the document that
/// would make more than `most_bytes` of JSON.
Result<LoadedDocuments> load_documents(Connection& connection, const DocumentCodec& codec,
                                       std::span<const std::int64_t> ids, std::uint64_t most_bytes);

Result<std::vector<RequestItem>> requests_of(Connection& connection, std::int64_t series);
/// Replaces those that are there.
Status save_requests(Connection& connection, std::int64_t series, std::span<const RequestItem> requests);

/// Lists as one bound parameter: JSON arrays.
std::string json_list(std::span<const std::int64_t> numbers);
std::string json_list(std::span<const double> numbers);
std::string json_list(std::span<const std::string> texts);
/// Reads what json_list of texts wrote.
std::vector<std::string> read_json_list(std::string_view json);

}  // namespace isocenter::index::sql
