#pragma once

#include <string>

#include "fhir/client/fhir_client.h"
#include "fhir/cohort/selection.h"

/// A frozen cohort as a FHIR Group (fhir-sync.md 22.6), known again by an identifier that is a UUID.
namespace isocenter::fhir::cohort {

/// A random UUID (RFC 9562, version 4).
std::string random_uuid();

/// Writes the patients of `selection` as a Group of that name in place of what the Group of `uuid` held; what
/// others added beside its members stays. Members of which nothing certain can be said are left out. Returns
/// `Group/17`.
Attempt<std::string> write_group(FhirClient& fhir, const std::string& uuid, const std::string& name,
                                 const Selection& selection);

/// Deletes the Group of `uuid`; one that is not there is a success.
Attempt<void> remove_group(FhirClient& fhir, const std::string& uuid);

}  // namespace isocenter::fhir::cohort
