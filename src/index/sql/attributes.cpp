#include "index/sql/attributes.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "dicom/tags.h"
#include "dicom/value_rules.h"

namespace isocenter::index::sql {
namespace {

namespace tags = dicom::tags;

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
};

constexpr std::array kInstance{
    Column{tags::InstanceNumber, "instance_number", Kind::number},
};

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

bool all_digits(std::string_view text) {
    return std::all_of(text.begin(), text.end(), is_digit);
}

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && text.front() == ' ')
        text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\0'))
        text.remove_suffix(1);
    return text;
}

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

std::optional<std::string> date_key(std::string_view text) {
    text = trimmed(text);
    std::string date(text);
    if (text.size() == 10 && text[4] == '.' && text[7] == '.') std::erase(date, '.');
    return dicom::is_valid_date(date) ? std::optional(std::move(date)) : std::nullopt;
}

std::optional<std::string> time_key(std::string_view text) {
    text = trimmed(text);
    const std::size_t point = text.find('.');
    std::string whole(text.substr(0, point));
    std::string fraction(point == std::string_view::npos ? std::string_view{} : text.substr(point + 1));
    const bool with_colons =
        (whole.size() == 5 && whole[2] == ':') || (whole.size() == 8 && whole[2] == ':' && whole[5] == ':');
    if (with_colons) std::erase(whole, ':');
    const bool full = whole.size() == 2 || whole.size() == 4 || whole.size() == 6;
    if (!full || !all_digits(whole) || !all_digits(fraction)) return std::nullopt;
    whole.resize(6, '0');
    const bool real = whole.substr(0, 2) < "24" && whole.substr(2, 2) < "60" && whole.substr(4) <= "60";
    if (!real) return std::nullopt;
    fraction.resize(6, '0');
    return whole + "." + fraction;
}

std::optional<double> number_key(std::string_view text) {
    text = trimmed(text);
    if (!text.empty() && text.front() == '+') text.remove_prefix(1);
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    if (!(value >= -1e300 && value <= 1e300)) return std::nullopt;
    return value;
}

std::string_view without_carets(std::string_view group) {
    while (!group.empty() && (group.back() == '^' || group.back() == ' '))
        group.remove_suffix(1);
    return group;
}

std::vector<std::string> name_groups(std::string_view folded) {
    std::vector<std::string> groups;
    while (groups.size() < 3) {
        const std::size_t end = folded.find('=');
        groups.emplace_back(without_carets(folded.substr(0, end)));
        if (end == std::string_view::npos) break;
        folded.remove_prefix(end + 1);
    }
    return groups;
}

}  // namespace isocenter::index::sql
