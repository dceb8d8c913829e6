#include "fhir/classic/classic_job.h"

#include <algorithm>
#include <utility>

#include "fhir/classic/endpoint.h"
#include "fhir/classic/observations.h"
#include "fhir/classic/patient.h"
#include "fhir/classic/removal.h"
#include "fhir/classic/study.h"
#include "fhir/classic/whole_study.h"
#include "fhir/plan/found.h"
#include "fhir/plan/lookups.h"

namespace isocenter::fhir::classic {

namespace json = boost::json;

namespace {

Failure unusable(std::string text, std::string tag) {
    return {FailureKind::unusable, std::move(text), 0, std::nullopt, std::move(tag)};
}

/// Whether what is wrong is this entry, so that the others of the study may go on.
bool is_of_entry(const Failure& failure) {
    return failure.kind == FailureKind::refused || failure.kind == FailureKind::unusable ||
           failure.kind == FailureKind::missing_reference;
}

}  // namespace

Attempt<void> ClassicJob::probe_target() {
    const auto answer = sides_.client.usable_capability();
    if (!answer) return failed(answer.error());
    return {};
}

Attempt<ClassicJob::Found> ClassicJob::find_one(const std::string& type, const std::string& query) {
    FHIR_TRY(Found found, sides_.client.search(type, query));
    if (found.size() > 1)
        return failed(FailureKind::refused, "the FHIR server has several of the wanted " + type);
    return found;
}

Attempt<Request> ClassicJob::prepare_patient(const DataSet& metadata, const Context& context) {
    const auto identity = patient_identity(metadata, options_);
    if (!identity) return failed(unusable("the instance has no single PatientID", "00100020"));
    FHIR_TRY(const Found found, find_one("Patient", identifier_query(*identity)));
    return patient_request(found, *identity, metadata, new_uuid_, context);
}

Attempt<Request> ClassicJob::prepare_endpoint() {
    const Lookup lookup = endpoint_by_name(options_);
    FHIR_TRY(const Found found, find_one(lookup.type, lookup.query));
    auto request = endpoint_request(found, options_, new_uuid_);
    if (!request) return failed(FailureKind::refused, request.error().message);
    return *std::move(request);
}

Attempt<std::vector<Request>> ClassicJob::prepare_observations(const Entry& entry, const Requests& others,
                                                               const Context& context) {
    if (!options_.generate_observations) return std::vector<Request>();
    if (entry.action != Action::remove)
        return observation_requests(entry, others.patient->id, others.study->id, new_uuid_, context);
    FHIR_TRY(const Found found,
             sides_.client.search("Observation", identifier_query(study_identity(entry.study_uid))));
    return observation_removals(found);
}

Attempt<Requests> ClassicJob::prepare(const Entry& entry, bool keep_referenced, const Context& context) {
    Requests requests;
    const bool removes = entry.action == Action::remove;
    if (!removes && !entry.metadata) return failed(unusable("the feed entry has no metadata", {}));
    if (entry.metadata) {
        FHIR_TRY(requests.patient, prepare_patient(*entry.metadata, context));
    }
    FHIR_TRY(requests.endpoint, prepare_endpoint());
    FHIR_TRY(const Found studies,
             find_one("ImagingStudy", identifier_query(study_identity(entry.study_uid))));
    if (removes) {
        requests.study = removal_request(studies, entry, options_, keep_referenced);
    } else {
        requests.study =
            study_request(studies, entry, requests.patient->id, requests.endpoint->id, new_uuid_, context);
    }
    FHIR_TRY(requests.observations, prepare_observations(entry, requests, context));
    return requests;
}

Attempt<std::size_t> ClassicJob::apply(const Entry& entry, const JobRequest& request,
                                       std::vector<JobNote>& notes) {
    // The deletion that took the instance away follows in the feed.
    if (entry.gone && entry.action != Action::remove) return std::size_t{0};
    std::vector<ValidationRecord> records;
    const Context context{options_, request.key.partition, records};
    FHIR_TRY(const Requests requests, prepare(entry, request.keep_referenced, context));
    if (options_.enforce_validation && !records.empty())
        return failed(
            unusable("an attribute has an invalid value and validation is enforced", records.front().tag));
    std::transform(records.begin(), records.end(), std::back_inserter(notes), to_note);
    auto entries = make_entries(requests);
    if (entries.empty()) return std::size_t{0};
    if (!request.may_write()) return failed(FailureKind::lease_lost, "the lease may end before the answer");
    FHIR_TRY(const std::vector<EntryReply> replies, sides_.client.transact(std::move(entries)));
    return replies.size();
}

Attempt<std::size_t> ClassicJob::apply_numbered(const JobRequest& request, std::vector<JobNote>& notes) {
    FHIR_TRY(std::optional<Entry> entry, sides_.entries.entry(request.sequence));
    // A page that was kept while the feed began anew, or one of a server that lags behind the others.
    if (!entry || entry->study_uid != request.key.study_uid) {
        FHIR_TRY(entry, sides_.entries.reread(request.sequence));
    }
    if (!entry)
        return failed(FailureKind::unreadable, "the feed shows no entry of that number that can be read");
    // The numbers are of other studies now: whoever reads the feed has a job for each.
    if (entry->study_uid != request.key.study_uid) return std::size_t{0};
    return apply(*entry, request, notes);
}

Attempt<std::size_t> ClassicJob::remove_observations(const JobRequest& request) {
    if (!options_.generate_observations) return std::size_t{0};
    const Identifier study = study_identity(request.key.study_uid);
    FHIR_TRY(Found found, sides_.client.search("Observation", identifier_query(study)));
    std::erase_if(found, [&](const json::object& each) { return !is_of_reference(each, study); });
    if (found.empty()) return std::size_t{0};
    Requests requests;
    requests.observations = observation_removals(found);
    if (!request.may_write()) return failed(FailureKind::lease_lost, "the lease may end before the answer");
    FHIR_TRY(const std::vector<EntryReply> replies, sides_.client.transact(make_entries(requests)));
    return replies.size();
}

Attempt<std::size_t> ClassicJob::apply_study(const JobRequest& request, std::vector<JobNote>& notes) {
    FHIR_TRY(StudyContent content, sides_.archive.read_study(request.key));
    FHIR_TRY(const Found found,
             find_one("ImagingStudy", identifier_query(study_identity(request.key.study_uid))));
    FHIR_TRY(std::size_t written, remove_observations(request));
    std::optional<Failure> first_failure;
    for (const Entry& entry : entries_of_study(request.key, std::move(content), found, options_)) {
        auto applied = apply(entry, request, notes);
        if (applied) {
            written += *applied;
            continue;
        }
        if (!is_of_entry(applied.error())) return failed(std::move(applied).error());
        if (!first_failure) first_failure = std::move(applied).error();
    }
    if (first_failure) return failed(*std::move(first_failure));
    return written;
}

JobResult ClassicJob::run(const JobRequest& request) {
    JobResult result;
    auto written =
        request.sequence != 0 ? apply_numbered(request, result.notes) : apply_study(request, result.notes);
    if (written) {
        result.written = *written;
    } else {
        result.failure = std::move(written).error();
    }
    return result;
}

}  // namespace isocenter::fhir::classic
