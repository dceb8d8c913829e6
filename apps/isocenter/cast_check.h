#pragma once

#include <csignal>
#include <string>

#include "app/settings.h"
#include "fhir/check/reconciliation.h"

namespace isocenter {

/// `isocenter cast --check`: a JSON object a line on stdout, the totals last. 0: FHIR is as the archive wants
/// it, or was made so; 1: it is not; 2: the check could not be done. `signals` are blocked stop signals.
int run_cast_check(const app::Settings& settings, const std::string& target,
                   const fhir::Reconciliation::Options& options, const sigset_t& signals);

}  // namespace isocenter
