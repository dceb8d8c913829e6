#pragma once

#include <vector>

#include "api/dicomweb/query_params.h"
#include "api/face.h"

namespace isocenter::api {

/// The rows of the page that `search` asks for, without their documents, which are fetched while the answer
/// is written. Where rows must be looked into, documents are read a bounded piece at a time, and a warning is
/// added to `search` when some could not be. Rows and documents are charged to the memory of all requests;
/// `memory` holds the rows' share. `too_large` when more rows would have to be looked into than can be
/// bounded, `overloaded` without memory, `unavailable` when they are replaced again and again meanwhile, and
/// the errors of Index::search.
Result<index::SearchSummary> search_rows(const Face& face, SearchRequest& search,
                                         std::vector<index::SearchRow>& rows, MemoryBudget::Lease& memory);

/// About what a row takes without its document.
inline constexpr std::uint64_t kRowBytes = 4096;

}  // namespace isocenter::api
