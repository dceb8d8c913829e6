#include "fhir/engine/study_job.h"

#include <algorithm>
#include <utility>

#include "fhir/client/reference.h"
#include "fhir/mapping/attributes.h"

namespace isocenter::fhir {
namespace {

namespace json = boost::json;

std::string text_at(const json::value& value, std::string_view pointer) {
    boost::system::error_code error;
    const json::value* found = value.find_pointer(pointer, error);
    return found != nullptr && found->is_string() ? std::string(found->get_string()) : std::string();
}

/// Whether the bridge writes identifiers of that system, so that it may be a PatientID.
bool may_be_patient_id(const Identifier& identifier, const Options& options) {
    if (options.is_issuer_id_used || identifier.system == options.patient_system_id) return true;
    return std::any_of(options.partitions.begin(), options.partitions.end(), [&](const auto& each) {
        return !each.second.patient_system.empty() && each.second.patient_system == identifier.system;
    });
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
        auto& hits = found[*held.patient];
        FHIR_TRY(hits, client_.search("Patient", identifier_query(*held.patient)));
        FHIR_TRY(snapshot.latest, latest_study_of(held, *held.patient, with_identifier(hits, *held.patient)));
    }
    for (const Identifier& each : held.former) {
        auto& hits = found[each];
        FHIR_TRY(hits, client_.search("Patient", identifier_query(each)));
        FHIR_TRY(StudySnapshot remaining, latest_study_of(held, each, with_identifier(hits, each)));
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
    const bool has_ours = std::any_of(
        found.begin(), found.end(), [&](const json::object& hit) { return is_our_endpoint(hit, options_); });
    if (!has_ours) {
        FHIR_TRY(std::vector<json::object> named, search(lookups.endpoint_by_name));
        std::move(named.begin(), named.end(), std::back_inserter(found));
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
        const std::string id =
            local_id(text_at(json::value(study), "/subject/reference"), "Patient", client_.base());
        if (!is_own(study, options_) || !is_of_study(study, only_study) || id.empty()) continue;
        FHIR_TRY(const std::optional<json::object> found, client_.read("Patient", id));
        if (!found) continue;
        const bool own = is_own(*found, options_);
        if (!own && options_.foreign_patient == ForeignPatient::keep) continue;
        const json::value* identifiers = found->if_contains("identifier");
        if (identifiers == nullptr || !identifiers->is_array()) continue;
        for (const json::value& each : identifiers->get_array()) {
            const Identifier identity{text_at(each, "/system"), text_at(each, "/value")};
            if (identity.value.empty() || identity == patient) continue;
            // Others give their Patients numbers of all kinds.
            if (own || may_be_patient_id(identity, options_)) former.push_back(identity);
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

/// What has the ids that the plan would create by PUT.
Attempt<std::vector<json::object>> StudyJob::holders_of(const Plan& plan) {
    constexpr std::size_t kAtOnce = 40;
    std::vector<json::object> holders;
    for (const auto& [type, ids] : chosen_ids(plan)) {
        if (ids.size() == 1) {
            FHIR_TRY(std::optional<json::object> found, client_.read(type, ids.front()));
            if (found) holders.push_back(std::move(*found));
            continue;
        }
        for (std::size_t at = 0; at < ids.size(); at += kAtOnce) {
            std::string query = "_id=" + ids[at];
            for (std::size_t next = at + 1; next < std::min(ids.size(), at + kAtOnce); ++next)
                query += ',' + ids[next];
            FHIR_TRY(std::vector<json::object> found, client_.search(type, query));
            std::move(found.begin(), found.end(), std::back_inserter(holders));
        }
    }
    return holders;
}

Attempt<Plan> StudyJob::plan_of(Look look, const Target& target) {
    auto plan = make_plan(look.wanted, look.existing, options_, target);
    if (!plan) return failed(failure_of_mapping(plan.error(), FailureKind::refused));
    FHIR_TRY(look.existing.holders, holders_of(*plan));
    if (!look.existing.holders.empty()) plan = make_plan(look.wanted, look.existing, options_, target);
    if (!plan) return failed(failure_of_mapping(plan.error(), FailureKind::refused));
    return std::move(*plan);
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
    FHIR_TRY(Look found, look(std::move(held)));
    std::transform(found.records.begin(), found.records.end(), std::back_inserter(difference.notes), to_note);
    FHIR_TRY(difference.plan, plan_of(std::move(found), target));
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
