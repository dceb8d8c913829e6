#pragma once

#include "api/profile.h"
#include "app/settings.h"

namespace isocenter::app {

/// The profile of /dicom-web as the section `standard` of the settings has it.
api::Profile standard_face_profile(const Settings& settings);

}  // namespace isocenter::app
