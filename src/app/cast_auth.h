#pragma once

#include "app/settings.h"
#include "fhir/auth/auth.h"

namespace isocenter::app {

/// How the bridge is authorized on both sides.
struct CastAuth {
    fhir::AuthOptions fhir;
    fhir::AuthOptions dicom;
};

/// `invalid_request` names the setting that a kind needs and that is missing.
Result<CastAuth> cast_auth(const Settings& settings);

}  // namespace isocenter::app
