#include "fhir/mapping/wanted.h"

#include <algorithm>

#include "fhir/mapping/parts.h"

namespace isocenter::fhir {

namespace {

Status check_uids(const StudySnapshot& study) {
    if (!is_fhir_id(study.study_instance_uid))
        return fail(ErrorCode::malformed_dicom, "StudyInstanceUID is no FHIR id");
    for (const auto& instance : study.instances) {
        if (!is_fhir_id(first_text(instance, "0020000E")))
            return fail(ErrorCode::malformed_dicom, "a SeriesInstanceUID is no FHIR id");
        if (!is_fhir_id(first_text(instance, "00080018")))
            return fail(ErrorCode::malformed_dicom, "a SOPInstanceUID is no FHIR id");
    }
    return {};
}

void record_other_patients(const Agreement& instances, const Identifier& winner, const Context& context) {
    for (const auto* instance : instances.instances()) {
        const auto other = first_text(*instance, "00100020");
        if (other.empty() || other == winner.value) continue;
        context.records.push_back({ValidationRecord::Kind::disagreement, "00100020", other,
                                   "instances of the study differ in PatientID"});
    }
}

/// The studies of one patient by rank: the greatest (StudyDate, StudyTime, StudyInstanceUID) speaks for them.
const DataSet* latest_of(const std::vector<const DataSet*>& studies) {
    const auto rank = [](const DataSet* study) {
        return std::tuple{first_text(*study, "00080020"), first_text(*study, "00080030"),
                          first_text(*study, "0020000D")};
    };
    const auto found =
        std::max_element(studies.begin(), studies.end(),
                         [&](const auto* left, const auto* right) { return rank(left) < rank(right); });
    return found == studies.end() ? nullptr : *found;
}

/// What the study says of its patient, as one data set: instances agreed.
DataSet agreed_patient(const StudySnapshot& study, const Agreement& instances) {
    DataSet agreed;
    for (const auto* tag : {"00080020", "00100010", "00100020", "00100030", "00100040"}) {
        const auto& source = instances.source(tag);
        if (const auto* element = source.if_contains(tag)) agreed[tag] = *element;
    }
    // The time goes with its date.
    if (const auto* time = instances.source("00080020").if_contains("00080030")) agreed["00080030"] = *time;
    agreed["0020000D"] = {{"vr", "UI"}, {"Value", {study.study_instance_uid}}};
    return agreed;
}

WantedResource wanted_patient(const Identifier& identity, const DataSet& demographics,
                              const Context& context) {
    return {identity, {}, make_patient(identity, Agreement{{&demographics}}, context)};
}

void add_former_patients(Wanted& wanted, const Snapshot& snapshot, const Context& context) {
    for (const auto& former : snapshot.former_patients) {
        std::vector<const DataSet*> studies;
        for (const auto& study : former.studies)
            studies.push_back(&study);
        const auto* latest = latest_of(studies);
        if (latest == nullptr) continue;
        const auto identity = patient_identity(*latest, context.partition, context.options);
        if (!identity || (wanted.patient && wanted.patient->identity == *identity)) continue;
        wanted.former_patients.push_back(wanted_patient(*identity, *latest, context));
    }
}

void sort_distinct(std::vector<ValidationRecord>& records) {
    std::sort(records.begin(), records.end());
    records.erase(std::unique(records.begin(), records.end()), records.end());
}

Status add_study(Wanted& wanted, const Snapshot& snapshot, const Context& context) {
    const auto& study = snapshot.study;
    std::vector<const DataSet*> pointers;
    for (const auto& instance : study.instances)
        pointers.push_back(&instance);
    const Agreement instances{std::move(pointers)};
    const auto identity = patient_identity(study, context.options);
    if (!identity) return fail(ErrorCode::malformed_dicom, "no instance of the study has a PatientID");
    record_other_patients(instances, *identity, context);
    const auto agreed = agreed_patient(study, instances);
    std::vector<const DataSet*> studies{&agreed};
    for (const auto& other : snapshot.patient.studies)
        studies.push_back(&other);
    wanted.patient = wanted_patient(*identity, *latest_of(studies), context);
    wanted.study = WantedResource{wanted.study_identity, wanted.partition,
                                  make_imaging_study(study, instances, context)};
    if (context.options.generate_observations)
        wanted.observations = make_observations(study, instances, context);
    return {};
}

}  // namespace

Result<Wanted> compute_wanted(const Snapshot& snapshot, const Options& options,
                              std::vector<ValidationRecord>& records) {
    const auto& study = snapshot.study;
    ISO_CHECK(check_uids(study));
    const Context context{options, study.partition, records};
    Wanted wanted;
    wanted.study_instance_uid = study.study_instance_uid;
    wanted.study_identity = {std::string{kStudySystem}, "urn:oid:" + study.study_instance_uid};
    if (is_marked_partition(study.partition, options)) wanted.partition = study.partition;
    wanted.endpoint = make_endpoint(options);
    wanted.removed_instances = study.removed_instances;
    if (!study.instances.empty()) ISO_CHECK(add_study(wanted, snapshot, context));
    add_former_patients(wanted, snapshot, context);
    sort_distinct(records);
    const bool invalid = std::any_of(records.begin(), records.end(), [](const auto& record) {
        return record.kind == ValidationRecord::Kind::invalid;
    });
    if (options.enforce_validation && invalid)
        return fail(ErrorCode::malformed_dicom,
                    "an attribute has an invalid value and validation is enforced");
    return wanted;
}

}  // namespace isocenter::fhir
