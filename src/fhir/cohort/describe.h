#pragma once

#include <boost/json.hpp>
#include <cstddef>
#include <string>
#include <vector>

#include "fhir/cohort/definition.h"
#include "fhir/cohort/find.h"
#include "fhir/cohort/selection.h"

namespace isocenter::fhir::cohort {

/// Members of a selection described in one round of requests.
inline constexpr std::size_t kMembersPerRound = 100;

/// The objects of the answer for members `first` to `first + count` (at most kMembersPerRound): patient,
/// hits, studies, and what `return` asks for, which is fetched for these members only. `retrieve_root`:
/// DICOMweb root as clients reach it.
Found<std::vector<boost::json::object>> describe(const Definition& definition, const Selection& selection,
                                                 std::size_t first, std::size_t count,
                                                 const std::string& retrieve_root, const Sources& sources);

/// `{"patients": n, "studies": m}`
boost::json::object totals_of(const Selection& selection);

}  // namespace isocenter::fhir::cohort
