#include "http/service.h"

#include <exception>

#include "base/log.h"
#include "http/status_of.h"

namespace isocenter::http {

Service::Service(const ServerOptions& options, std::vector<Mount> mounts, Server::AccessDecision decide,
                 Metrics& metrics)
    : base_url_rules_{options.public_base_url, options.trusted_proxies},
      router_(std::move(mounts)),
      middleware_(make_middleware(options, std::move(decide), metrics)) {}

std::optional<Response> Service::begin(Call& call, std::string_view local_authority) const {
    call.request.base_url = base_url_of(call.request, base_url_rules_, local_authority);
    call.match = router_.find(call.request.method, call.request.path);
    std::optional<Response> answer;
    for (const auto& middleware : middleware_) {
        const Status status = middleware->before(call);
        answer = status ? middleware->answer(call)
                        : write_error(call, status.error(), status_of(status.error().code));
        if (answer) break;
    }
    if (!answer && call.match.bad_escape)
        answer =
            write_error(call, fail(ErrorCode::invalid_request, "The path has a broken percent escape."), 400);
    // RFC 9110 9.3.7: of the server in general.
    if (!answer && call.request.path == "*") {
        answer = empty_response(204);
        answer->headers.set("Allow", router_.methods());
    }
    if (!answer && call.match.route == nullptr) {
        const bool known = !call.match.allowed.empty();
        const Error error = known ? fail(ErrorCode::unsupported, "The resource does not have this method.")
                                  : fail(ErrorCode::not_found, "There is no such resource.");
        answer = write_error(call, error, known ? 405 : 404);
        if (known) answer->headers.set("Allow", call.match.allowed);
    }
    if (answer) complete(call, *answer);
    return answer;
}

Response Service::write_error(const Call& call, const Error& error, unsigned status) const {
    Response response = empty_response(status);
    if (call.match.mount != nullptr && call.match.mount->error) {
        try {
            response = call.match.mount->error(call.request, error, status);
        } catch (const std::exception& e) {
            log_event(LogLevel::error, "error_writer_failed",
                      {{"request_id", std::string_view(call.request.request_id)}, {"what", e.what()}});
            response = empty_response(500);
        }
    }
    const bool later = response.status == 503 || response.status == 429;
    if (later && !response.headers.has("Retry-After")) response.headers.add("Retry-After", "1");
    return response;
}

Response Service::reject(Call& call, unsigned status, std::string_view message) const {
    // The mount alone: a route would be taken for one that was asked for access.
    call.match.mount = router_.find(call.request.method, call.request.path).mount;
    for (const auto& middleware : middleware_)
        static_cast<void>(middleware->before(call));
    Response response = write_error(call, fail(ErrorCode::invalid_request, std::string(message)), status);
    complete(call, response);
    return response;
}

Response Service::refuse(Call& call, const Error& error, unsigned status) const {
    if (status == 0) status = status_of(error.code);
    if (status >= 500) {
        log_event(error.code == ErrorCode::changed ? LogLevel::warning : LogLevel::error, "request_failed",
                  {{"request_id", std::string_view(call.request.request_id)},
                   {"route", call.label()},
                   {"status", status},
                   {"code", to_string(error.code)},
                   {"message", std::string_view(error.message)},
                   {"detail", std::string_view(error.detail)}});
    }
    Response response = write_error(call, error, status);
    complete(call, response);
    return response;
}

void Service::complete(const Call& call, Response& response) const {
    if (call.match.mount != nullptr) {
        for (const auto& [name, value] : call.match.mount->headers)
            response.headers.set(name, value);
        if (call.match.mount->decorate) call.match.mount->decorate(call.request, response);
    }
    for (const auto& middleware : middleware_)
        middleware->after(call, response);
}

void Service::end(const Call& call) const {
    for (const auto& middleware : middleware_)
        middleware->done(call);
}

Response Service::broken(Call& call, const char* what) const {
    log_event(
        LogLevel::error, "handler_failed",
        {{"request_id", std::string_view(call.request.request_id)}, {"route", call.label()}, {"what", what}});
    Error error = fail(ErrorCode::internal, "Internal error; request " + call.request.request_id + ".");
    Response response = write_error(call, error, 500);
    try {
        complete(call, response);
    } catch (const std::exception&) {
        response = empty_response(500);
        response.headers.add("X-Request-Id", call.request.request_id);
    }
    return response;
}

}  // namespace isocenter::http
