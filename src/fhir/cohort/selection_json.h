#pragma once

#include <boost/json.hpp>

#include "base/result.h"
#include "fhir/cohort/definition.h"
#include "fhir/cohort/selection.h"

namespace isocenter::fhir::cohort {

/// A selection as it is kept when a cohort is frozen: patients, hits and studies, no resources. Dates of hits
/// are not kept; nothing asks for them any more.
boost::json::object to_json(const Selection& selection, const Definition& definition);
/// The reverse; hits of criteria that the definition no longer has are left out. `corrupt` for other
/// documents.
Result<Selection> read_selection(const boost::json::value& document, const Definition& definition);

}  // namespace isocenter::fhir::cohort
