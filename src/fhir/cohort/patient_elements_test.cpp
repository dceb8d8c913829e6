#include "fhir/cohort/patient_elements.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

#include "fhir/cohort/search_text.h"

namespace isocenter::fhir::cohort {
namespace {

namespace json = boost::json;

/// The expressions of `patient` as search-parameters.json of FHIR R4 has them, a line each.
constexpr const char* kExpressions = R"(
Account.subject.where(resolve() is Patient)
AllergyIntolerance.patient
Appointment.participant.actor.where(resolve() is Patient)
AppointmentResponse.actor.where(resolve() is Patient)
AuditEvent.agent.who.where(resolve() is Patient)
AuditEvent.entity.what.where(resolve() is Patient)
Basic.subject.where(resolve() is Patient)
BodyStructure.patient
CarePlan.subject.where(resolve() is Patient)
CareTeam.subject.where(resolve() is Patient)
ChargeItem.subject.where(resolve() is Patient)
Claim.patient
ClaimResponse.patient
ClinicalImpression.subject.where(resolve() is Patient)
Communication.subject.where(resolve() is Patient)
CommunicationRequest.subject.where(resolve() is Patient)
Composition.subject.where(resolve() is Patient)
Condition.subject.where(resolve() is Patient)
Consent.patient
Contract.subject.where(resolve() is Patient)
Coverage.beneficiary
CoverageEligibilityRequest.patient
CoverageEligibilityResponse.patient
DetectedIssue.patient
Device.patient
DeviceRequest.subject.where(resolve() is Patient)
DeviceUseStatement.subject
DiagnosticReport.subject.where(resolve() is Patient)
DocumentManifest.subject.where(resolve() is Patient)
DocumentReference.subject.where(resolve() is Patient)
Encounter.subject.where(resolve() is Patient)
EnrollmentRequest.candidate
EpisodeOfCare.patient
ExplanationOfBenefit.patient
FamilyMemberHistory.patient
Flag.subject.where(resolve() is Patient)
Goal.subject.where(resolve() is Patient)
GuidanceResponse.subject.where(resolve() is Patient)
ImagingStudy.subject.where(resolve() is Patient)
Immunization.patient
ImmunizationEvaluation.patient
ImmunizationRecommendation.patient
Invoice.subject.where(resolve() is Patient)
List.subject.where(resolve() is Patient)
MeasureReport.subject.where(resolve() is Patient)
Media.subject.where(resolve() is Patient)
MedicationAdministration.subject.where(resolve() is Patient)
MedicationDispense.subject.where(resolve() is Patient)
MedicationRequest.subject.where(resolve() is Patient)
MedicationStatement.subject.where(resolve() is Patient)
MolecularSequence.patient
NutritionOrder.patient
Observation.subject.where(resolve() is Patient)
Person.link.target.where(resolve() is Patient)
Procedure.subject.where(resolve() is Patient)
Provenance.target.where(resolve() is Patient)
QuestionnaireResponse.subject.where(resolve() is Patient)
RelatedPerson.patient
RequestGroup.subject.where(resolve() is Patient)
ResearchSubject.individual
RiskAssessment.subject.where(resolve() is Patient)
ServiceRequest.subject.where(resolve() is Patient)
Specimen.subject.where(resolve() is Patient)
SupplyDelivery.patient
Task.for.where(resolve() is Patient)
VisionPrescription.patient
)";

/// All other types of FHIR R4.
constexpr const char* kWithout = R"(
ActivityDefinition AdverseEvent Binary BiologicallyDerivedProduct Bundle CapabilityStatement CatalogEntry
ChargeItemDefinition CodeSystem CompartmentDefinition ConceptMap DeviceDefinition DeviceMetric
EffectEvidenceSynthesis Endpoint EnrollmentResponse EventDefinition Evidence EvidenceVariable
ExampleScenario GraphDefinition Group HealthcareService ImplementationGuide InsurancePlan Library Linkage
Location Measure Medication MedicationKnowledge MedicinalProduct MedicinalProductAuthorization
MedicinalProductContraindication MedicinalProductIndication MedicinalProductIngredient
MedicinalProductInteraction MedicinalProductManufactured MedicinalProductPackaged
MedicinalProductPharmaceutical MedicinalProductUndesirableEffect MessageDefinition MessageHeader
NamingSystem ObservationDefinition OperationDefinition OperationOutcome Organization OrganizationAffiliation
Parameters Patient PaymentNotice PaymentReconciliation PlanDefinition Practitioner PractitionerRole
Questionnaire ResearchDefinition ResearchElementDefinition ResearchStudy RiskEvidenceSynthesis Schedule
SearchParameter Slot SpecimenDefinition StructureDefinition StructureMap Subscription Substance
SubstanceNucleicAcid SubstancePolymer SubstanceProtein SubstanceReferenceInformation SubstanceSourceMaterial
SubstanceSpecification SupplyRequest TerminologyCapabilities TestReport TestScript ValueSet
VerificationResult)";

json::value at_path(const std::string& path, const std::string& reference, bool as_list) {
    if (path.empty()) return json::object{{"reference", reference}};
    const std::size_t point = path.find('.');
    json::value inner = at_path(point == std::string::npos ? "" : path.substr(point + 1), reference, as_list);
    if (as_list) {
        json::value other = json::object{{"display", "without a reference"}};
        inner = json::array{std::move(other), std::move(inner)};
    }
    return json::object{{path.substr(0, point), std::move(inner)}};
}

TEST(PatientElements, every_type_is_read_where_its_search_parameter_looks) {
    std::istringstream lines(kExpressions);
    int types = 0;
    for (std::string line; std::getline(lines, line);) {
        if (line.empty()) continue;
        const std::string expression = line.substr(0, line.find(".where("));
        const std::string type = expression.substr(0, expression.find('.'));
        ++types;
        EXPECT_TRUE(read_search(type).ok()) << type;
        for (const bool as_list : {false, true}) {
            const auto found = [&](const std::string& reference) {
                json::object resource =
                    at_path(expression.substr(type.size() + 1), reference, as_list).get_object();
                resource["resourceType"] = type;
                return patients_of(resource, "http://x.test/fhir");
            };
            EXPECT_EQ(found("http://x.test/fhir/Patient/p1/_history/2"), std::vector<std::string>{"p1"})
                << line;
            EXPECT_TRUE(found("Group/p1").empty()) << line;
            EXPECT_TRUE(found("http://other.test/fhir/Patient/p1").empty()) << line;
        }
    }
    EXPECT_EQ(types, 66) << "65 types; AuditEvent has two elements";
}

TEST(PatientElements, types_without_patients_are_refused) {
    std::istringstream words(kWithout);
    int types = 0;
    for (std::string type; words >> type; ++types) {
        EXPECT_FALSE(has_patients(type)) << type;
        EXPECT_FALSE(read_search(type).ok()) << type;
    }
    EXPECT_EQ(types, 146 - 65);
    EXPECT_EQ(read_search("Medication?code=x").error().message,
              "Medication has no search parameter patient in FHIR R4: nothing tells whose it is");
    EXPECT_FALSE(read_search("Conditions").ok());
}

TEST(PatientElements, a_resource_may_be_about_several_patients_and_names_each_once) {
    const auto found = [](const char* text) {
        return patients_of(json::parse(text).as_object(), "http://x.test/fhir");
    };
    using Ids = std::vector<std::string>;
    EXPECT_EQ(found(R"({"resourceType":"Appointment","participant":[{"actor":{"reference":"Patient/a"}},{},
                        {"actor":{"reference":"Practitioner/b"}},{"actor":{"reference":"Patient/c"}},
                        {"actor":{"reference":"Patient/a"}}]})"),
              (Ids{"a", "c"}));
    EXPECT_EQ(found(R"({"resourceType":"AuditEvent","agent":[{"who":{"reference":"Patient/a"}}],
                        "entity":[{"what":{"reference":"Patient/b"}},{"what":{"reference":"Patient/a"}}]})"),
              (Ids{"a", "b"}));
    EXPECT_TRUE(
        found(R"({"resourceType":"Task","for":"Patient/a","subject":{"reference":"Patient/a"}})").empty());
    EXPECT_TRUE(found(R"({"resourceType":"Medication","subject":{"reference":"Patient/a"}})").empty());
}

}  // namespace
}  // namespace isocenter::fhir::cohort
