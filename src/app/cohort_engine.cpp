#include "app/cohort_engine.h"

#include <map>
#include <optional>
#include <set>
#include <tuple>
#include <utility>

#include "app/cast_auth.h"
#include "app/cast_embedded.h"
#include "app/cast_options.h"
#include "app/cast_targets.h"
#include "app/cohort_studies.h"
#include "base/clock.h"
#include "fhir/auth/authorizing_sender.h"
#include "fhir/auth/given_token.h"
#include "fhir/cohort/counting_sender.h"
#include "fhir/cohort/describe.h"
#include "fhir/cohort/find.h"
#include "fhir/cohort/group.h"
#include "fhir/cohort/people.h"
#include "fhir/cohort/qido_source.h"
#include "net/http_client.h"

namespace isocenter::app {
namespace {

namespace cohort = fhir::cohort;

/// The DICOMweb root that is asked, without '/' at the end; may be empty.
std::string archive_of(const Settings& settings) {
    const bool apart = !settings.dicomweb_private_endpoint.empty();
    std::string root = apart ? settings.dicomweb_private_endpoint : settings.dicomweb_endpoint;
    root.resize(root.find_last_not_of('/') + 1);
    return root;
}

/// The FHIR server of one target, and how its content is read.
struct Target {
    Target(fhir::Options read, std::string address, net::HttpSender& pool,
           std::unique_ptr<fhir::TokenSource> tokens)
        : content(std::move(read)), endpoint(std::move(address)), sender(pool, std::move(tokens)) {}

    const fhir::Options content;
    const std::string endpoint;
    fhir::AuthorizingSender sender;
};

}  // namespace

Result<std::string> retrieve_root(const Settings& settings) {
    ISO_TRY(std::string root, endpoint_for_clients(settings));
    root.resize(root.find_last_not_of('/') + 1);
    return root;
}

struct CohortEngine::State {
    State(const Settings& settings, const fhir::AuthOptions& dicom, archive::Archive* archive,
          std::stop_token stopping)
        : stop(std::move(stopping)),
          max_patients(settings.cohort_max_patients),
          archive_endpoint(archive_of(settings)),
          pool(net::HttpClient::Options{.stop = stop}),
          dicom_sender(pool, fhir::make_token_source(dicom, pool, {fhir::pause_until(stop)})),
          partitions(dicom_sender, {.root = archive_endpoint}) {
        if (archive != nullptr) local.emplace(*archive);
    }
    /// `settings` are those of the target.
    Status add_target(const std::string& name, const Settings& settings) {
        ISO_TRY(fhir::Options content, content_options(settings));
        if (name != kDefaultTarget) content.target = name;
        ISO_TRY(const CastAuth auth, cast_auth(settings));
        targets.emplace(
            std::piecewise_construct, std::forward_as_tuple(name),
            std::forward_as_tuple(std::move(content), settings.fhir_endpoint, pool,
                                  fhir::make_token_source(auth.fhir, pool, {fhir::pause_until(stop)})));
        return {};
    }
    std::map<std::string, Target>::iterator find(const std::string& target) {
        return targets.find(target.empty() ? std::string(kDefaultTarget) : target);
    }
    bool has_archive() const { return local || !archive_endpoint.empty(); }
    /// None when the archive does not tell: the searches will show whether it answers.
    std::set<std::string> partition_names() {
        if (local) return {std::string(fhir::kDefaultPartition)};
        return partitions.names().value_or(std::set<std::string>());
    }

    const std::stop_token stop;
    const std::size_t max_patients;
    const std::string archive_endpoint;
    net::HttpClientPool pool;
    fhir::AuthorizingSender dicom_sender;
    fhir::PartitionPaths partitions;
    std::map<std::string, Target> targets;
    std::optional<LocalStudies> local;
};

Result<std::unique_ptr<CohortEngine>> CohortEngine::open(const Settings& settings, archive::Archive* archive,
                                                         std::stop_token stop) {
    if (settings.fhir_endpoint.empty())
        return fail(ErrorCode::invalid_request, "fhir.endpoint must be given");
    ISO_TRY(const CastAuth auth, cast_auth(settings));
    auto state = std::make_unique<State>(settings, auth.dicom, archive, std::move(stop));
    ISO_CHECK(state->add_target(std::string(kDefaultTarget), settings));
    for (const std::string& name : further_targets(settings)) {
        ISO_TRY(const Settings chosen, settings_of_target(settings, name));
        ISO_CHECK(state->add_target(name, chosen));
    }
    return std::unique_ptr<CohortEngine>(new CohortEngine(std::move(state)));
}

CohortEngine::CohortEngine(std::unique_ptr<State> state) : state_(std::move(state)) {}
CohortEngine::~CohortEngine() = default;

bool CohortEngine::has_target(const std::string& name) const {
    return state_->find(name) != state_->targets.end();
}

Result<cohort::Definition> CohortEngine::read(std::string_view definition) const {
    ISO_TRY(cohort::Definition parsed, cohort::read_definition(definition));
    if (!has_target(parsed.target))
        return fail(ErrorCode::invalid_request, "/target: there is no target of that name");
    if (parsed.has_imaging() && !state_->has_archive())
        return fail(ErrorCode::invalid_request, "/imaging: needs an archive, dicomweb.endpoint");
    if (state_->local) ISO_CHECK(cohort::check_searchable(parsed));
    if (parsed.names_partition()) ISO_CHECK(cohort::check_partitions(parsed, state_->partition_names()));
    return parsed;
}

struct CohortRun::State {
    State(CohortEngine::State& engine, Target& target, const std::string& token,
          const std::stop_token& abandoned)
        : content(target.content),
          max_patients(engine.max_patients),
          forwarding(engine.pool, std::make_unique<fhir::GivenToken>(token)),
          fhir_sender(token.empty() ? target.sender : forwarding, abandoned),
          dicom_sender(engine.dicom_sender, abandoned),
          client(fhir_sender, {.base = target.endpoint}),
          remote(dicom_sender, {.endpoint = engine.archive_endpoint}, engine.partitions),
          archive(engine.local           ? static_cast<cohort::StudySource*>(&*engine.local)
                  : engine.has_archive() ? static_cast<cohort::StudySource*>(&remote)
                                         : nullptr) {}
    cohort::Sources sources() {
        return {.fhir = client, .archive = archive, .content = content, .max_patients = max_patients};
    }

    const fhir::Options& content;
    const std::size_t max_patients;
    fhir::AuthorizingSender forwarding;
    cohort::CountingSender fhir_sender;
    cohort::CountingSender dicom_sender;
    fhir::FhirClient client;
    cohort::QidoSource remote;
    cohort::StudySource* archive;  ///< null: none
    const std::chrono::steady_clock::time_point begun = std::chrono::steady_clock::now();
};

CohortRun::CohortRun(CohortEngine& engine, const std::string& target, const std::string& token,
                     const std::stop_token& abandoned)
    : state_(std::make_unique<State>(*engine.state_, engine.state_->find(target)->second, token, abandoned)) {
}
CohortRun::~CohortRun() = default;

cohort::Found<cohort::Selection> CohortRun::find(const cohort::Definition& definition,
                                                 const std::string& as_of) {
    const std::string now = to_iso8601(now_ticks()).substr(0, 19) + 'Z';
    return cohort::find_patients(definition, as_of, now, state_->sources());
}

cohort::Found<std::vector<boost::json::object>> CohortRun::describe(const cohort::Definition& definition,
                                                                    const cohort::Selection& selection,
                                                                    std::size_t first, std::size_t count,
                                                                    const std::string& retrieve_root) {
    return cohort::describe(definition, selection, first, count, retrieve_root, state_->sources());
}

cohort::Found<void> CohortRun::keep_readable(cohort::Selection& selection) {
    return cohort::keep_readable(selection, state_->sources());
}

cohort::Found<std::string> CohortRun::write_group(const std::string& uuid, const std::string& name,
                                                  const cohort::Selection& selection) {
    auto written = cohort::write_group(state_->client, uuid, name, selection);
    if (!written) return cohort::not_found(cohort::failure_at("", written.error()));
    return *std::move(written);
}

cohort::Found<void> CohortRun::remove_group(const std::string& uuid) {
    const auto removed = cohort::remove_group(state_->client, uuid);
    if (!removed) return cohort::not_found(cohort::failure_at("", removed.error()));
    return {};
}

boost::json::object CohortRun::stats() const {
    const auto passed = std::chrono::steady_clock::now() - state_->begun;
    return {{"fhirRequests", state_->fhir_sender.requests()},
            {"archiveRequests", state_->dicom_sender.requests()},
            {"milliseconds", std::chrono::duration_cast<std::chrono::milliseconds>(passed).count()}};
}

}  // namespace isocenter::app
