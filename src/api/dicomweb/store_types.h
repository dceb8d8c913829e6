#pragma once

#include <string>
#include <vector>

#include "api/profile.h"

namespace isocenter::api {

/// The media types of store requests that a face takes (dicomweb.md 4.1, standard-face.md 4.1).
std::vector<std::string> store_types(const Profile& profile);

}  // namespace isocenter::api
