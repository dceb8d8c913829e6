#pragma once

#include <boost/json.hpp>
#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "dicom/query.h"
#include "fhir/client/failure.h"

namespace isocenter::fhir::cohort {

/// UIDs or identifiers in one request: 50 of the longest fit the target of a GET.
inline constexpr std::size_t kStudiesPerRequest = 50;

/// Studies of an archive that match everything given.
struct StudyQuery {
    std::string partition;                     ///< empty: the default one
    std::map<std::string, std::string> match;  ///< QIDO keys and values, as QIDO takes them
    dicom::Level level = dicom::Level::study;  ///< the lowest level among the keys
    std::string patient_id;                    ///< empty: any
    std::vector<std::string> study_uids;       ///< empty: any
    /// At most so many rows are read; 0: all. A study may have several rows when `level` is a lower one.
    std::size_t limit = 0;
    std::size_t most_studies = 0;  ///< reading ends when more than so many are found; 0: never
    bool every_row = false;  ///< what is found is the rows of `level`, in place of the studies that have them
};

struct StudyRows {
    std::vector<boost::json::object> studies;
    bool complete = true;  ///< false: `limit` or `most_studies` ended the reading
};

/// What the archive knows of studies. Thread-safe. Failures: `archive_down`, `archive_transient`, `refused`
/// (the query), `cancelled`.
class StudySource {
  public:
    virtual ~StudySource() = default;
    /// One data set (DICOM JSON) per study, each study once, with at least: StudyInstanceUID, PatientID,
    /// issuer of it, StudyDate, StudyTime, TimezoneOffsetFromUTC, AccessionNumber and its issuer, and
    /// ModalitiesInStudy when `level` is study. With `every_row` one per row, each once, with the UIDs that
    /// name it, and of instances their class and what the archive tells of their title.
    virtual Attempt<StudyRows> find(const StudyQuery& query) = 0;
};

}  // namespace isocenter::fhir::cohort
