#include "app/cast.h"

#include <fmt/format.h>

#include <utility>
#include <vector>

#include "api/errors.h"
#include "api/manage/cast.h"
#include "api/profile.h"
#include "app/cast_auth.h"
#include "app/cast_engine.h"
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
    return mount;
}

}  // namespace

/// Members are destroyed from the bottom up.
struct CastProcess::Graph {
    Graph(const Settings& settings, const fhir::AuthOptions& auth, std::unique_ptr<CastStateFile> opened)
        : file(std::move(opened)),
          sender(net::HttpClient::Options{.stop = stopping.get_token()}),
          authorized(sender, fhir::make_token_source(auth, sender)),
          feed(authorized, feed_options(settings)),
          archive(authorized, {.root = root_of(settings)}),
          entries(authorized, {.root = root_of(settings)}) {}

    std::unique_ptr<CastStateFile> file;
    std::stop_source stopping;  ///< ends calls under way
    Metrics metrics;
    net::HttpClientPool sender;
    fhir::AuthorizingSender authorized;
    fhir::HttpChangeSource feed;
    fhir::HttpArchiveSource archive;
    fhir::classic::HttpEntrySource entries;
    std::unique_ptr<CastEngine> engine;
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
        mounts.push_back(make_mount({engine->engine(), engine->state()}, *lane, metrics));
        server =
            std::make_unique<http::Server>(std::move(options), std::move(mounts), allow_everything, metrics);
        return server->start();
    }
};

Result<std::unique_ptr<CastProcess>> CastProcess::open(const Settings& settings,
                                                       std::optional<std::int64_t> from) {
    ISO_TRY(const CastAuth auth, cast_auth(settings));
    ISO_TRY(auto file, CastStateFile::open(settings.cast_state_path));
    auto graph = std::make_unique<Graph>(settings, auth.dicom, std::move(file));
    ISO_TRY(graph->engine,
            CastEngine::make(settings,
                             {graph->feed, graph->archive, graph->entries, *graph->file, graph->metrics},
                             {.lease = true, .from = from}));
    ISO_CHECK(graph->engine->check_server());
    ISO_CHECK(graph->listen(settings));
    return std::unique_ptr<CastProcess>(new CastProcess(std::move(graph)));
}

CastProcess::CastProcess(std::unique_ptr<Graph> graph) : graph_(std::move(graph)) {}
CastProcess::~CastProcess() = default;

std::string CastProcess::address() const {
    if (!graph_->server) return {};
    return fmt::format("http://{}:{}", graph_->host, graph_->server->port());
}

void CastProcess::run(std::stop_token stop) {
    const std::stop_callback end_calls(stop, [this] { graph_->stopping.request_stop(); });
    graph_->engine->run(stop);
}

}  // namespace isocenter::app
