#include "index/sql/attributes.h"

#include <array>

#include "dicom/tags.h"

namespace isocenter::index::sql {
namespace {

namespace tags = dicom::tags;

// Those of dicom::is_row_value.
constexpr std::array kStudy{
    Column{tags::StudyDate, "study_date", Kind::date},
    Column{tags::StudyTime, "study_time", Kind::time},
    Column{tags::AccessionNumber, "accession_number", Kind::text},
    Column{tags::ReferringPhysicianName, "referring_physician_name", Kind::name},
    Column{tags::StudyDescription, "study_description", Kind::text},
    Column{tags::PatientName, "patient_name", Kind::name},
    Column{tags::PatientID, "patient_id", Kind::text},
    Column{tags::IssuerOfPatientID, "issuer_of_patient_id", Kind::text},
    Column{tags::PatientBirthDate, "patient_birth_date", Kind::date},
    Column{tags::PatientSex, "patient_sex", Kind::text},
    Column{tags::StudyID, "study_id", Kind::text},
    Column{tags::TimezoneOffsetFromUTC, "timezone_offset_from_utc", Kind::text},
};

constexpr std::array kSeries{
    Column{tags::SeriesDate, "series_date", Kind::date},
    Column{tags::SeriesTime, "series_time", Kind::time},
    Column{tags::Modality, "modality", Kind::text},
    Column{tags::InstitutionName, "institution_name", Kind::text},
    Column{tags::SeriesDescription, "series_description", Kind::text},
    Column{tags::ManufacturerModelName, "manufacturer_model_name", Kind::text},
    Column{tags::BodyPartExamined, "body_part_examined", Kind::text},
    Column{tags::SeriesNumber, "series_number", Kind::number},
    Column{tags::PerformedProcedureStepStartDate, "performed_start_date", Kind::date},
    Column{tags::PerformedProcedureStepStartTime, "performed_start_time", Kind::time},
    Column{tags::TimezoneOffsetFromUTC, "timezone_offset_from_utc", Kind::text},
};

constexpr std::array kInstance{
    Column{tags::InstanceNumber, "instance_number", Kind::number},
};

}  // namespace

std::span<const Column> study_columns() {
    return kStudy;
}

std::span<const Column> series_columns() {
    return kSeries;
}

std::span<const Column> instance_columns() {
    return kInstance;
}

std::span<const Column> columns_of(dicom::Level level) {
    switch (level) {
        case dicom::Level::study:
            return kStudy;
        case dicom::Level::series:
            return kSeries;
        case dicom::Level::instance:
            return kInstance;
    }
    return {};
}

std::string derived_name(const Column& column) {
    const bool folded = column.kind == Kind::text || column.kind == Kind::name;
    return std::string(column.name) + (folded ? "_fold" : "_sort");
}

}  // namespace isocenter::index::sql
