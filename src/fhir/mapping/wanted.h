#pragma once

#include <boost/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/result.h"
#include "fhir/mapping/options.h"
#include "fhir/mapping/snapshot.h"

namespace isocenter::fhir {

/// A logical identity in FHIR; `system` may be empty.
struct Identifier {
    std::string system;
    std::string value;
    friend auto operator<=>(const Identifier&, const Identifier&) = default;
};

/// A doubtful value; the resource was made without it, or with the one that won.
struct ValidationRecord {
    enum class Kind {
        invalid,       ///< left out; fails the study under `enforce_validation`
        disagreement,  ///< instances of the study contradict each other
    };
    Kind kind = Kind::invalid;
    std::string tag;    ///< eight hexadecimal digits, or the code of a content item
    std::string value;  ///< as stored: may be patient data, so never to the log
    std::string reason;
    friend auto operator<=>(const ValidationRecord&, const ValidationRecord&) = default;
};

/// A resource that should exist. Its references to others of the same job are `@patient`, `@endpoint`,
/// `@study` and `@event/UID`.
struct WantedResource {
    Identifier identity;    ///< what it is found and created by
    std::string partition;  ///< second identity where partitions share a target, else empty
    boost::json::object resource;
};

/// What should be in FHIR for one study.
struct Wanted {
    Identifier study_identity;  ///< `urn:dicom:uid`, `urn:oid:UID`; also when the study is absent
    std::string study_instance_uid;
    std::string partition;  ///< name, where it marks the study; else empty
    WantedResource endpoint;
    std::optional<WantedResource> patient;  ///< none when the study is absent
    std::vector<WantedResource> former_patients;
    std::optional<WantedResource> study;  ///< none when absent in the archive
    std::vector<WantedResource> observations;
    std::set<std::string> removed_instances;  ///< of the snapshot
};

/// The identity of the patient a data set belongs to: system by issuer, partition or setting; value =
/// PatientID. Nothing when it has no PatientID or several. Equal identities are the same patient.
std::optional<Identifier> patient_identity(const boost::json::object& data_set, std::string_view partition,
                                           const Options& options);

/// The same of a whole study: instances may disagree.
std::optional<Identifier> patient_identity(const StudySnapshot& study, const Options& options);

/// Of the studies of one patient (a data set each), the place of the one that tells the demographics: the
/// greatest (StudyDate, StudyTime, StudyInstanceUID), absent ones lowest, the first of equal ones. Nothing
/// when there are none.
std::optional<std::size_t> latest_study(const std::vector<boost::json::object>& studies);

/// The resources that should exist for the study; a function of the snapshot's content, not of its order.
/// `records` gains what was doubtful, sorted, each once. Every error is of the dead letter class `dicom`
/// (code malformed_dicom, detail: the tag to blame): no PatientID in the study, a UID that is no FHIR id, an
/// invalid value under `enforce_validation`.
Result<Wanted> compute_wanted(const Snapshot& snapshot, const Options& options,
                              std::vector<ValidationRecord>& records);

}  // namespace isocenter::fhir
