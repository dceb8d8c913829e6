#pragma once

#include <string>

#include "index/index.h"

namespace isocenter::api {

/// Appends the JSON of a change-feed entry (dicomweb.md 8.1): metadata in the form of the compatibility
/// faces, whatever the face.
void append_change(std::string& out, const index::Change& change);

}  // namespace isocenter::api
