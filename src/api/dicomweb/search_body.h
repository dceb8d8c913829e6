#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "api/dicomweb/batched_text.h"
#include "api/dicomweb/search_response.h"
#include "api/dicomweb/xml_parts.h"
#include "api/face.h"

namespace isocenter::api {

/// The matches of a search while their answer is sent. Rows are small; their documents, where the answer
/// needs them, are fetched a batch at a time by the ids of their records, without a transaction that lasts as
/// long as the client takes to read. A row of which nothing is left then breaks the answer off.
struct SearchBody {
    const Face& face;
    RowWriter writer;
    std::vector<index::SearchRow> rows;
    bool documents = false;
    std::optional<XmlParts> xml;  ///< JSON without
    MemoryBudget::Lease memory;
};

std::unique_ptr<BatchedText> make_search_source(SearchBody body);

}  // namespace isocenter::api
