#pragma once

#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "api/face.h"
#include "archive/test_archive.h"
#include "http/router.h"
#include "http/url.h"

namespace isocenter::api {

/// What a test looks at of a response: the body is read to its end.
struct Answer {
    unsigned status = 0;
    http::Headers headers;
    std::string body;
};

/// For tests: one face over a real archive, driven without sockets.
class TestFace {
  public:
    explicit TestFace(const Profile& profile, ApiOptions options = {})
        : options_(std::move(options)),
          lane_("test", {1, 16}, metrics_),
          face_{*archive_.archive, profile, {lane_, lane_, lane_}, options_, "/" + std::string(profile.name)},
          mount_(make_mount(face_)) {}

    using Fields = std::vector<std::pair<std::string, std::string>>;

    Answer get(const std::string& target, const Fields& fields = {}) {
        return send(http::Method::get, target, fields, {});
    }
    Answer post(const std::string& target, const Fields& fields, const std::string& body) {
        return send(http::Method::post, target, fields, body);
    }
    archive::TestArchive& archive() { return archive_; }
    /// Where requests come to from now on.
    void move_to(std::string base_url) { base_url_ = std::move(base_url); }

  private:
    Answer send(http::Method method, const std::string& target, const Fields& fields,
                const std::string& body) {
        http::Request request;
        request.method = method;
        request.target = "/" + std::string(face_.profile.name) + target;
        request.path = request.target.substr(0, request.target.find('?'));
        if (request.path.size() < request.target.size())
            request.query = request.target.substr(request.path.size() + 1);
        request.base_url = base_url_;
        for (const auto& [name, value] : fields)
            request.headers.add(name, value);
        http::PathParams params;
        const http::Route* route = find(method, request.path.substr(mount_.prefix.size()), params);
        if (route == nullptr) return {404, {}, {}};
        const http::RequestContext context{request, params};
        if (route->handler) return read(route->handler(context));
        auto exchange = route->exchange(context);
        if (!exchange) return read(mount_.error(request, exchange.error(), 400));
        if (auto refusal = (*exchange)->early_response()) return read(std::move(*refusal));
        // Small pieces: parts and boundaries are cut anywhere.
        for (std::size_t at = 0; at < body.size(); at += 7) {
            const auto taken = (*exchange)->on_body(as_bytes(std::string_view(body).substr(at, 7)));
            if (taken) continue;
            if (auto early = (*exchange)->early_response()) return read(std::move(*early));
            return read(mount_.error(request, taken.error(), 400));
        }
        return read((*exchange)->finish());
    }

    static std::vector<std::string> segments(std::string_view path) {
        std::vector<std::string> out;
        while (!path.empty()) {
            path.remove_prefix(1);
            out.emplace_back(path.substr(0, path.find('/')));
            path.remove_prefix(out.back().size());
        }
        return out;
    }

    const http::Route* find(http::Method method, const std::string& path, http::PathParams& params) const {
        const auto given = segments(path);
        for (const http::Route& route : mount_.routes) {
            const auto pattern = segments(http::path_template(route.pattern));
            // `{name...}`: here a value of one segment is enough.
            if (route.method != method || pattern.size() != given.size()) continue;
            bool fits = true;
            for (std::size_t i = 0; i < given.size() && fits; ++i)
                fits = pattern[i].starts_with('{') || pattern[i] == given[i];
            if (!fits) continue;
            for (std::size_t i = 0; i < given.size(); ++i) {
                if (pattern[i].starts_with('{'))
                    params.set(pattern[i].substr(1, pattern[i].size() - 2),
                               http::percent_decode(given[i]).value());
            }
            return &route;
        }
        return nullptr;
    }

    static Answer read(http::Response response) {
        Answer answer{response.status, std::move(response.headers), {}};
        if (auto* text = std::get_if<std::string>(&response.body)) answer.body = std::move(*text);
        if (auto* source = std::get_if<std::unique_ptr<ByteSource>>(&response.body)) {
            auto all = read_all(**source, 1ULL << 28U);
            if (!all) throw std::runtime_error("the body breaks off: " + all.error().message);
            answer.body = *std::move(all);
            if (response.content_length && *response.content_length != answer.body.size())
                throw std::runtime_error("Content-Length is not the body's length");
        }
        return answer;
    }

    Metrics metrics_;
    archive::TestArchive archive_;
    ApiOptions options_;
    std::string base_url_ = "http://test";
    net::Lane lane_;
    Face face_;
    http::Mount mount_;
};

/// A multipart/related body of parts with these headers and bodies.
inline std::string multipart(const std::vector<std::pair<std::string, std::string>>& parts) {
    std::string body;
    for (const auto& [headers, bytes] : parts)
        body += "--B\r\n" + headers + "\r\n" + bytes + "\r\n";
    return body + "--B--\r\n";
}

}  // namespace isocenter::api
