#include "api/face.h"

#include <algorithm>
#include <array>
#include <iterator>

#include "api/errors.h"
#include "base/ascii.h"
#include "base/log.h"
#include "http/ascii.h"

namespace isocenter::api {
namespace {

constexpr std::string_view kSupportedVersions = "1.0-prerelease, 1, 2";
constexpr std::array<std::string_view, 5> kVersions = {"1", "1.0", "1.0-prerelease", "2", "2.0"};

/// The resources that exist below partitions too (dicomweb.md 1.2).
constexpr std::array<std::string_view, 3> kPartitioned = {"/studies", "/series", "/instances"};

/// The prefixes that a face answers to (dicomweb.md 1.1).
std::vector<std::string> prefixes_of(const Face& face) {
    if (face.profile.standard) return {face.prefix};
    if (face.profile.name == "v1") return {"/v1", "/v1.0", "/v1.0-prerelease"};
    return {"/v2", "/v2.0"};
}

http::ErrorWriter error_writer(const Face& face) {
    return [&face](const http::Request& request, const Error& error, unsigned status) {
        ErrorDetails details;
        // What routing and media type checks refuse has no body on the compatibility faces (dicomweb.md 2.3).
        details.bodiless = status == 404 || status == 405 || status == 406 || status == 415;
        // All that the server itself refuses with 415 is a content coding.
        if (status == 415) details.available = {"gzip", "identity"};
        return error_response(face.profile, request, error, status, details);
    };
}

/// Partitions are not offered: a path through one is refused as the feature's absence is (dicomweb.md 1.2).
void add_partition_routes(const Face& face, std::vector<http::Route>& routes) {
    std::vector<http::Route> refused;
    for (const http::Route& route : routes) {
        if (!std::ranges::any_of(kPartitioned, [&](auto root) { return route.pattern.starts_with(root); }))
            continue;
        http::Route twin;
        twin.method = route.method;
        twin.pattern = "/partitions/{partition}" + route.pattern;
        twin.access = route.access;
        twin.handler = [&face](const http::RequestContext& context) {
            return error_response(face.profile, context.request,
                                  fail(ErrorCode::invalid_request, "Data partitions are not enabled."));
        };
        refused.push_back(std::move(twin));
    }
    std::ranges::move(refused, std::back_inserter(routes));
}

/// Headers for the log of the sender's own doings: what they say is not looked at, but they have bounds
/// (dicomweb.md 2.6).
Status check_audit_headers(const http::Request& request) {
    constexpr std::string_view kPrefix = "X-MS-AZUREDICOM-AUDIT-";
    constexpr std::size_t kMost = 10;
    constexpr std::size_t kLongest = 2048;
    std::size_t count = 0;
    for (const auto& [name, value] : request.headers.fields()) {
        if (!http::starts_with_ignore_case(name, kPrefix)) continue;
        if (value.size() > kLongest)
            return fail(ErrorCode::invalid_request, "An audit header is longer than 2048 characters.");
        if (++count > kMost)
            return fail(ErrorCode::invalid_request, "The request has more than 10 audit headers.");
    }
    return {};
}

bool is_version(std::string_view text) {
    if (text.empty() || !is_digit(text.front())) return false;
    const std::string_view number = text.substr(0, text.find('-'));
    const std::size_t dot = number.find('.');
    if (!all_digits(number.substr(0, dot))) return false;
    return dot == std::string_view::npos || (dot + 1 < number.size() && all_digits(number.substr(dot + 1)));
}

}  // namespace

std::string Face::base_uri(const http::Request& request) const {
    if (profile.standard) return request.base_url + prefix;
    const std::string_view path = request.path;
    return request.base_url + std::string(path.substr(0, path.find('/', 1)));
}

http::Mount make_mount(const Face& face) {
    http::Mount mount;
    mount.prefix = face.prefix;
    mount.case_insensitive = !face.profile.standard;
    mount.routes = face_routes(face);
    mount.error = error_writer(face);
    if (face.profile.standard) {
        mount.headers.emplace_back("Vary", "Accept, Accept-Encoding, Origin");
    } else {
        mount.headers.emplace_back("api-supported-versions", kSupportedVersions);
        mount.refuse_markup_in_query = true;
        mount.check = check_audit_headers;
        add_partition_routes(face, mount.routes);
    }
    return mount;
}

std::vector<http::Mount> make_mounts(const std::vector<Face>& faces) {
    std::vector<http::Mount> mounts;
    for (const Face& face : faces) {
        for (std::string& prefix : prefixes_of(face)) {
            const auto taken = [&prefix](const http::Mount& mount) { return mount.prefix == prefix; };
            if (std::ranges::any_of(mounts, taken)) continue;
            mounts.push_back(make_mount(face));
            mounts.back().prefix = std::move(prefix);
        }
    }
    return mounts;
}

std::optional<http::Response> unsupported_version(const http::Request& request) {
    std::string_view path = request.path;
    if (path.size() < 3 || path[0] != '/' || http::to_lower(path[1]) != 'v') return std::nullopt;
    path.remove_prefix(2);
    const std::string_view version = path.substr(0, path.find('/'));
    if (!is_version(version) || std::ranges::find(kVersions, version) != kVersions.end()) return std::nullopt;
    const std::string message = "version " + std::string(version) + " is not offered for " + request.path;
    return http::text_response(
        400, "application/json; charset=utf-8",
        "{\"error\":{\"code\":\"UnsupportedApiVersion\",\"message\":" + json_quote(message) + "}}");
}

}  // namespace isocenter::api
