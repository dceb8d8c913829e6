#pragma once

#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>

#include "app/settings.h"
#include "base/result.h"

namespace isocenter::app {

/// How the answer of a cohort run is written.
enum class CohortFormat {
    json,     ///< one document
    ndjson,   ///< an object per patient, then totals
    studies,  ///< a StudyInstanceUID per line
};

/// Runs a cohort definition against fhir.endpoint and the archive at dicomweb.endpoint, and hands the answer
/// over piece by piece as it comes. `as_of` may be empty. Errors: `invalid_request` with the place in the
/// definition and the reason, or for settings; `unsupported` when a server refuses a search, naming the
/// criterion; `unavailable`, `too_large` (too many candidates), `cancelled`.
Status run_cohort(const Settings& settings, std::string_view definition, const std::string& as_of,
                  CohortFormat format, std::stop_token stop,
                  const std::function<Status(std::string_view)>& write);

}  // namespace isocenter::app
