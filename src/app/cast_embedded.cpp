#include "app/cast_embedded.h"

#include <fmt/format.h>

#include <thread>
#include <utility>

#include "app/cast_local.h"
#include "app/cast_local_entries.h"
#include "base/log.h"

namespace isocenter::app {

Result<std::string> endpoint_for_clients(const Settings& settings) {
    if (!settings.dicomweb_endpoint.empty()) return settings.dicomweb_endpoint;
    if (!settings.public_url.empty())
        return settings.public_url.substr(0, settings.public_url.find_last_not_of('/') + 1) + "/dicom-web";
    if (settings.port == 0)
        return fail(ErrorCode::invalid_request,
                    "fhir.endpoint needs dicomweb.endpoint or server.public_url when server.port is 0: the "
                    "resources in FHIR tell the archive's address, which must not change at every start");
    const bool any = settings.address == "0.0.0.0" || settings.address == "::";
    const std::string host = any ? "127.0.0.1" : settings.address;
    const bool v6 = host.find(':') != std::string::npos;
    return fmt::format("{}://{}{}{}:{}/dicom-web", settings.tls_certificate_file.empty() ? "http" : "https",
                       v6 ? "[" : "", host, v6 ? "]" : "", settings.port);
}

/// Members are destroyed from the bottom up: the thread first.
struct EmbeddedCast::Graph {
    explicit Graph(archive::Archive& archive) : source(archive), entries(archive) {}

    LocalArchiveSource source;
    LocalEntrySource entries;
    std::unique_ptr<CastEngines> engines;
    std::jthread work;
};

Result<std::unique_ptr<EmbeddedCast>> EmbeddedCast::make(const Settings& settings, archive::Archive& archive,
                                                         const index::Database& database, Metrics& metrics) {
    if (database.connections == nullptr)
        return fail(ErrorCode::invalid_request, "the index database keeps no state of the bridge to FHIR");
    auto graph = std::make_unique<Graph>(archive);
    Settings chosen = settings;
    ISO_TRY(chosen.dicomweb_endpoint, endpoint_for_clients(settings));
    // The lock of the data folder is the lease: no second process can have this database.
    const CastEngines::Sides sides{[&archive] { return std::make_unique<LocalChangeSource>(archive); },
                                   graph->source,
                                   graph->source,
                                   graph->entries,
                                   *database.connections,
                                   metrics};
    ISO_TRY(graph->engines, CastEngines::make(chosen, sides, {.lease = false}));
    log_event(LogLevel::info, "cast_embedded", {{"endpoint", chosen.dicomweb_endpoint}});
    return std::unique_ptr<EmbeddedCast>(new EmbeddedCast(std::move(graph)));
}

EmbeddedCast::EmbeddedCast(std::unique_ptr<Graph> graph) : graph_(std::move(graph)) {}
EmbeddedCast::~EmbeddedCast() = default;

void EmbeddedCast::start() {
    graph_->work =
        std::jthread([engines = graph_->engines.get()](std::stop_token stop) { engines->run(stop); });
}

void EmbeddedCast::request_stop() {
    graph_->work.request_stop();
}

void EmbeddedCast::stop() {
    request_stop();
    if (graph_->work.joinable()) graph_->work.join();
}

api::CastView EmbeddedCast::view() {
    return graph_->engines->view();
}

}  // namespace isocenter::app
