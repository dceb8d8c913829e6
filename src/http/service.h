#pragma once

#include <optional>
#include <vector>

#include "http/base_url.h"
#include "http/call.h"
#include "http/middleware/middleware.h"
#include "http/router.h"
#include "http/server.h"

namespace isocenter::http {

/// What happens to a request between its head and its answer, without sockets. Thread-safe.
class Service {
  public:
    Service(const ServerOptions& options, std::vector<Mount> mounts, Server::AccessDecision decide,
            Metrics& metrics);

    /// Routes the call and passes it through the middleware; a response when it is answered already.
    std::optional<Response> begin(Call& call, std::string_view local_authority) const;
    /// The answer to a request whose head is refused; `call` holds what of it could be read.
    Response reject(Call& call, unsigned status, std::string_view message) const;
    /// The error response of the call's mount, ready to be sent. `status` 0: that of the error's code.
    Response refuse(Call& call, const Error& error, unsigned status = 0) const;
    /// Makes a route's response ready to be sent.
    void complete(const Call& call, Response& response) const;
    /// To be called once for each call that began.
    void end(const Call& call) const;
    /// An exception left a handler: logs it and makes the answer.
    Response broken(Call& call, const char* what) const;

  private:
    Response write_error(const Call& call, const Error& error, unsigned status) const;
    BaseUrlRules base_url_rules_;
    Router router_;
    MiddlewareList middleware_;
};

}  // namespace isocenter::http
