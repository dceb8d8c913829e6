#include "app/cast.h"

#include <fmt/format.h>

#include <utility>
#include <vector>

#include "api/errors.h"
#include "api/face.h"
#include "api/manage/cast.h"
#include "api/profile.h"
#include "app/cast_auth.h"
#include "app/cast_engines.h"
#include "app/cast_options.h"
#include "app/cast_state.h"
#include "fhir/auth/authorizing_sender.h"
#include "fhir/classic/http_entry_source.h"
#include "fhir/feed/http_archive_source.h"
#include "fhir/feed/http_change_source.h"
#include "http/server.h"
#include "net/http_client.h"
#include "net/lane.h"

namespace isocenter::app {
namespace {

fhir::HttpChangeSource::Options feed_options(const Settings& settings) {
    fhir::HttpChangeSource::Options options;
    options.root = archive_root(settings);
    options.poll_interval = std::chrono::milliseconds(settings.cast_poll_interval_ms);
    options.gap_grace = std::chrono::seconds(settings.cast_gap_grace_s);
    return options;
}

/// Everyone may do everything, as in the server.
Status allow_everything(const http::Request&, http::Access) {
    return {};
}

http::Mount make_mount(const api::CastView& cast, net::Lane& lane, const Metrics& metrics) {
    http::Mount mount;
    mount.error = [](const http::Request& request, const Error& error, unsigned status) {
        return api::error_response(api::standard_profile(), request, error, status, {});
    };
    mount.routes = api::cast_routes(cast, lane);
    for (http::Route& route : api::cast_health_routes(cast))
        mount.routes.push_back(std::move(route));
    http::Route shown;
    shown.pattern = "/metrics";
    shown.access = http::Access::anonymous;
    shown.handler = [&metrics](const http::RequestContext&) {
        return http::text_response(200, "text/plain; version=0.0.4; charset=utf-8", metrics.to_text());
    };
    mount.routes.push_back(std::move(shown));
    for (http::Route& route : api::service_document_routes(mount.routes))
        mount.routes.push_back(std::move(route));
    return mount;
}

}  // namespace

/// Members are destroyed from the bottom up.
struct CastProcess::Graph {
    Graph(const Settings& settings, const fhir::AuthOptions& auth, std::unique_ptr<CastStateFile> opened)
        : file(std::move(opened)),
          sender(net::HttpClient::Options{.stop = stopping.get_token()}),
          authorized(sender,
                     fhir::make_token_source(auth, sender, {fhir::pause_until(stopping.get_token())})),
          archive(authorized, {.root = archive_root(settings)}),
          entries(authorized, {.root = archive_root(settings)}) {}

    std::unique_ptr<CastStateFile> file;
    std::stop_source stopping;  ///< ends calls under way
    Metrics metrics;
    net::HttpClientPool sender;
    fhir::AuthorizingSender authorized;
    fhir::HttpArchiveSource archive;
    fhir::classic::HttpEntrySource entries;
    std::unique_ptr<CastEngines> engines;
    std::string target;  ///< that the start was about
    std::unique_ptr<net::Lane> lane;
    std::unique_ptr<http::Server> server;  ///< null without `cast.listen`
    std::string host;

    Status listen(const Settings& settings) {
        if (settings.cast_listen.empty()) return {};
        ISO_TRY(const ListenAddress address, parse_listen_address(settings.cast_listen));
        host = address.host.find(':') == std::string::npos ? address.host : '[' + address.host + ']';
        http::ServerOptions options;
        options.address = address.host;
        options.port = address.port;
        options.io_threads = 1;
        options.request_log = settings.log_requests;
        lane = std::make_unique<net::Lane>("query", net::Lane::Limits{.threads = 1, .queue = 64}, metrics);
        std::vector<http::Mount> mounts;
        mounts.push_back(make_mount(engines->view(), *lane, metrics));
        server =
            std::make_unique<http::Server>(std::move(options), std::move(mounts), allow_everything, metrics);
        return server->start();
    }
};

Result<std::unique_ptr<CastProcess>> CastProcess::open(const Settings& settings,
                                                       const CastEngine::Wishes& wishes) {
    ISO_TRY(const CastAuth auth, cast_auth(settings));
    ISO_TRY(auto file, CastStateFile::open(settings.cast_state_path));
    auto graph = std::make_unique<Graph>(settings, auth.dicom, std::move(file));
    const CastEngines::Sides sides{[&sender = graph->authorized, options = feed_options(settings)] {
                                       return std::make_unique<fhir::HttpChangeSource>(sender, options);
                                   },
                                   graph->archive,
                                   graph->archive,
                                   graph->entries,
                                   *graph->file,
                                   graph->metrics};
    ISO_TRY(graph->engines, CastEngines::make(settings, sides, wishes));
    graph->target = wishes.target;
    ISO_CHECK(graph->listen(settings));
    return std::unique_ptr<CastProcess>(new CastProcess(std::move(graph)));
}

CastProcess::CastProcess(std::unique_ptr<Graph> graph) : graph_(std::move(graph)) {}
CastProcess::~CastProcess() = default;

std::string CastProcess::address() const {
    if (!graph_->server) return {};
    return fmt::format("http://{}:{}", graph_->host, graph_->server->port());
}

fhir::EngineStatus CastProcess::status() const {
    return graph_->engines->find(graph_->target)->status();
}

Status CastProcess::run(std::stop_token stop) {
    const std::stop_callback end_calls(stop, [this] { graph_->stopping.request_stop(); });
    ISO_CHECK(graph_->engines->check_servers(stop));
    graph_->engines->run(stop);
    return {};
}

}  // namespace isocenter::app
