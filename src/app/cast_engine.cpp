#include "app/cast_engine.h"

#include <utility>

#include "app/cast_auth.h"
#include "app/cast_options.h"
#include "base/log.h"
#include "fhir/auth/authorizing_sender.h"
#include "fhir/classic/classic_job.h"
#include "fhir/client/server_address.h"
#include "fhir/engine/study_job.h"

namespace isocenter::app {
namespace {

/// A server that is slower than that at the start is one that is away.
constexpr std::chrono::milliseconds kCheckTimeout{10'000};

fhir::EngineOptions engine_options(const Settings& settings, const fhir::Options& content,
                                   const CastEngine::Wishes& wishes) {
    fhir::EngineOptions options = cast_engine_options(settings);
    options.lease = options.lease && wishes.lease;
    options.from = wishes.from;
    options.backfill = wishes.backfill;
    options.target = wishes.target;
    options.server = fhir::normalised_address(settings.fhir_endpoint);
    options.partitions = fhir::synchronised_partitions(content);
    options.is_elsewhere = [content](const std::string& name) {
        return name == fhir::kDefaultPartition || content.partitions.contains(name);
    };
    options.wants_partition = [content](const std::string& name) {
        return fhir::is_synchronised(name, content);
    };
    return options;
}

std::unique_ptr<fhir::JobRunner> make_job(const Settings& settings, const fhir::Options& content,
                                          const CastEngine::Sides& sides, fhir::FhirClient& client) {
    if (is_classic(settings)) {
        return std::make_unique<fhir::classic::ClassicJob>(
            fhir::classic::ClassicJob::Sides{sides.entries, sides.archive, client}, content);
    }
    return std::make_unique<fhir::StudyJob>(sides.archive, client, content);
}

}  // namespace

/// Members are destroyed from the bottom up.
struct CastEngine::Graph {
    Graph(const Settings& settings, const fhir::AuthOptions& auth, const fhir::Options& content,
          const Sides& sides, const Wishes& wishes, std::unique_ptr<CastState> opened)
        : state(std::move(opened)),
          sender(net::HttpClient::Options{.stop = stopping.get_token()}),
          authorized(sender,
                     fhir::make_token_source(auth, sender, {fhir::pause_until(stopping.get_token())})),
          client(authorized, {.base = settings.fhir_endpoint}),
          job(make_job(settings, content, sides, client)),
          engine(engine_options(settings, content, wishes),
                 {sides.feed, sides.studies, *job, *state, *state, *state, clock, sides.metrics}) {}

    std::unique_ptr<CastState> state;
    std::stop_source stopping;  ///< ends calls under way
    fhir::Clock clock;
    net::HttpClientPool sender;
    fhir::AuthorizingSender authorized;
    fhir::FhirClient client;
    std::unique_ptr<fhir::JobRunner> job;
    fhir::Engine engine;
};

Result<std::unique_ptr<CastEngine>> CastEngine::make(const Settings& settings, const Sides& sides,
                                                     const Wishes& wishes) {
    ISO_TRY(const Settings chosen, settings_of_target(settings, wishes.target));
    ISO_TRY(const fhir::Options content, cast_content_options(chosen, wishes.target));
    if (wishes.backfill)
        ISO_CHECK(fhir::check_filter(*wishes.backfill, fhir::synchronised_partitions(content)));
    ISO_TRY(const CastAuth auth, cast_auth(chosen));
    ISO_TRY(auto state, CastState::open(sides.state, wishes.target));
    return std::unique_ptr<CastEngine>(
        new CastEngine(std::make_unique<Graph>(chosen, auth.fhir, content, sides, wishes, std::move(state))));
}

CastEngine::CastEngine(std::unique_ptr<Graph> graph) : graph_(std::move(graph)) {}
CastEngine::~CastEngine() = default;

Status CastEngine::check_server(std::stop_token stop) {
    const std::stop_callback end_calls(stop, [this] { graph_->stopping.request_stop(); });
    fhir::FhirClient client(graph_->authorized, {.base = graph_->client.base(), .timeout = kCheckTimeout});
    const auto capability = client.capability();
    if (!capability) {
        if (!stop.stop_requested())
            log_event(LogLevel::warning, "cast_target_unreachable", {{"status", capability.error().status}});
        return {};
    }
    if (capability->usable()) return {};
    return fail(ErrorCode::invalid_request, fhir::unusable_server(*capability));
}

void CastEngine::run(std::stop_token stop) {
    const std::stop_callback end_calls(stop, [this] { graph_->stopping.request_stop(); });
    graph_->engine.run(stop);
}

fhir::Engine& CastEngine::engine() {
    return graph_->engine;
}

CastState& CastEngine::state() {
    return *graph_->state;
}

}  // namespace isocenter::app
