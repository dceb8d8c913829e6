#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "base/metrics.h"
#include "base/result.h"
#include "http/call.h"
#include "http/exchange.h"
#include "http/server.h"

namespace isocenter::http {

/// A concern that every request passes. Thread-safe: one object serves all connections.
class Middleware {
  public:
    virtual ~Middleware() = default;
    /// On the io thread, in the order of the list, before the route runs; must not block. An error is
    /// answered through the mount's error writer, with the status of its code; those later in the list are
    /// not asked.
    virtual Status before(Call& /*call*/) { return {}; }
    /// Answers the request here; asked in the order of the list, right after `before`.
    virtual std::optional<Response> answer(Call& /*call*/) { return std::nullopt; }
    /// On the thread that made the response, in the order of the list: last changes to it.
    virtual void after(const Call& /*call*/, Response& /*response*/) {}
    /// On the io thread, when the answer has left or was given up.
    virtual void done(const Call& /*call*/) {}
};

using MiddlewareList = std::vector<std::unique_ptr<Middleware>>;

std::unique_ptr<Middleware> make_request_id();
std::unique_ptr<Middleware> make_request_metrics(Metrics& metrics);
std::unique_ptr<Middleware> make_request_log();
std::unique_ptr<Middleware> make_security_headers();
std::unique_ptr<Middleware> make_cors(std::vector<std::string> origins,
                                      const std::vector<std::string>& headers);
std::unique_ptr<Middleware> make_query_check();
std::unique_ptr<Middleware> make_access(Server::AccessDecision decide);
std::unique_ptr<Middleware> make_mount_check();
std::unique_ptr<Middleware> make_compression();

/// All of them in their order.
MiddlewareList make_middleware(const ServerOptions& options, Server::AccessDecision decide, Metrics& metrics);

}  // namespace isocenter::http
