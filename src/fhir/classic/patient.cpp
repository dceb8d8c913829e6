#include "fhir/classic/patient.h"

#include <array>

#include "fhir/classic/values.h"
#include "fhir/plan/lookups.h"

namespace isocenter::fhir::classic {
namespace {

namespace json = boost::json;

struct Sex {
    std::string_view dicom;
    std::string_view fhir;
};
constexpr std::array kSexes{Sex{"M", "male"}, Sex{"F", "female"}, Sex{"O", "other"}};
/// What programs write that have no date.
constexpr std::string_view kNoDate = "0001-01-01";

void synchronise_gender(json::object& patient, const DataSet& metadata, const Context& context) {
    if (!is_present(metadata, "00100040")) return;
    const auto sex = joined_text(metadata, "00100040");
    if (sex.empty()) {
        patient.erase("gender");
        return;
    }
    for (const auto& row : kSexes) {
        if (row.dicom == sex) {
            patient["gender"] = row.fhir;
            return;
        }
    }
    context.invalid("00100040", sex, "PatientSex is none of M, F, O");
}

}  // namespace

std::optional<Identifier> patient_identity(const DataSet& metadata, const Options& options) {
    auto id = single_text(metadata, "00100020");
    // Without its control characters it could be the one of another patient.
    if (!id || !is_in_fhir(stored_text(metadata, "00100020"))) return std::nullopt;
    auto system = options.is_issuer_id_used ? single_text(metadata, "00100021").value_or("")
                                            : options.patient_system_id;
    return Identifier{std::move(system), *std::move(id)};
}

void synchronise_patient(json::object& patient, const DataSet& metadata, bool is_new,
                         const Context& context) {
    if (is_present(metadata, "00100010")) synchronise_name(patient, joined_text(metadata, "00100010"));
    synchronise_gender(patient, metadata, context);
    if (!is_new) return;
    const auto birth = to_whole_date(single_text(metadata, "00100030").value_or(""));
    if (birth && *birth != kNoDate) patient["birthDate"] = *birth;
}

Request patient_request(const std::vector<json::object>& found, const Identifier& identity,
                        const DataSet& metadata, const UuidSource& new_uuid, const Context& context) {
    if (!found.empty()) {
        auto altered = found.front();
        synchronise_patient(altered, metadata, false, context);
        return update_to(found.front(), std::move(altered));
    }
    json::object patient{{"resourceType", "Patient"}, {"identifier", json::array{to_json(identity)}}};
    synchronise_patient(patient, metadata, true, context);
    return {Mode::create, ClientId{new_uuid()}, std::move(patient), identifier_query(identity)};
}

}  // namespace isocenter::fhir::classic
