#pragma once

#include <boost/json.hpp>
#include <vector>

#include "fhir/classic/entry.h"
#include "fhir/classic/request.h"
#include "fhir/mapping/parts.h"

/// Observations of dose reports (fhir-sync.md section 11).
namespace isocenter::fhir::classic {

/// One per report and per irradiation event of the instance, parents before children. `patient` and `study`
/// are references.
std::vector<boost::json::object> dose_observations(const Entry& entry, const std::string& patient,
                                                   const std::string& study, const Context& context);

/// Creates all of them. There is nothing they could be found by: an entry applied twice makes them twice.
std::vector<Request> observation_requests(const Entry& entry, const ResourceId& patient,
                                          const ResourceId& study, const UuidSource& new_uuid,
                                          const Context& context);
/// Of a deletion: all Observations that were found for the study go.
std::vector<Request> observation_removals(const std::vector<boost::json::object>& found);

}  // namespace isocenter::fhir::classic
