#pragma once

#include <boost/json.hpp>
#include <string>
#include <vector>

#include "fhir/client/failure.h"
#include "fhir/engine/dirty_keys.h"

namespace isocenter::fhir {

/// What the archive holds now. Thread-safe. Failures: `archive_down`, `transient`, `cancelled`. Two
/// implementations: any DICOMweb server (feed/http_archive_source.h), and the archive of this process (app).
class ArchiveSource {
  public:
    virtual ~ArchiveSource() = default;
    /// The complete DICOM JSON of every instance; none when the study is absent.
    virtual Attempt<std::vector<boost::json::object>> read_study(const Key& key) = 0;
    /// A data set per study of the patients with that PatientID, whatever their issuer.
    virtual Attempt<std::vector<boost::json::object>> studies_of_patient(const std::string& partition,
                                                                         const std::string& patient_id) = 0;
};

}  // namespace isocenter::fhir
