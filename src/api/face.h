#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/profile.h"
#include "archive/archive.h"
#include "base/memory_budget.h"
#include "http/exchange.h"
#include "http/signal.h"
#include "net/lane.h"

namespace isocenter::api {

struct CastView;

/// The lanes that routes run on (architecture: concurrency).
struct Lanes {
    net::Lane& query;
    net::Lane& fetch;
    net::Lane& ingest;
};

/// Settings that handlers need; the names are those of the configuration file.
struct ApiOptions {
    std::uint64_t max_instance_bytes = 0;  ///< 0: no limit
    std::uint64_t max_results = 1000;      ///< of a search on the standard face
    unsigned cache_seconds = 3600;         ///< private max-age of frames and bulk data
    std::string server_version;
    std::string spool_folder;  ///< where parts of a request wait for others; empty: the system's folder
    int site_utc_offset_minutes = 0;         ///< zone that stored dates and times are taken to be in
    std::string service_name = "isocenter";  ///< the agent in Warning headers
};

/// Wakes waiting long polls; app fires it from Archive::on_change.
using ChangeSignal = http::Signal;

/// One face: what every route of it shares. Outlives the server.
struct Face {
    archive::Archive& archive;
    const Profile& profile;
    Lanes lanes;
    const ApiOptions& options;
    std::string prefix;  ///< "/dicom-web", "/v2", "/v1.0-prerelease"
    /// nullptr: long polls answer at once.
    std::shared_ptr<ChangeSignal> change_signal = nullptr;
    /// What requests hold in memory: bodies being read, answers being sent.
    std::shared_ptr<MemoryBudget> memory = std::make_shared<MemoryBudget>();

    /// `https://host/dicom-web` as the client addressed this face; v1/v2: with the version segment as in the
    /// request.
    std::string base_uri(const http::Request& request) const;
};

/// Route groups, one function per resource file under dicomweb/; routes.cpp lists them all.
std::vector<http::Route> store_routes(const Face& face);
std::vector<http::Route> retrieve_instances_routes(const Face& face);
std::vector<http::Route> retrieve_metadata_routes(const Face& face);
std::vector<http::Route> retrieve_frames_routes(const Face& face);
std::vector<http::Route> retrieve_bulkdata_routes(const Face& face);
std::vector<http::Route> retrieve_rendered_routes(const Face& face);
std::vector<http::Route> wado_uri_routes(const Face& face);
std::vector<http::Route> search_routes(const Face& face);
std::vector<http::Route> remove_routes(const Face& face);
std::vector<http::Route> change_feed_routes(const Face& face);
/// OPTIONS of the face's root (PS3.18 8.9) and of every path in `others`. Empty on the compatibility faces.
std::vector<http::Route> capabilities_routes(const Face& face, const std::vector<http::Route>& others);
/// OPTIONS of every path in `others` alone.
std::vector<http::Route> options_routes(const Face& face, const std::vector<http::Route>& others);

/// `/api.json` and `/api.yaml`: the OpenAPI document of `others` below the face's prefix. Made once.
std::vector<http::Route> openapi_routes(const Face& face, const std::vector<http::Route>& others);

/// The same for what is outside of the faces, `others` being all of it.
std::vector<http::Route> service_document_routes(const std::vector<http::Route>& others);

/// Everything of one face with its errors, headers and case rules. `face` must outlive the mount.
http::Mount make_mount(const Face& face);
/// The mounts of all faces: /v1, /v1.0, /v1.0-prerelease, /v2, /v2.0 and /dicom-web. The faces must outlive
/// them.
std::vector<http::Mount> make_mounts(const std::vector<Face>& faces);
/// The answer to a path with a well-formed version that is not offered, such as `/v3/studies` (dicomweb.md
/// 1.1); nothing for any other path. For the error writer of whatever is mounted at the root.
std::optional<http::Response> unsupported_version(const http::Request& request);
/// All routes of one face, from routes.cpp.
std::vector<http::Route> face_routes(const Face& face);

/// Health, metrics, start page, and the bridge to FHIR where there is one: outside of the faces.
http::Mount make_service_mount(archive::Archive& archive, const Lanes& lanes, const ApiOptions& options,
                               Metrics& metrics, const CastView* cast = nullptr);

}  // namespace isocenter::api
