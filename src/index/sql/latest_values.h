#pragma once

#include <vector>

#include "index/sql/document_codec.h"
#include "index/sql/entity_rows.h"

namespace isocenter::index::sql {

/// Makes the attributes of a study or series row those of the instances that it has now, after some were
/// taken out: of each attribute the newest value that is not empty, as Index::add leaves it. `requests`:
/// those of a series, nullptr for a study. Reads documents from the newest on until every attribute that had
/// a value has one again, so mostly one.
Status refresh_values(Connection& connection, const DocumentCodec& codec, EntityRow& row,
                      std::vector<RequestItem>* requests);

}  // namespace isocenter::index::sql
