#include "fhir/cohort/patient_elements.h"

#include <algorithm>
#include <array>
#include <iterator>

#include "fhir/client/reference.h"
#include "fhir/cohort/clinical_search.h"

namespace isocenter::fhir::cohort {
namespace {

namespace json = boost::json;

struct PatientElements {
    std::string_view type;
    std::array<std::string_view, 2> paths;  ///< members from the resource to the reference; may be one path
};

/// What the search parameter `patient` of each type looks at (FHIR R4, search-parameters.json), by type.
constexpr PatientElements kTable[] = {
    {"Account", {"subject"}},
    {"AllergyIntolerance", {"patient"}},
    {"Appointment", {"participant.actor"}},
    {"AppointmentResponse", {"actor"}},
    {"AuditEvent", {"agent.who", "entity.what"}},
    {"Basic", {"subject"}},
    {"BodyStructure", {"patient"}},
    {"CarePlan", {"subject"}},
    {"CareTeam", {"subject"}},
    {"ChargeItem", {"subject"}},
    {"Claim", {"patient"}},
    {"ClaimResponse", {"patient"}},
    {"ClinicalImpression", {"subject"}},
    {"Communication", {"subject"}},
    {"CommunicationRequest", {"subject"}},
    {"Composition", {"subject"}},
    {"Condition", {"subject"}},
    {"Consent", {"patient"}},
    {"Contract", {"subject"}},
    {"Coverage", {"beneficiary"}},
    {"CoverageEligibilityRequest", {"patient"}},
    {"CoverageEligibilityResponse", {"patient"}},
    {"DetectedIssue", {"patient"}},
    {"Device", {"patient"}},
    {"DeviceRequest", {"subject"}},
    {"DeviceUseStatement", {"subject"}},
    {"DiagnosticReport", {"subject"}},
    {"DocumentManifest", {"subject"}},
    {"DocumentReference", {"subject"}},
    {"Encounter", {"subject"}},
    {"EnrollmentRequest", {"candidate"}},
    {"EpisodeOfCare", {"patient"}},
    {"ExplanationOfBenefit", {"patient"}},
    {"FamilyMemberHistory", {"patient"}},
    {"Flag", {"subject"}},
    {"Goal", {"subject"}},
    {"GuidanceResponse", {"subject"}},
    {"ImagingStudy", {"subject"}},
    {"Immunization", {"patient"}},
    {"ImmunizationEvaluation", {"patient"}},
    {"ImmunizationRecommendation", {"patient"}},
    {"Invoice", {"subject"}},
    {"List", {"subject"}},
    {"MeasureReport", {"subject"}},
    {"Media", {"subject"}},
    {"MedicationAdministration", {"subject"}},
    {"MedicationDispense", {"subject"}},
    {"MedicationRequest", {"subject"}},
    {"MedicationStatement", {"subject"}},
    {"MolecularSequence", {"patient"}},
    {"NutritionOrder", {"patient"}},
    {"Observation", {"subject"}},
    {"Person", {"link.target"}},
    {"Procedure", {"subject"}},
    {"Provenance", {"target"}},
    {"QuestionnaireResponse", {"subject"}},
    {"RelatedPerson", {"patient"}},
    {"RequestGroup", {"subject"}},
    {"ResearchSubject", {"individual"}},
    {"RiskAssessment", {"subject"}},
    {"ServiceRequest", {"subject"}},
    {"Specimen", {"subject"}},
    {"SupplyDelivery", {"patient"}},
    {"Task", {"for"}},
    {"VisionPrescription", {"patient"}},
};

const PatientElements* elements_of(std::string_view type) {
    const auto* row = std::lower_bound(
        std::begin(kTable), std::end(kTable), type,
        [](const PatientElements& each, std::string_view wanted) { return each.type < wanted; });
    return row != std::end(kTable) && row->type == type ? row : nullptr;
}

/// Looks at every reference at the end of a path, whichever of its members are lists.
void add_patients(const json::value& value, std::string_view path, std::string_view base,
                  std::vector<std::string>& ids) {
    if (value.is_array()) {
        for (const json::value& each : value.get_array())
            add_patients(each, path, base, ids);
        return;
    }
    if (!value.is_object()) return;
    const json::object& object = value.get_object();
    if (path.empty()) {
        std::string id = local_id(text_at(object, "reference"), "Patient", base);
        if (!id.empty() && std::find(ids.begin(), ids.end(), id) == ids.end()) ids.push_back(std::move(id));
        return;
    }
    const std::string_view name = path.substr(0, path.find('.'));
    const json::value* member = object.if_contains(name);
    if (member == nullptr) return;
    path.remove_prefix(std::min(path.size(), name.size() + 1));
    add_patients(*member, path, base, ids);
}

}  // namespace

bool has_patients(std::string_view type) {
    return elements_of(type) != nullptr;
}

std::vector<std::string> patients_of(const json::object& resource, std::string_view base) {
    std::vector<std::string> ids;
    const PatientElements* row = elements_of(text_at(resource, "resourceType"));
    if (row == nullptr) return ids;
    for (const std::string_view path : row->paths) {
        if (!path.empty()) add_patients(resource, path, base, ids);
    }
    return ids;
}

}  // namespace isocenter::fhir::cohort
