#pragma once

#include <boost/json.hpp>
#include <vector>

#include "archive/archive.h"
#include "fhir/cohort/study_source.h"

namespace isocenter::app {

/// The studies of the archive of this process, matched as `/dicom-web` matches them.
class LocalStudies : public fhir::cohort::StudySource {
  public:
    /// `archive` outlives the source.
    explicit LocalStudies(archive::Archive& archive) : archive_(archive) {}
    fhir::Attempt<fhir::cohort::StudyRows> find(const fhir::cohort::StudyQuery& query) override;

  private:
    archive::Archive& archive_;
};

}  // namespace isocenter::app
