#include "fhir/mapping/wanted.h"

#include <algorithm>
#include <tuple>

#include "fhir/mapping/parts.h"

namespace isocenter::fhir {

namespace {

Status check_uids(const StudySnapshot& study) {
    if (!is_fhir_id(study.study_instance_uid))
        return fail(ErrorCode::malformed_dicom, "StudyInstanceUID is no FHIR id", "0020000D");
    for (const auto& instance : study.instances) {
        if (!is_fhir_id(first_text(instance, "0020000E")))
            return fail(ErrorCode::malformed_dicom, "a SeriesInstanceUID is no FHIR id", "0020000E");
        if (!is_fhir_id(first_text(instance, "00080018")))
            return fail(ErrorCode::malformed_dicom, "a SOPInstanceUID is no FHIR id", "00080018");
    }
    return {};
}

/// All values, as they are stored.
std::string stored_patient_id(const DataSet& instance) {
    const auto* values = values_of(instance, "00100020");
    if (values == nullptr || values->size() < 2) return stored_text(instance, "00100020");
    std::string text;
    for (const auto& value : *values) {
        if (&value != &values->front()) text += '\\';
        if (const auto* id = value.if_string()) text.append(id->data(), id->size());
    }
    return text;
}

Error no_patient_id(const Agreement& instances) {
    const auto& all = instances.instances();
    const bool several = std::any_of(all.begin(), all.end(), [](const DataSet* instance) {
        const auto* values = values_of(*instance, "00100020");
        return values != nullptr && values->size() > 1;
    });
    return fail(ErrorCode::malformed_dicom,
                several ? "PatientID has several values, so it is no patient's"
                        : "no instance of the study has a usable PatientID",
                "00100020");
}

void record_other_patients(const Agreement& instances, const Identifier& winner, const Context& context) {
    for (const auto* instance : instances.instances()) {
        const auto other = stored_patient_id(*instance);
        if (other.empty() || other == winner.value) continue;
        context.records.push_back({ValidationRecord::Kind::disagreement, "00100020", other,
                                   "instances of the study differ in PatientID"});
    }
}

std::vector<const DataSet*> pointers_to(const std::vector<DataSet>& data_sets) {
    std::vector<const DataSet*> pointers;
    pointers.reserve(data_sets.size());
    for (const auto& each : data_sets)
        pointers.push_back(&each);
    return pointers;
}

/// What instances say that name somebody else is not the patient's, also where nothing else fills a gap.
WantedResource wanted_patient(const Identifier& identity, const StudySnapshot& study,
                              const Context& context) {
    std::vector<const DataSet*> instances;
    for (const auto& instance : study.instances) {
        const auto named = patient_identity(instance, study.partition, context.options);
        if (!named || *named == identity) instances.push_back(&instance);
    }
    return {identity, {}, make_patient(identity, Agreement{std::move(instances)}, context)};
}

void add_former_patients(Wanted& wanted, const Snapshot& snapshot, const Context& context) {
    for (const auto& study : snapshot.former_patients) {
        if (study.instances.empty()) continue;
        const auto identity = patient_identity(study, context.options);
        if (!identity || (wanted.patient && wanted.patient->identity == *identity)) continue;
        wanted.former_patients.push_back(wanted_patient(*identity, study, context));
    }
}

void sort_distinct(std::vector<ValidationRecord>& records) {
    std::sort(records.begin(), records.end());
    records.erase(std::unique(records.begin(), records.end()), records.end());
}

Status add_study(Wanted& wanted, const Snapshot& snapshot, const Context& context) {
    const auto& study = snapshot.study;
    const Agreement instances{pointers_to(study.instances)};
    record_control_characters(instances, context);
    const auto identity = patient_identity(study, context.options);
    if (!identity) return no_patient_id(instances);
    record_other_patients(instances, *identity, context);
    wanted.patient =
        wanted_patient(*identity, snapshot.latest.instances.empty() ? study : snapshot.latest, context);
    wanted.study = WantedResource{wanted.study_identity, wanted.partition,
                                  make_imaging_study(study, instances, context)};
    if (context.options.generate_observations)
        wanted.observations = make_observations(study, instances, context);
    return {};
}

}  // namespace

std::optional<std::size_t> latest_study(const std::vector<DataSet>& studies) {
    std::vector<std::tuple<std::string, std::string, std::string>> ranks;
    ranks.reserve(studies.size());
    for (const auto& study : studies)
        ranks.emplace_back(first_text(study, "00080020"), first_text(study, "00080030"),
                           first_text(study, "0020000D"));
    if (ranks.empty()) return std::nullopt;
    return static_cast<std::size_t>(std::max_element(ranks.begin(), ranks.end()) - ranks.begin());
}

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
    const auto invalid = std::find_if(records.begin(), records.end(), [](const auto& record) {
        return record.kind == ValidationRecord::Kind::invalid;
    });
    if (options.enforce_validation && invalid != records.end())
        return fail(ErrorCode::malformed_dicom,
                    "an attribute has an invalid value and validation is enforced", invalid->tag);
    return wanted;
}

}  // namespace isocenter::fhir
