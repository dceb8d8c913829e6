#pragma once

#include <boost/json.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace isocenter::fhir::cohort {

/// Whether FHIR R4 defines a search parameter `patient` for the type.
bool has_patients(std::string_view type);
/// Ids of the patients that the parameter finds the resource by, each once: an appointment has as many as
/// take part. `base`: of the FHIR server; those of other servers are left out.
std::vector<std::string> patients_of(const boost::json::object& resource, std::string_view base);

}  // namespace isocenter::fhir::cohort
