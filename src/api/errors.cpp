#include "api/errors.h"

#include "base/log.h"
#include "http/message.h"

namespace isocenter::api {
namespace {

constexpr std::string_view kInternalMessage = "The server could not complete the request.";

/// Text that echoes a client's input must not become markup in a browser.
std::string escape_html(std::string_view text) {
    std::string out;
    for (const char c : text) {
        switch (c) {
            case '&':
                out += "&amp;";
                break;
            case '<':
                out += "&lt;";
                break;
            case '>':
                out += "&gt;";
                break;
            case '"':
                out += "&quot;";
                break;
            default:
                out += c;
        }
    }
    return out;
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

http::Response plain(std::string_view message, unsigned status, const ErrorDetails& details) {
    std::string text(message);
    for (std::size_t i = 0; i < details.available.size(); ++i)
        text += (i == 0 ? " Available: " : ", ") + details.available[i];
    return http::text_response(status, "text/plain; charset=utf-8", escape_html(text));
}

}  // namespace

unsigned status_of(const Profile& profile, ErrorCode code) {
    switch (code) {
        case ErrorCode::invalid_request:
        case ErrorCode::malformed_dicom:
        case ErrorCode::cancelled:
            return 400;
        case ErrorCode::unauthenticated:
            return 401;
        case ErrorCode::forbidden:
            return 403;
        case ErrorCode::not_found:
        case ErrorCode::out_of_range:
            return 404;
        case ErrorCode::gone:
            return profile.gone_for_deleted ? 410 : 404;
        case ErrorCode::not_acceptable:
            return 406;
        case ErrorCode::conflict:
            return 409;
        case ErrorCode::too_large:
            return 413;
        case ErrorCode::unsupported_media:
            return 415;
        case ErrorCode::unsupported:
            return profile.standard ? 501 : 406;
        case ErrorCode::overloaded:
        case ErrorCode::unavailable:
        case ErrorCode::timed_out:
            return 503;
        case ErrorCode::corrupt:
        case ErrorCode::internal:
            return 500;
    }
    return 500;
}

http::Response error_response(const Profile& profile, const http::Request& request, const Error& error,
                              unsigned status, const ErrorDetails& details) {
    if (!profile.problem_json && details.bodiless) return http::empty_response(status);
    const std::string_view message = status == 500 ? kInternalMessage : std::string_view(error.message);
    http::Response response =
        profile.problem_json ? problem(request, message, status, details) : plain(message, status, details);
    if (status == 503) response.headers.add("Retry-After", "5");
    return response;
}

http::Response error_response(const Profile& profile, const http::Request& request, const Error& error,
                              const ErrorDetails& details) {
    return error_response(profile, request, error, status_of(profile, error.code), details);
}

}  // namespace isocenter::api
