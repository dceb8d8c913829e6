#include "api/errors.h"

#include "archive/archive.h"
#include "base/log.h"
#include "http/message.h"
#include "http/status_of.h"

namespace isocenter::api {
namespace {

constexpr std::string_view kInternalMessage = "The server could not complete the request.";

/// What the client is told: nothing of the server's inside, nor that something was there before when the face
/// does not tell.
std::string_view told(const Profile& profile, const Error& error, unsigned status) {
    if (status == 500) return kInternalMessage;
    const bool untold = error.code == ErrorCode::gone && !profile.gone_for_deleted;
    return untold ? archive::kNoSuchEntity : std::string_view(error.message);
}

void append_list(std::string& out, std::string_view name, const std::vector<std::string>& items) {
    if (items.empty()) return;
    out += ",\"" + std::string(name) + "\":[";
    for (std::size_t i = 0; i < items.size(); ++i) {
        if (i != 0) out += ',';
        out += json_quote(items[i]);
    }
    out += ']';
}

http::Response problem(const http::Request& request, std::string_view message, unsigned status,
                       const ErrorDetails& details) {
    std::string body = "{\"type\":\"about:blank\",\"title\":" + json_quote(http::reason_phrase(status)) +
                       ",\"status\":" + std::to_string(status) + ",\"detail\":" + json_quote(message) +
                       ",\"requestId\":" + json_quote(request.request_id);
    if (!details.parameter.empty()) body += ",\"parameter\":" + json_quote(details.parameter);
    append_list(body, "asked", details.asked);
    append_list(body, "available", details.available);
    body += '}';
    return http::text_response(status, "application/problem+json", std::move(body));
}

/// Text that echoes a client's input must not become markup in a browser. Quotes are none in a text, and
/// media types are to be copied with them.
std::string without_markup(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (const char c : text)
        out += c == '&' ? "&amp;" : c == '<' ? "&lt;" : c == '>' ? "&gt;" : std::string(1, c);
    return out;
}

http::Response plain(std::string_view message, unsigned status, const ErrorDetails& details) {
    std::string text(message);
    for (std::size_t i = 0; i < details.available.size(); ++i)
        text += (i == 0 ? " Available: " : ", ") + details.available[i];
    return http::text_response(status, "text/plain; charset=utf-8", without_markup(text));
}

void log_failure(const http::Request& request, const Error& error, unsigned status) {
    log_event(status == 500 ? LogLevel::error : LogLevel::warning, "request_failed",
              {{"request_id", std::string_view(request.request_id)},
               {"status", status},
               {"code", to_string(error.code)},
               {"message", std::string_view(error.message)},
               {"detail", std::string_view(error.detail)}});
}

}  // namespace

// Only what a face says otherwise than HTTP in general (dicomweb.md 2.4, standard-face.md 1.3).
unsigned status_of(const Profile& profile, ErrorCode code) {
    if (code == ErrorCode::out_of_range)
        return 404;  // a frame that is not there; byte ranges answer 416 themselves
    if (code == ErrorCode::gone && !profile.gone_for_deleted) return 404;
    if (code == ErrorCode::unsupported && !profile.standard) return 406;
    return http::status_of(code);
}

http::Response error_response(const Profile& profile, const http::Request& request, const Error& error,
                              unsigned status, const ErrorDetails& details) {
    if (!profile.problem_json && details.bodiless) return http::empty_response(status);
    const std::string_view message = told(profile, error, status);
    http::Response response =
        profile.problem_json ? problem(request, message, status, details) : plain(message, status, details);
    if (status == 503) response.headers.add("Retry-After", "5");
    return response;
}

http::Response error_response(const Profile& profile, const http::Request& request, const Error& error,
                              const ErrorDetails& details) {
    const unsigned status = status_of(profile, error.code);
    if (status >= 500) log_failure(request, error, status);
    return error_response(profile, request, error, status, details);
}

}  // namespace isocenter::api
