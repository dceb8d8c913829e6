#pragma once

#include <boost/json.hpp>
#include <set>
#include <string>
#include <vector>

namespace isocenter::fhir {

/// What the archive holds of one study: the complete DICOM JSON of each instance. No instances: the study is
/// absent.
struct StudySnapshot {
    std::string partition;
    std::string study_instance_uid;
    std::vector<boost::json::object> instances;
    /// SOP instance UIDs that delete entries of the feed named. Asked only about series that others share.
    std::set<std::string> removed_instances;
};

/// Studies of one patient, one data set (DICOM JSON) each: enough are the attributes of the patient,
/// StudyDate, StudyTime and StudyInstanceUID.
struct PatientStudies {
    std::vector<boost::json::object> studies;
};

/// Everything a job knows of the archive.
struct Snapshot {
    StudySnapshot study;
    /// The other studies of the study's patient, which decide the demographics together with this one.
    PatientStudies patient;
    /// Per patient to whom the study belonged before: the studies that remain there. An empty one is ignored.
    std::vector<PatientStudies> former_patients;
};

}  // namespace isocenter::fhir
