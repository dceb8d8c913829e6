#include "api/face.h"

#include <algorithm>
#include <array>

#include "api/errors.h"
#include "base/log.h"
#include "http/ascii.h"

namespace isocenter::api {
namespace {

constexpr std::string_view kSupportedVersions = "1.0-prerelease, 1, 2";
constexpr std::array<std::string_view, 5> kVersions = {"1", "1.0", "1.0-prerelease", "2", "2.0"};

/// The prefixes that a face answers to (dicomweb.md 1.1).
std::vector<std::string> prefixes_of(const Face& face) {
    if (face.profile.standard) return {face.prefix};
    if (face.profile.name == "v1") return {"/v1", "/v1.0", "/v1.0-prerelease"};
    return {"/v2", "/v2.0"};
}

/// dicomweb.md 2.1 row 1: markup in a query is refused before anything else.
bool has_markup(std::string_view query) {
    return query.find('<') != std::string_view::npos || query.find("%3C") != std::string_view::npos ||
           query.find("%3c") != std::string_view::npos;
}

Error markup_error() {
    return fail(ErrorCode::invalid_request, "The query string holds characters that are not allowed.");
}

void guard_against_markup(const Face& face, http::Route& route) {
    if (route.handler) {
        route.handler = [&face, inner = std::move(route.handler)](const http::RequestContext& context) {
            if (has_markup(context.request.query))
                return error_response(face.profile, context.request, markup_error());
            return inner(context);
        };
        return;
    }
    route.exchange = [inner = std::move(route.exchange)](
                         const http::RequestContext& context) -> Result<std::unique_ptr<http::Exchange>> {
        if (has_markup(context.request.query)) return markup_error();
        return inner(context);
    };
}

http::ErrorWriter error_writer(const Face& face) {
    return [&face](const http::Request& request, const Error& error, unsigned status) {
        ErrorDetails details;
        // What routing and media type checks refuse has no body on the compatibility faces (dicomweb.md 2.3).
        details.bodiless = status == 404 || status == 405 || status == 406 || status == 415;
        return error_response(face.profile, request, error, status, details);
    };
}

bool is_version(std::string_view text) {
    if (text.empty() || text.front() < '0' || text.front() > '9') return false;
    const std::string_view number = text.substr(0, text.find('-'));
    const auto digit = [](char c) { return c >= '0' && c <= '9'; };
    const std::size_t dot = number.find('.');
    if (!std::ranges::all_of(number.substr(0, dot), digit)) return false;
    return dot == std::string_view::npos ||
           (dot + 1 < number.size() && std::ranges::all_of(number.substr(dot + 1), digit));
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
        mount.headers.emplace_back("Vary", "Accept");
    } else {
        mount.headers.emplace_back("api-supported-versions", kSupportedVersions);
        for (http::Route& route : mount.routes)
            guard_against_markup(face, route);
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
