#include "app/cast.h"

#include <fmt/format.h>

#include <utility>

#include "app/cast_auth.h"
#include "app/cast_options.h"
#include "app/cast_state.h"
#include "base/log.h"
#include "fhir/auth/authorizing_sender.h"
#include "fhir/engine/study_job.h"
#include "fhir/feed/http_archive_source.h"
#include "fhir/feed/http_change_source.h"
#include "net/http_client.h"

namespace isocenter::app {
namespace {

net::HttpClient::Options client_options(const std::stop_source& stop) {
    net::HttpClient::Options options;
    options.stop = stop.get_token();
    return options;
}

std::string root_of(const Settings& settings) {
    const std::string& called = settings.dicomweb_private_endpoint;
    return fhir::service_root(called.empty() ? settings.dicomweb_endpoint : called);
}

fhir::HttpChangeSource::Options feed_options(const Settings& settings) {
    fhir::HttpChangeSource::Options options;
    options.root = root_of(settings);
    options.poll_interval = std::chrono::milliseconds(settings.cast_poll_interval_ms);
    options.gap_grace = std::chrono::seconds(settings.cast_gap_grace_s);
    return options;
}

fhir::EngineOptions engine_options(const Settings& settings, const fhir::Options& content,
                                   std::optional<std::int64_t> from) {
    fhir::EngineOptions options = cast_engine_options(settings);
    options.from = from;
    options.wants_partition = [content](const std::string& name) {
        return fhir::is_synchronised(name, content);
    };
    return options;
}

/// Only a server that answers and is of the wrong kind stops the start; one that is away is waited for.
Status check_target(fhir::FhirClient& client) {
    const auto capability = client.capability();
    if (!capability) {
        log_event(LogLevel::warning, "cast_target_unreachable", {{"status", capability.error().status}});
        return {};
    }
    if (capability->usable()) return {};
    return fail(
        ErrorCode::invalid_request,
        fmt::format(
            "the FHIR server at fhir.endpoint speaks version \"{}\" {} transactions; 4.0.0 or 4.0.1 with "
            "transactions is needed",
            capability->fhir_version, capability->transactions ? "with" : "without"));
}

}  // namespace

/// Members are destroyed from the bottom up.
struct CastProcess::Graph {
    Graph(const Settings& settings, const CastAuth& auth, const fhir::Options& content,
          std::optional<std::int64_t> from, std::unique_ptr<CastStateFile> opened,
          std::unique_ptr<CastState> made)
        : file(std::move(opened)),
          state(std::move(made)),
          sender(client_options(stopping)),
          fhir_sender(sender, fhir::make_token_source(auth.fhir, sender)),
          dicom_sender(sender, fhir::make_token_source(auth.dicom, sender)),
          client(fhir_sender, {.base = settings.fhir_endpoint}),
          feed(dicom_sender, feed_options(settings)),
          archive(dicom_sender, {.root = root_of(settings)}),
          job(archive, client, content),
          engine(engine_options(settings, content, from), {feed, job, *state, *state, clock, metrics}) {}

    std::unique_ptr<CastStateFile> file;
    std::unique_ptr<CastState> state;
    std::stop_source stopping;  ///< ends calls under way
    Metrics metrics;
    fhir::Clock clock;
    net::HttpClientPool sender;
    fhir::AuthorizingSender fhir_sender;
    fhir::AuthorizingSender dicom_sender;
    fhir::FhirClient client;
    fhir::HttpChangeSource feed;
    fhir::HttpArchiveSource archive;
    fhir::StudyJob job;
    fhir::Engine engine;
};

Result<std::unique_ptr<CastProcess>> CastProcess::open(const Settings& settings,
                                                       std::optional<std::int64_t> from) {
    ISO_TRY(const fhir::Options content, cast_content_options(settings));
    ISO_TRY(const CastAuth auth, cast_auth(settings));
    ISO_TRY(auto file, CastStateFile::open(settings.cast_state_path));
    ISO_TRY(auto state, CastState::open(*file, "default"));
    auto graph = std::make_unique<Graph>(settings, auth, content, from, std::move(file), std::move(state));
    ISO_CHECK(check_target(graph->client));
    return std::unique_ptr<CastProcess>(new CastProcess(std::move(graph)));
}

CastProcess::CastProcess(std::unique_ptr<Graph> graph) : graph_(std::move(graph)) {}
CastProcess::~CastProcess() = default;

void CastProcess::run(std::stop_token stop) {
    const std::stop_callback end_calls(stop, [this] { graph_->stopping.request_stop(); });
    graph_->engine.run(stop);
}

}  // namespace isocenter::app
