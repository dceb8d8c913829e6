#include "app/service.h"

#include <fmt/format.h>

#include <chrono>
#include <cstdlib>
#include <utility>
#include <vector>

#include "api/dicomweb/date_time_pairs.h"
#include "api/face.h"
#include "api/manage/cast.h"
#include "app/archive_folder.h"
#include "app/cast_embedded.h"
#include "app/cohort_server.h"
#include "app/descriptors.h"
#include "app/face_profiles.h"
#include "archive/janitor.h"
#include "base/log.h"
#include "http/server.h"
#include "net/lane.h"

namespace isocenter::app {
namespace {

/// A thread of a lane waits so long for other requests to end before one is answered 503.
constexpr std::chrono::milliseconds kMemoryPatience{1000};

http::ServerOptions server_options(const Settings& settings) {
    using std::chrono::milliseconds;
    http::ServerOptions options;
    options.address = settings.address;
    options.port = static_cast<std::uint16_t>(settings.port);
    options.io_threads = settings.io_threads;
    options.max_connections = share_descriptors(descriptor_limit(), settings).connections;
    options.max_body_bytes = settings.max_body_bytes;
    options.header_timeout = milliseconds(settings.header_timeout_ms);
    options.body_timeout = milliseconds(settings.body_timeout_ms);
    options.write_timeout = milliseconds(settings.write_timeout_ms);
    options.keep_alive_timeout = milliseconds(settings.keep_alive_timeout_ms);
    options.tls_certificate_file = settings.tls_certificate_file;
    options.tls_key_file = settings.tls_key_file;
    options.public_base_url = settings.public_url;
    options.trusted_proxies = settings.trusted_proxies;
    options.cors_origins = settings.cors_origins;
    options.cors_headers = settings.cors_headers;
    options.compress = settings.compress;
    options.request_log = settings.log_requests;
    return options;
}

api::ApiOptions api_options(const Settings& settings, const DataFolder& folder) {
    api::ApiOptions options;
    options.max_instance_bytes = settings.max_instance_bytes;
    options.max_results = settings.max_results;
    options.site_utc_offset_minutes = api::read_zone(settings.site_utc_offset).value_or(0);
    options.cache_seconds = static_cast<unsigned>(settings.cache_seconds);
    options.server_version = ISOCENTER_VERSION;
    options.spool_folder = folder.spool_folder();
    return options;
}

net::Lane::Limits limits(std::uint64_t threads, const Settings& settings) {
    return {.threads = threads, .queue = settings.lane_queue};
}

/// Everyone may do everything until the roles of a later issue exist: the default listens on loopback only.
Status allow_everything(const http::Request&, http::Access) {
    return {};
}

void warn_of_few_descriptors(const Settings& settings) {
    const std::uint64_t limit = descriptor_limit();
    const DescriptorShares shares = share_descriptors(limit, settings);
    if (shares.connections == settings.max_connections) return;
    log_event(LogLevel::warning, "descriptors_few",
              {{"limit", limit},
               {"server.max_connections", settings.max_connections},
               {"connections", std::uint64_t{shares.connections}},
               {"open_files", std::uint64_t{shares.open_files}}});
}

}  // namespace

/// Members are destroyed from the bottom up: the server before what its handlers use, the folder's lock last.
struct Service::Graph {
    Graph(const Settings& settings, std::unique_ptr<ArchiveFolder> opened,
          std::unique_ptr<EmbeddedCast> bridge, std::unique_ptr<CohortServer> questions)
        : folder(std::move(opened)),
          cast(std::move(bridge)),
          cohorts(std::move(questions)),
          options(api_options(settings, folder->folder())),
          profiles(face_profiles(settings)),
          archive(folder->archive()),
          metrics(folder->metrics()),
          janitor(folder->blobs(), folder->database(), archive::JanitorOptions{}, metrics),
          query("query", limits(settings.query_threads, settings), metrics),
          fetch("fetch", limits(settings.fetch_threads, settings), metrics),
          ingest("ingest", limits(settings.ingest_threads, settings), metrics),
          cohort("cohort", limits(settings.cohort_threads, settings), metrics),
          cohort_end("cohort_end", limits(1, settings), metrics),
          lanes{query, fetch, ingest},
          memory(std::make_shared<MemoryBudget>(settings.request_memory_bytes, kMemoryPatience)),
          faces(make_faces()),
          grace(settings.shutdown_grace_ms) {
        archive.on_change([signal = changed] { signal->fire(); });
        std::vector<http::Mount> mounts = api::make_mounts(faces);
        const auto view = cast ? std::optional(cast->view()) : std::nullopt;
        mounts.push_back(api::make_service_mount(archive, lanes, options, metrics, view ? &*view : nullptr));
        if (cohorts) {
            for (http::Route& route : api::cohort_routes(cohorts->cohorts(), {cohort, query, cohort_end}))
                mounts.back().routes.push_back(std::move(route));
        }
        for (http::Route& route : api::service_document_routes(mounts.back().routes))
            mounts.back().routes.push_back(std::move(route));
        server = std::make_unique<http::Server>(server_options(settings), std::move(mounts), allow_everything,
                                                metrics);
        scheme = settings.tls_certificate_file.empty() ? "http" : "https";
        host = settings.address == "0.0.0.0" ? "127.0.0.1" : settings.address;
    }

    std::vector<api::Face> make_faces() {
        std::vector<api::Face> made;
        const auto add = [&](const api::Profile& profile, const char* prefix) {
            made.push_back(api::Face{archive, profile, lanes, options, prefix, changed, memory});
        };
        add(profiles.v1, "/v1");
        add(profiles.v1, "/v1.0");
        add(profiles.v1, "/v1.0-prerelease");
        add(profiles.v2, "/v2");
        add(profiles.v2, "/v2.0");
        add(profiles.standard, "/dicom-web");
        return made;
    }

    std::unique_ptr<ArchiveFolder> folder;
    std::unique_ptr<EmbeddedCast> cast;     ///< null: no FHIR server is set
    std::unique_ptr<CohortServer> cohorts;  ///< null: no FHIR server is set
    api::ApiOptions options;
    FaceProfiles profiles;
    archive::Archive& archive;
    Metrics& metrics;
    archive::Janitor janitor;
    net::Lane query;
    net::Lane fetch;
    net::Lane ingest;
    net::Lane cohort;
    net::Lane cohort_end;  ///< deleting may wait for a FHIR server, no other request shall for that
    api::Lanes lanes;
    std::shared_ptr<MemoryBudget> memory;
    std::shared_ptr<api::ChangeSignal> changed = std::make_shared<api::ChangeSignal>();
    std::vector<api::Face> faces;
    std::chrono::milliseconds grace;
    std::unique_ptr<http::Server> server;
    std::string scheme;
    std::string host;
};

Result<std::unique_ptr<Service>> Service::start(const Settings& settings) {
    configure_log(log_level_of(settings.log_level));
    if (settings.sync == "none") {
        log_event(LogLevel::warning, "storage.sync is none: a power cut may lose acknowledged instances");
    }
    raise_descriptor_limit();
    warn_of_few_descriptors(settings);
    ISO_TRY(std::unique_ptr<ArchiveFolder> folder, ArchiveFolder::open(settings));
    std::unique_ptr<EmbeddedCast> cast;
    std::unique_ptr<CohortServer> cohorts;
    if (!settings.fhir_endpoint.empty()) {
        ISO_TRY(cast, EmbeddedCast::make(settings, folder->archive(), folder->database(), folder->metrics()));
        ISO_TRY(cohorts, CohortServer::open(settings, folder->archive(), folder->folder().path().string()));
    }
    auto graph = std::make_unique<Graph>(settings, std::move(folder), std::move(cast), std::move(cohorts));
    ISO_CHECK(graph->server->start());
    graph->janitor.start();
    if (graph->cast) graph->cast->start();
    log_event(LogLevel::info, "started",
              {{"version", ISOCENTER_VERSION}, {"port", static_cast<unsigned>(graph->server->port())}});
    return std::unique_ptr<Service>(new Service(std::move(graph)));
}

Service::Service(std::unique_ptr<Graph> graph) : graph_(std::move(graph)) {}
Service::~Service() = default;

std::string Service::address() const {
    const bool v6 = graph_->host.find(':') != std::string::npos;
    return fmt::format("{}://{}{}{}:{}", graph_->scheme, v6 ? "[" : "", graph_->host, v6 ? "]" : "",
                       graph_->server->port());
}

void Service::stop() {
    log_event(LogLevel::info, "stopping");
    if (graph_->cast) graph_->cast->request_stop();
    if (graph_->cohorts) graph_->cohorts->request_stop();
    graph_->janitor.stop();
    if (!graph_->server->stop(graph_->grace)) {
        // A task on a lane is stuck, so nothing may be destroyed; what was acknowledged is durable.
        log_event(LogLevel::error, "stopped_by_exit");
        std::_Exit(EXIT_FAILURE);
    }
    if (graph_->cast) graph_->cast->stop();
    log_event(LogLevel::info, "stopped");
}

}  // namespace isocenter::app
