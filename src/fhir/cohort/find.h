#pragma once

#include <cstddef>
#include <string>

#include "fhir/client/fhir_client.h"
#include "fhir/cohort/definition.h"
#include "fhir/cohort/failure.h"
#include "fhir/cohort/selection.h"
#include "fhir/cohort/study_source.h"

namespace isocenter::fhir::cohort {

/// What a run works with. The objects referred to must be thread-safe.
struct Sources {
    FhirClient& fhir;
    StudySource* archive = nullptr;  ///< null: none; definitions with imaging criteria need one
    const Options& content;          ///< patient systems and time zone, as the bridge writes them
    std::size_t workers = 4;         ///< requests under way at once
    std::size_t max_patients = 100'000;
};

/// Sizes every condition, begins with the smallest, and asks the others only about the patients left, a
/// hundred in a request. `as_of`: overrides the definition's; empty: that of the definition, else `now`
/// (`2026-11-24T10:00:00Z`).
Found<Selection> find_patients(const Definition& definition, const std::string& as_of, const std::string& now,
                               const Sources& sources);

}  // namespace isocenter::fhir::cohort
