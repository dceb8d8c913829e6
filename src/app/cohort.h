#pragma once

#include <stop_token>
#include <string>
#include <string_view>

#include "app/cohort_writer.h"
#include "app/settings.h"
#include "base/result.h"

namespace isocenter::app {

/// Runs a cohort definition against fhir.endpoint and the archive at dicomweb.endpoint, and hands the answer
/// over piece by piece as it comes. `as_of` may be empty. Errors: `invalid_request` with the place in the
/// definition and the reason, or for settings; `unsupported` when a server refuses a search, naming the
/// criterion; `unavailable`, `too_large` (too many candidates), `cancelled`.
Status run_cohort(const Settings& settings, std::string_view definition, const std::string& as_of,
                  CohortFormat format, std::stop_token stop, const CohortSink& write);

/// The same for what the server of storage.folder saved as `name`. Without dicomweb.endpoint the archive is
/// that folder's own: `conflict` when it is needed while a server has the folder. `not_found` when there is
/// none of that name.
Status run_saved_cohort(const Settings& settings, const std::string& name, const std::string& as_of,
                        CohortFormat format, std::stop_token stop, const CohortSink& write);

}  // namespace isocenter::app
