#include "dicom/query.h"

#include <algorithm>
#include <array>

#include "dicom/tags.h"

namespace isocenter::dicom {
namespace {

constexpr auto kNone = std::nullopt;

// The union of what dicomweb.md 6.2 and PS3.18 10.6.1.2.1 demand and what users ask for beside.
// InstitutionName, ManufacturerModelName and BodyPartExamined belong to modules of the series (PS3.3 C.7.5.1,
// C.7.3.1).
constexpr std::array kSearchable{
    SearchableAttribute{tags::StudyDate, kNone, Level::study},
    SearchableAttribute{tags::StudyTime, kNone, Level::study},
    SearchableAttribute{tags::AccessionNumber, kNone, Level::study},
    SearchableAttribute{tags::ModalitiesInStudy, kNone, Level::study},
    SearchableAttribute{tags::SOPClassesInStudy, kNone, Level::study},
    SearchableAttribute{tags::ReferringPhysicianName, kNone, Level::study},
    SearchableAttribute{tags::StudyDescription, kNone, Level::study},
    SearchableAttribute{tags::PatientName, kNone, Level::study},
    SearchableAttribute{tags::PatientID, kNone, Level::study},
    SearchableAttribute{tags::IssuerOfPatientID, kNone, Level::study},
    SearchableAttribute{tags::PatientBirthDate, kNone, Level::study},
    SearchableAttribute{tags::PatientSex, kNone, Level::study},
    SearchableAttribute{tags::StudyInstanceUID, kNone, Level::study},
    SearchableAttribute{tags::StudyID, kNone, Level::study},
    SearchableAttribute{tags::NumberOfStudyRelatedSeries, kNone, Level::study},
    SearchableAttribute{tags::NumberOfStudyRelatedInstances, kNone, Level::study},

    SearchableAttribute{tags::SeriesDate, kNone, Level::series},
    SearchableAttribute{tags::SeriesTime, kNone, Level::series},
    SearchableAttribute{tags::Modality, kNone, Level::series},
    SearchableAttribute{tags::InstitutionName, kNone, Level::series},
    SearchableAttribute{tags::SeriesDescription, kNone, Level::series},
    SearchableAttribute{tags::ManufacturerModelName, kNone, Level::series},
    SearchableAttribute{tags::BodyPartExamined, kNone, Level::series},
    SearchableAttribute{tags::SeriesInstanceUID, kNone, Level::series},
    SearchableAttribute{tags::SeriesNumber, kNone, Level::series},
    SearchableAttribute{tags::NumberOfSeriesRelatedInstances, kNone, Level::series},
    SearchableAttribute{tags::PerformedProcedureStepStartDate, kNone, Level::series},
    SearchableAttribute{tags::PerformedProcedureStepStartTime, kNone, Level::series},
    SearchableAttribute{tags::ScheduledProcedureStepID, tags::RequestAttributesSequence, Level::series},
    SearchableAttribute{tags::RequestedProcedureID, tags::RequestAttributesSequence, Level::series},

    SearchableAttribute{tags::SOPClassUID, kNone, Level::instance},
    SearchableAttribute{tags::SOPInstanceUID, kNone, Level::instance},
    SearchableAttribute{tags::InstanceNumber, kNone, Level::instance},
};

}  // namespace

std::span<const SearchableAttribute> searchable_attributes() {
    return kSearchable;
}

bool is_searchable(Tag tag, std::optional<Tag> sequence) {
    return searchable_level(tag, sequence).has_value();
}

std::optional<Level> searchable_level(Tag tag, std::optional<Tag> sequence) {
    const auto* found = std::find_if(kSearchable.begin(), kSearchable.end(), [&](const auto& row) {
        return row.tag == tag && row.sequence == sequence;
    });
    if (found == kSearchable.end()) return std::nullopt;
    return found->level;
}

bool is_row_value(Tag tag, Level level) {
    if (tag == tags::TimezoneOffsetFromUTC) return level != Level::instance;
    return searchable_level(tag, kNone) == level;
}

bool is_in_row(Tag tag, Level level) {
    const auto found = searchable_level(tag, kNone);
    return (found && *found <= level) || is_row_value(tag, level);
}

std::optional<Level> searchable_level(const AttributePath& path) {
    if (path.tags.size() > 2) return std::nullopt;
    return searchable_level(path.tag(), path.nested() ? std::optional(path.tags.front()) : std::nullopt);
}

}  // namespace isocenter::dicom
