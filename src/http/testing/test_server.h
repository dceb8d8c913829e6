#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/metrics.h"
#include "http/server.h"
#include "net/lane.h"

namespace isocenter::http::testing {

/// Collects the body and answers it, prefixed by its length.
class EchoExchange final : public Exchange {
  public:
    explicit EchoExchange(std::atomic<int>* unfinished = nullptr) : unfinished_(unfinished) {}
    ~EchoExchange() override {
        if (!finished_ && unfinished_ != nullptr) ++*unfinished_;
    }
    Status on_body(ByteView bytes) override {
        body_ += as_text(bytes);
        if (body_.find("REFUSE") != std::string::npos) return fail(ErrorCode::conflict, "refused");
        return {};
    }
    Response finish() override {
        finished_ = true;
        return text_response(200, "application/octet-stream", std::to_string(body_.size()) + ":" + body_);
    }

  private:
    std::string body_;
    bool finished_ = false;
    std::atomic<int>* unfinished_;
};

/// Errors as `code status message`.
inline Response plain_error(const Request&, const Error& error, unsigned status) {
    return text_response(status, "text/plain", std::string(to_string(error.code)) + " " + error.message);
}

inline Route handler_route(Method method, std::string pattern, net::Lane* lane, Handler handler) {
    Route route;
    route.method = method;
    route.pattern = std::move(pattern);
    route.lane = lane;
    route.handler = std::move(handler);
    return route;
}

inline Route exchange_route(Method method, std::string pattern, net::Lane* lane, ExchangeFactory factory) {
    Route route;
    route.method = method;
    route.pattern = std::move(pattern);
    route.lane = lane;
    route.exchange = std::move(factory);
    return route;
}

/// A server on a port of the system's choice with lanes of its own, started by start().
struct TestServer {
    Metrics metrics;
    net::Lane lane{"test", {.threads = 2, .queue = 100}, metrics};
    net::Lane narrow{"narrow", {.threads = 1, .queue = 1}, metrics};
    ServerOptions options;
    Mount mount;
    Server::AccessDecision access;
    std::atomic<int> unfinished{0};
    std::unique_ptr<Server> server;

    TestServer() {
        options.port = 0;
        options.request_log = false;
        mount.error = plain_error;
        mount.routes.push_back(exchange_route(
            Method::post, "/echo", &lane, [this](const RequestContext&) -> Result<std::unique_ptr<Exchange>> {
                return std::unique_ptr<Exchange>(std::make_unique<EchoExchange>(&unfinished));
            }));
    }
    void get(std::string pattern, Handler handler) {
        mount.routes.push_back(handler_route(Method::get, std::move(pattern), &lane, std::move(handler)));
    }
    std::uint16_t start() {
        std::vector<Mount> mounts;
        mounts.push_back(std::move(mount));
        server = std::make_unique<Server>(options, std::move(mounts), access, metrics);
        if (!server->start()) return 0;
        return server->port();
    }
};

}  // namespace isocenter::http::testing
