#include "fhir/engine/study_job.h"

#include <algorithm>
#include <utility>

#include "fhir/mapping/attributes.h"

namespace isocenter::fhir {
namespace {

namespace json = boost::json;

std::string text_at(const json::value& value, std::string_view pointer) {
    boost::system::error_code error;
    const json::value* found = value.find_pointer(pointer, error);
    return found != nullptr && found->is_string() ? std::string(found->get_string()) : std::string();
}

/// `17` of `Patient/17`, also below a server's base and with a version.
std::string patient_id_of(std::string reference) {
    if (const std::size_t history = reference.find("/_history/"); history != std::string::npos)
        reference.resize(history);
    const std::size_t at = reference.rfind("Patient/");
    if (at == std::string::npos || (at > 0 && reference[at - 1] != '/')) return {};
    return reference.substr(at + 8);
}

Failure failure_of_mapping(const Error& error, FailureKind kind) {
    return {kind, error.message, 0, std::nullopt, error.detail};
}

}  // namespace

Attempt<void> StudyJob::probe_target() {
    FHIR_TRY(Capability answer, client_.usable_capability());
    const std::lock_guard lock(mutex_);
    capability_ = std::move(answer);
    return {};
}

Attempt<Target> StudyJob::target() {
    {
        const std::lock_guard lock(mutex_);
        if (capability_) return Target{client_.base(), capability_->update_creates, false};
    }
    if (auto probed = probe_target(); !probed) {
        // Until the server has said what it can do no study is to blame.
        probed.error().kind =
            probed.error().kind == FailureKind::cancelled ? FailureKind::cancelled : FailureKind::target_down;
        return failed(std::move(probed).error());
    }
    const std::lock_guard lock(mutex_);
    return Target{client_.base(), capability_->update_creates, false};
}

Attempt<Snapshot> StudyJob::read_archive(Held held, FoundPatients& found) {
    Snapshot snapshot;
    if (held.patient) {
        FHIR_TRY(found[*held.patient], client_.search("Patient", identifier_query(*held.patient)));
        FHIR_TRY(snapshot.latest, latest_study_of(held, *held.patient, found[*held.patient]));
    }
    for (const Identifier& each : held.former) {
        FHIR_TRY(found[each], client_.search("Patient", identifier_query(each)));
        FHIR_TRY(StudySnapshot remaining, latest_study_of(held, each, found[each]));
        snapshot.former_patients.push_back(std::move(remaining));
    }
    snapshot.study = std::move(held.study);
    return snapshot;
}

Attempt<std::vector<json::object>> StudyJob::search(const Lookup& lookup) {
    return client_.search(lookup.type, lookup.query);
}

Attempt<std::vector<json::object>> StudyJob::endpoints(const Lookups& lookups) {
    {
        const std::lock_guard lock(mutex_);
        if (!endpoints_.empty()) return endpoints_;
    }
    FHIR_TRY(std::vector<json::object> found, search(lookups.endpoint));
    if (found.empty()) {
        FHIR_TRY(found, search(lookups.endpoint_by_name));
        return found;
    }
    const std::lock_guard lock(mutex_);
    endpoints_ = found;
    return found;
}

void StudyJob::forget_endpoint() {
    const std::lock_guard lock(mutex_);
    endpoints_.clear();
}

/// Whether the server knows orders at all.
bool StudyJob::has_orders() {
    const std::lock_guard lock(mutex_);
    return capability_ && capability_->search_parameters.contains("ServiceRequest");
}

Attempt<Existing> StudyJob::search_all(const Wanted& wanted, FoundPatients patients) {
    const Lookups lookups = make_lookups(wanted, options_);
    Existing existing;
    FHIR_TRY(existing.studies, search(lookups.study));
    FHIR_TRY(existing.endpoints, endpoints(lookups));
    if (wanted.patient) existing.patients = std::move(patients[wanted.patient->identity]);
    for (const WantedResource& former : wanted.former_patients)
        existing.former_patients.push_back(std::move(patients[former.identity]));
    if (lookups.observations) {
        FHIR_TRY(existing.observations, search(*lookups.observations));
        for (const Lookup& lookup : report_lookups(wanted, existing.observations)) {
            FHIR_TRY(std::vector<json::object> found, search(lookup));
            std::move(found.begin(), found.end(), std::back_inserter(existing.same_reports));
        }
    }
    if (lookups.orders && has_orders()) {
        auto found = search(*lookups.orders);
        if (found) {
            existing.orders = *std::move(found);
        } else if (!is_closed_to_us(found.error())) {
            return failed(std::move(found).error());
        }
    }
    return existing;
}

/// The patients that the study in FHIR belongs to now, where that is not the archive's: they are to be
/// recomputed from the studies that remain theirs.
Attempt<std::vector<Identifier>> StudyJob::former_patients(const Key& key,
                                                           const std::optional<Identifier>& patient) {
    Wanted only_study;
    only_study.study_identity = {"urn:dicom:uid", "urn:oid:" + key.study_uid};
    only_study.study_instance_uid = key.study_uid;
    FHIR_TRY(const std::vector<json::object> studies, search(make_lookups(only_study, options_).study));
    std::vector<Identifier> former;
    for (const json::object& study : studies) {
        const std::string id = patient_id_of(text_at(json::value(study), "/subject/reference"));
        if (!is_own(study, options_) || id.empty()) continue;
        FHIR_TRY(const std::optional<json::object> found, client_.read("Patient", id));
        if (!found || !is_own(*found, options_)) continue;
        const json::value* identifiers = found->if_contains("identifier");
        if (identifiers == nullptr || !identifiers->is_array()) continue;
        for (const json::value& each : identifiers->get_array()) {
            const Identifier identity{text_at(each, "/system"), text_at(each, "/value")};
            if (!identity.value.empty() && identity != patient) former.push_back(identity);
        }
        if (patient && has_identifier(*found, *patient)) former.clear();
    }
    return former;
}

/// Tells whose locks to take.
Attempt<StudyJob::Held> StudyJob::first_look(const Key& key, std::string& version) {
    Held held{key, {key.partition, key.study_uid, {}, {}}, {}, {}};
    FHIR_TRY(StudyContent content, archive_.read_study(key));
    held.study.instances = std::move(content.instances);
    version = std::move(content.version);
    held.patient = patient_identity(held.study, options_);
    FHIR_TRY(held.former, former_patients(key, held.patient));
    return held;
}

/// With the locks held: the study as it is now, which mostly is what the first look found.
Attempt<void> StudyJob::make_sure(Held& held, const std::string& version) {
    FHIR_TRY(std::optional<StudyContent> changed, archive_.read_if_changed(held.key, version));
    if (!changed) return {};
    held.study.instances = std::move(changed->instances);
    if (patient_identity(held.study, options_) == held.patient) return {};
    return failed(FailureKind::conflict, "the study went to another patient meanwhile");
}

Attempt<StudyJob::Look> StudyJob::look(Held held) {
    FoundPatients patients;
    FHIR_TRY(const Snapshot snapshot, read_archive(std::move(held), patients));
    Look result;
    auto wanted = compute_wanted(snapshot, options_, result.records);
    if (!wanted) return failed(failure_of_mapping(wanted.error(), FailureKind::unusable));
    result.wanted = std::move(*wanted);
    FHIR_TRY(result.existing, search_all(result.wanted, std::move(patients)));
    return result;
}

Attempt<std::optional<Difference>> StudyJob::prepare(const JobRequest& request, bool may_wait,
                                                     std::optional<PatientLocks::Hold>& hold) {
    FHIR_TRY(Target target, this->target());
    target.keep_referenced = request.keep_referenced;
    target.remove_duplicates = request.remove_duplicates;
    std::string version;
    FHIR_TRY(Held held, first_look(request.key, version));
    std::vector<Identifier> identities = held.former;
    if (held.patient) identities.push_back(*held.patient);
    if (may_wait) {
        locks_.acquire(std::move(identities), hold);
    } else if (!locks_.try_acquire(std::move(identities), hold)) {
        return std::optional<Difference>();
    }
    if (const auto sure = make_sure(held, version); !sure) return failed(sure.error());

    held.study.removed_instances = request.removed_instances;
    Difference difference;
    difference.in_archive = !held.study.instances.empty();
    FHIR_TRY(const Look found, look(std::move(held)));
    auto plan = make_plan(found.wanted, found.existing, options_, target);
    if (!plan) return failed(failure_of_mapping(plan.error(), FailureKind::refused));
    difference.plan = std::move(*plan);
    std::transform(found.records.begin(), found.records.end(), std::back_inserter(difference.notes), to_note);
    for (const Finding& finding : difference.plan.findings) {
        if (finding.kind == Finding::Kind::subject_kept)
            difference.notes.push_back({"00100020", finding.text});
    }
    return std::optional<Difference>(std::move(difference));
}

Attempt<Difference> StudyJob::compare(const Key& key) {
    std::optional<PatientLocks::Hold> hold;
    auto difference = prepare({.key = key}, true, hold);
    if (difference) return **std::move(difference);
    forget_endpoint();
    return failed(std::move(difference).error());
}

Attempt<std::size_t> StudyJob::synchronise(const JobRequest& request, std::vector<JobNote>& notes) {
    std::optional<PatientLocks::Hold> hold;
    FHIR_TRY(std::optional<Difference> prepared, prepare(request, true, hold));
    Difference& difference = *prepared;
    notes = std::move(difference.notes);
    if (difference.plan.entries.empty()) return std::size_t{0};
    json::array entries;
    for (PlannedEntry& planned : difference.plan.entries)
        entries.emplace_back(std::move(planned.entry));
    if (!request.may_write()) return failed(FailureKind::lease_lost, "the lease may end before the answer");
    FHIR_TRY(const std::vector<EntryReply> replies, client_.transact(std::move(entries)));
    return replies.size();
}

JobResult StudyJob::run(const JobRequest& request) {
    JobResult result;
    auto written = synchronise(request, result.notes);
    if (written) {
        result.written = *written;
        return result;
    }
    forget_endpoint();
    result.failure = std::move(written).error();
    return result;
}

}  // namespace isocenter::fhir
