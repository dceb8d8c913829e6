#include <algorithm>
#include <utility>

#include "dicom/value_rules.h"
#include "fhir/engine/study_job.h"
#include "fhir/json_members.h"
#include "fhir/mapping/attributes.h"
#include "fhir/mapping/parts.h"

/// Which study tells a patient's demographics (fhir-sync.md 23.4).
namespace isocenter::fhir {
namespace {

namespace json = boost::json;

/// Studies that are read in vain, or since only FHIR names them: each is one whose instances name several
/// patients. Nobody has more of them; who has waits for no job.
constexpr std::size_t kMostReads = 32;
constexpr std::string_view kMark = "urn:isocenter:partition:";

/// The partitions of the target that may have studies of the patient.
std::vector<std::string> partitions_of(const Identifier& patient, const Options& options) {
    std::vector<std::string> names = synchronised_partitions(options);
    // Without issuers the partition alone tells whose id it is.
    if (options.is_issuer_id_used) return names;
    const json::object id{{"00100020", {{"vr", "LO"}, {"Value", json::array{patient.value}}}}};
    std::erase_if(names,
                  [&](const std::string& name) { return patient_identity(id, name, options) != patient; });
    return names;
}

/// Whether the study may be the patient's. Not all servers tell the issuer in a row.
bool may_be_of(const json::object& row, const std::string& partition, const Identifier& patient,
               const Options& options) {
    if (patient_identity(row, partition, options) == patient) return true;
    return options.is_issuer_id_used && !has_value(row, "00100021") && !has_value(row, "00100024") &&
           exact_text(row, "00100020") == patient.value;
}

/// What latest_study() looks at, from the content.
json::object row_of(const StudySnapshot& study) {
    std::vector<const DataSet*> instances;
    for (const json::object& instance : study.instances)
        instances.push_back(&instance);
    const Agreement agreement{std::move(instances)};
    json::object row;
    for (const char* tag : {"00080020", "00080030"}) {
        if (const std::string text = agreement.text(tag); !text.empty())
            row[tag] = {{"Value", json::array{text}}};
    }
    row["0020000D"] = {{"Value", json::array{study.study_instance_uid}}};
    return row;
}

/// The study that a resource of ours is about.
Key key_of(const json::object& resource, const Options& options) {
    Key key;
    for (const json::value& each : list_member(resource, "identifier")) {
        if (!each.is_object()) continue;
        const std::string system = text_member(each.get_object(), "system");
        const std::string value = text_member(each.get_object(), "value");
        if (system == kStudySystem && value.starts_with("urn:oid:")) key.study_uid = value.substr(8);
        if (system.starts_with(kMark)) key.partition = system.substr(kMark.size());
    }
    if (!key.partition.empty()) return key;
    const std::vector<std::string> names = synchronised_partitions(options);
    const auto unmarked = std::find_if(names.begin(), names.end(), [&](const std::string& name) {
        return !is_marked_partition(name, options);
    });
    if (unmarked != names.end()) key.partition = *unmarked;
    return key;
}

}  // namespace

/// The search of the archive knows one patient of each study, which depends on the order of storing; a study
/// that is decided for another one is found by what the FHIR server was told.
Attempt<std::vector<Key>> StudyJob::linked_studies(const std::vector<json::object>& patients) {
    std::vector<Key> keys;
    // Resources may be left from partitions that go elsewhere now, or that are no more, and others may have
    // changed them: the archive is asked for nothing that it cannot have.
    const std::vector<std::string> names = synchronised_partitions(options_);
    {
        const std::lock_guard lock(mutex_);
        if (!capability_ || !capability_->search_parameters["ImagingStudy"].contains("patient")) return keys;
    }
    for (const json::object& patient : patients) {
        FHIR_TRY(const std::vector<json::object> studies,
                 client_.search("ImagingStudy", "patient=Patient/" + text_member(patient, "id") +
                                                    "&_elements=identifier,meta&_count=1000"));
        for (const json::object& study : studies) {
            Key key = key_of(study, options_);
            const bool is_followed = std::find(names.begin(), names.end(), key.partition) != names.end();
            if (is_followed && is_own(study, options_) && dicom::is_valid_uid(key.study_uid))
                keys.push_back(std::move(key));
        }
    }
    return keys;
}

Attempt<StudySnapshot> StudyJob::read_whole(const Key& key) {
    FHIR_TRY(StudyContent content, archive_.read_study(key));
    return StudySnapshot{key.partition, key.study_uid, std::move(content.instances), {}};
}

/// The rows of studies that may be the patient's, by key.
Attempt<std::map<Key, json::object>> StudyJob::rows_of(const Identifier& patient) {
    std::map<Key, json::object> rows;
    for (const std::string& partition : partitions_of(patient, options_)) {
        FHIR_TRY(std::vector<json::object> found, archive_.studies_of_patient(partition, patient.value));
        for (json::object& row : found) {
            if (!may_be_of(row, partition, patient, options_)) continue;
            Key key{partition, first_text(row, "0020000D")};
            rows.emplace(std::move(key), std::move(row));
        }
    }
    return rows;
}

/// The patient's latest study in all partitions of the target, read whole. The row of a search only says in
/// which order to look: whose a study is its content decides. Without instances when that is the job's own,
/// or when there is none.
Attempt<StudySnapshot> StudyJob::latest_study_of(const Held& held, const Identifier& patient,
                                                 const std::vector<json::object>& patients) {
    FHIR_TRY(auto rows, rows_of(patient));
    FHIR_TRY(const std::vector<Key> linked, linked_studies(patients));
    // In front: the latest of those that are certain to be the patient's.
    std::vector<json::object> ranked;
    StudySnapshot certain;
    if (held.patient == patient) {
        const auto own = rows.find(held.key);
        ranked.push_back(own != rows.end() ? own->second : row_of(held.study));
    }
    rows.erase(held.key);
    std::size_t reads = 0;
    for (const Key& key : linked) {
        if (key == held.key || rows.contains(key) || reads == kMostReads) continue;
        ++reads;
        FHIR_TRY(StudySnapshot study, read_whole(key));
        if (patient_identity(study, options_) != patient) continue;
        std::vector<json::object> both = ranked;
        both.push_back(row_of(study));
        if (latest_study(both) != both.size() - 1) continue;
        ranked.assign(1, both.back());
        certain = std::move(study);
    }
    const std::size_t settled = ranked.size();
    std::vector<Key> keys(settled);
    for (auto& [key, row] : rows) {
        keys.push_back(key);
        ranked.push_back(std::move(row));
    }
    for (reads = 0; reads < kMostReads; ++reads) {
        const std::optional<std::size_t> at = latest_study(ranked);
        if (!at || *at < settled) break;
        FHIR_TRY(StudySnapshot study, read_whole(keys[*at]));
        if (patient_identity(study, options_) == patient) return study;
        ranked.erase(ranked.begin() + static_cast<std::ptrdiff_t>(*at));
        keys.erase(keys.begin() + static_cast<std::ptrdiff_t>(*at));
    }
    return certain;
}

}  // namespace isocenter::fhir
