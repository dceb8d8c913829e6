#pragma once

#include "fhir/cohort/definition.h"
#include "fhir/cohort/selection.h"

namespace isocenter::fhir::cohort {

/// Drops hits, and studies that hit nothing any more, which are not dated near a hit of the other criterion;
/// one relation after the other, in the order of the definition. A hit without a date is near to none.
void apply_relations(const Definition& definition, Member& member);

}  // namespace isocenter::fhir::cohort
