#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "api/dicomweb/return_set.h"
#include "api/dicomweb/row_check.h"
#include "base/result.h"
#include "base/strong_string.h"
#include "dicom/query.h"

namespace isocenter::api {

/// Where a search was addressed: the resource and the UIDs of its path (bare, already checked).
struct SearchScope {
    SearchResource resource = SearchResource::studies;
    StudyUid study;
    SeriesUid series;
};

/// Settings of a search that the profile does not hold.
struct SearchLimits {
    std::uint64_t max_results = 1000;  ///< standard face: a higher `limit` is cut to it
};

/// A search request, read.
struct SearchRequest {
    dicom::Query query;
    ReturnSet return_set;
    std::vector<RowCheck> checks;                      ///< beside the query; rows then carry their document
    std::vector<PrivateAttribute> private_attributes;  ///< that rows show where their document has them
    bool unknown_matches = false;                      ///< absent values pass the checks
    std::vector<std::string> warnings;                 ///< texts for Warning headers: ASCII, no agent
};

/// Reads the query string of a search (standard-face.md 5.1 to 5.4; dicomweb.md 6.2 to 6.4).
/// `invalid_request` with the offending parameter's name in `bad_parameter` (empty when it is none).
Result<SearchRequest> parse_search(const Profile& profile, const SearchScope& scope, std::string_view query,
                                   const SearchLimits& limits, std::string& bad_parameter);

/// The compatibility faces refuse `<` anywhere in a query string (dicomweb.md 2.1, row 1).
Status check_query_guard(const Profile& profile, std::string_view query);

/// Reads a decimal count. `invalid_request` when it is none; above `max` it is cut to it, or refused when
/// `refuse_above`.
Result<std::uint64_t> read_count(std::string_view name, std::string_view text, std::uint64_t max,
                                 bool refuse_above);
/// `true` or `false`, of any case when `any_case`.
Result<bool> read_bool(std::string_view name, std::string_view text, bool any_case);

}  // namespace isocenter::api
