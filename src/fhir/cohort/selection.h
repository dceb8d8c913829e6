#pragma once

#include <algorithm>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "fhir/cohort/moments.h"
#include "fhir/mapping/wanted.h"

namespace isocenter::fhir::cohort {

/// Something a criterion found: `Condition/c4`, or a StudyInstanceUID.
struct Hit {
    std::string reference;
    std::optional<Span> when;
};

/// A study of a member.
struct StudyHit {
    std::string partition;  ///< name; never empty
    std::string uid;
    std::string date;  ///< `2026-02-03`, may be partial or empty
    std::optional<Span> when;
    std::string imaging_study;        ///< `ImagingStudy/is-881`; empty when FHIR has none
    std::vector<std::string> orders;  ///< ids of the ServiceRequests on which that ImagingStudy is based
    std::optional<Identifier> accession;
    std::vector<std::size_t> criteria;  ///< indices of the imaging criteria it hits
};

/// A patient of the cohort.
struct Member {
    std::string id;                ///< of the FHIR patient in force
    std::vector<std::string> ids;  ///< `id`, and those of patients it replaces
    std::vector<Identifier> identifiers;
    std::vector<std::vector<Hit>> hits;  ///< by criterion
    std::vector<StudyHit> studies;       ///< by date, then UID
    std::string problem;                 ///< why nothing certain can be said; empty: all is well
};

/// Who belongs to a cohort and why, in the order of delivery: by FHIR patient id. Further questions about the
/// same patients (timelines, outcomes) start from here.
struct Selection {
    std::string as_of_text;
    Span as_of;
    std::vector<Member> members;

    /// Members of whom nothing certain can be said: they are in no list of studies and in no Group.
    std::size_t uncertain() const {
        return static_cast<std::size_t>(std::count_if(members.begin(), members.end(),
                                                      [](const Member& m) { return !m.problem.empty(); }));
    }
    std::size_t studies() const {
        std::size_t sum = 0;
        for (const Member& member : members)
            sum += member.studies.size();
        return sum;
    }
};

}  // namespace isocenter::fhir::cohort
