#pragma once

#include <boost/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "fhir/cohort/people.h"

namespace isocenter::fhir::cohort {

/// Studies that hit an imaging criterion, for the whole archive, when they are at most `most`; nothing
/// when they are more, when there are too many rows to tell, or when the criterion cannot lead to patients.
Found<std::optional<std::vector<boost::json::object>>> few_studies(const Criterion& criterion,
                                                                   std::size_t most, const Sources& sources);

/// Ids of the FHIR patients whose studies these may be: by identifier, and as subjects of ImagingStudies.
Found<std::set<std::string>> owners_of(const std::vector<boost::json::object>& studies,
                                       const Criterion& criterion, const Sources& sources);

/// Finds the studies of every imaging criterion of the definition that belong to `people`: fills hits and
/// studies, in their order, and marks members about whom nothing certain can be said.
Found<void> find_studies(People& people, const Definition& definition, const Span& as_of,
                         const Sources& sources);

}  // namespace isocenter::fhir::cohort
