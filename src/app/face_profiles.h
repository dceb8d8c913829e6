#pragma once

#include "api/profile.h"
#include "app/settings.h"

namespace isocenter::app {

/// What the faces differ in, as the settings have it: the sections `versioned` (/v1, /v2) and `standard`
/// (/dicom-web).
struct FaceProfiles {
    api::Profile v1;
    api::Profile v2;
    api::Profile standard;
};
FaceProfiles face_profiles(const Settings& settings);

}  // namespace isocenter::app
