#pragma once

#include <stop_token>
#include <string>
#include <string_view>

#include "app/settings.h"
#include "base/result.h"
#include "fhir/check/reconciliation.h"

namespace isocenter::app {

/// Compares a DICOMweb server with the FHIR server that a bridge writes, and mends the latter when `options`
/// say so. Both are those of the settings and of the target; so are `workers` and the partitions; nothing
/// else is opened, so a bridge may run at the same time. `invalid_request` for settings that are missing or
/// wrong, or a FHIR server that cannot be used; `unavailable` when one of the two does not answer;
/// `cancelled` after a stop.
Result<fhir::ReconciliationResult> check_cast(const Settings& settings, std::string_view target,
                                              fhir::Reconciliation::Options options,
                                              const fhir::Reconciliation::Sink& sink,
                                              const fhir::Reconciliation::Progress& progress,
                                              std::stop_token stop);

/// A finding as the command line shows it: one JSON object.
std::string discrepancy_json(const fhir::Discrepancy& discrepancy);
/// The totals likewise.
std::string reconciliation_json(const fhir::ReconciliationResult& result);

}  // namespace isocenter::app
