#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "index/index.h"
#include "index/sql/connection.h"
#include "index/sql/document_codec.h"

namespace isocenter::index::sql {

struct FoundRow {
    SearchRow row;
    std::int64_t study = 0;
    std::int64_t series = 0;
    std::int64_t newest_instance = 0;  ///< whose document stands for the row
};

/// The rows of one page from their ids, with a fixed number of statements.
class Page {
  public:
    Page(Connection& connection, const DocumentCodec& codec, const dicom::Query& query)
        : connection_(connection), codec_(codec), query_(query) {}

    Status load(std::span<const std::int64_t> ids);
    Status push(const std::function<Status(SearchRow&&)>& sink);

  private:
    Status load_members();
    Status load_requests();
    /// The documents of rows from `first` on, within what is held at a time; the place behind the last of
    /// these rows.
    Result<std::size_t> load_stored_documents(std::size_t first);
    std::string ids_of(std::int64_t FoundRow::*id) const;

    Connection& connection_;
    const DocumentCodec& codec_;
    const dicom::Query& query_;
    std::vector<std::optional<FoundRow>> rows_;
};

}  // namespace isocenter::index::sql
