#pragma once

#include <boost/json.hpp>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "api/face.h"
#include "archive/test_archive.h"

namespace isocenter::api {

/// For tests: a face over an archive of its own, whose routes are called without a server.
class RouteCaller {
  public:
    explicit RouteCaller(const Profile& profile)
        : face{*stored.archive,
               profile,
               Lanes{lane_, lane_, lane_},
               options,
               '/' + std::string(profile.name),
               std::make_shared<ChangeSignal>()} {}

    /// The first route of `routes` with that method and pattern.
    static const http::Route& find(const std::vector<http::Route>& routes, http::Method method,
                                   std::string_view pattern) {
        for (const http::Route& route : routes) {
            if (route.method == method && route.pattern == pattern) return route;
        }
        throw std::runtime_error("no such route: " + std::string(pattern));
    }

    static http::Request request(std::string query = {}) {
        http::Request made;
        made.method = http::Method::get;
        made.query = std::move(query);
        made.base_url = "http://test";
        made.headers.add("Accept", "application/dicom+json");
        return made;
    }

    /// What the route answers; an exchange is finished without waiting.
    static http::Response call(const http::Route& route, const http::Request& request,
                               const http::PathParams& params = {}) {
        const http::RequestContext context{request, params};
        if (route.handler) return route.handler(context);
        auto exchange = route.exchange(context);
        if (!exchange) throw std::runtime_error(exchange.error().message);
        return (*exchange)->finish();
    }

    archive::TestArchive stored;
    ApiOptions options;

  private:
    Metrics metrics_;
    net::Lane lane_{"test", {}, metrics_};

  public:
    Face face;
};

inline std::string body_of(const http::Response& response) {
    const auto* text = std::get_if<std::string>(&response.body);
    return text == nullptr ? std::string{} : *text;
}

inline boost::json::value json_of(const http::Response& response) {
    return boost::json::parse(body_of(response));
}

inline http::PathParams params_of(const std::vector<std::pair<std::string, std::string>>& values) {
    http::PathParams params;
    for (const auto& [name, value] : values)
        params.set(name, value);
    return params;
}

}  // namespace isocenter::api
