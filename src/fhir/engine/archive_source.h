#pragma once

#include <boost/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "fhir/client/failure.h"
#include "fhir/engine/dirty_keys.h"

namespace isocenter::fhir {

/// The complete DICOM JSON of every instance of a study; none when it is absent.
struct StudyContent {
    std::vector<boost::json::object> instances;
    /// Equal versions of a study have equal content; empty where the archive cannot tell.
    std::string version;
};

/// What the archive holds now. Thread-safe. Failures: `archive_down`, `archive_transient`, `cancelled`. Two
/// implementations: any DICOMweb server (feed/http_archive_source.h), and the archive of this process (app).
class ArchiveSource {
  public:
    virtual ~ArchiveSource() = default;
    virtual Attempt<StudyContent> read_study(const Key& key) = 0;
    /// The content when it may be another than that of `version`, else nothing: the cheap way to make sure.
    virtual Attempt<std::optional<StudyContent>> read_if_changed(const Key& key,
                                                                 const std::string& version) = 0;
    /// A data set per study of the patients with that PatientID, whatever their issuer.
    virtual Attempt<std::vector<boost::json::object>> studies_of_patient(const std::string& partition,
                                                                         const std::string& patient_id) = 0;
};

}  // namespace isocenter::fhir
