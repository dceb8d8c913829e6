#pragma once

#include <boost/json.hpp>
#include <map>
#include <string>
#include <utility>

#include "fhir/cohort/failure.h"
#include "fhir/cohort/study_source.h"

namespace isocenter::fhir::cohort {

/// Partition, StudyInstanceUID.
using StudyKey = std::pair<std::string, std::string>;
using ByStudy = std::map<StudyKey, boost::json::array>;

/// Address of a study. `root`: DICOMweb root as clients reach it.
std::string study_url(const std::string& root, const StudyKey& study);

/// The structured reports and encapsulated documents (PDF, CDA) of studies, in series of Modality SR and
/// DOC, and OT where the archive matches SOPClassUID: `{"sopInstanceUid", "sopClassUid", "title",
/// "retrieveUrl"}`, by SOPInstanceUID; no `title` where the archive tells none. `modalities`: what
/// ModalitiesInStudy says of each; others than these cost no request. Key object selections, and models to be
/// printed, are no documents.
Found<ByStudy> find_documents(const ByStudy& modalities, StudySource& archive, const std::string& root);

}  // namespace isocenter::fhir::cohort
