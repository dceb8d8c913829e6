#pragma once

#include "app/settings.h"
#include "fhir/engine/engine.h"
#include "fhir/mapping/options.h"

namespace isocenter::app {

/// What shapes the content; `invalid_request` names the setting that is wrong.
Result<fhir::Options> cast_content_options(const Settings& settings);
fhir::EngineOptions cast_engine_options(const Settings& settings);

}  // namespace isocenter::app
