#pragma once

#include <vector>

#include "fhir/classic/entry.h"
#include "fhir/engine/archive_source.h"
#include "fhir/mapping/options.h"

namespace isocenter::fhir::classic {

/// The entries that bring a study to what the archive holds, for when no entry of the feed says it: one per
/// instance in the archive, and before them a deletion per instance that only FHIR has. Studies of others in
/// `found` may list what another archive holds, so nothing is deleted from them.
std::vector<Entry> entries_of_study(const Key& key, StudyContent content,
                                    const std::vector<boost::json::object>& found, const Options& options);

}  // namespace isocenter::fhir::classic
