#pragma once

#include <vector>

#include "index/sql/document_codec.h"
#include "index/sql/entity_rows.h"

namespace isocenter::index::sql {

/// Which attributes documents are asked for.
enum class Asked {
    what_it_has,  ///< those that the row has: removals and replacements leave none without a value that has
                  ///< one
    all,          ///< of a row that may be wrong
};

/// Makes the attributes of a study or series row those of the instances that it has now, after some were
/// taken out: of each attribute the newest value that is not empty, as Index::add leaves it. `requests`:
/// those of a series, nullptr for a study. Reads documents from the newest on until every attribute that had
/// a value has one again, so mostly one.
Status refresh_values(Connection& connection, const DocumentCodec& codec, EntityRow& row,
                      std::vector<RequestItem>* requests, Asked asked = Asked::what_it_has);

/// What one document says of `wanted`; one that cannot be read says nothing.
Result<AttributeValues> values_of(Connection& connection, const DocumentCodec& codec,
                                  std::int64_t document_key, const std::vector<dicom::Tag>& wanted);

}  // namespace isocenter::index::sql
