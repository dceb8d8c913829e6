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

/// Everything a job knows of the archive.
struct Snapshot {
    StudySnapshot study;
    /// The latest study of the study's patient, where it is another than this one: it tells the demographics.
    StudySnapshot latest;
    /// Per patient to whom the study belonged before: the latest study that remains there. One without
    /// instances is ignored.
    std::vector<StudySnapshot> former_patients;
};

}  // namespace isocenter::fhir
