#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "dicom/query.h"
#include "index/sql/condition.h"

namespace isocenter::index::sql {

/// A statement `SELECT ... AS id` that an index answers: ids of a level's records, each once, of which those
/// that satisfy a matcher are a part.
struct Candidates {
    Fragment select;
    dicom::Level level = dicom::Level::study;
    int rank = 0;  ///< 0: so few that nothing else needs to be looked at; higher: to be counted first
    bool newest_first = false;  ///< the index can yield them by falling id
    bool exact = false;         ///< they are just those that satisfy the matcher
};

/// Of one matcher; nothing when no index serves it.
std::optional<Candidates> candidates_of(const dicom::Matcher& matcher, std::int64_t partition);

/// Candidates of a lower level as those of the records above.
Candidates raised_to(Candidates candidates, dicom::Level level);

/// The pieces of a pattern that have no wildcards and at least three characters as a full-text expression
/// over a column of study_name_trigram; empty when there is none.
std::string trigram_expression(std::string_view column, std::string_view pattern);

}  // namespace isocenter::index::sql
