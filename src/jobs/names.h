#pragma once

#include <string>

#include "dicom/tag.h"
#include "index/index.h"

namespace isocenter::jobs {

/// `study 1.2.3`, `series ...`, `instance ...`: by the last UID that the key has.
std::string name_of(const index::EntityKey& key);
/// The attribute's keyword; its eight digits when it has none.
std::string name_of(dicom::Tag tag);

}  // namespace isocenter::jobs
