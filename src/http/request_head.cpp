#include "http/request_head.h"

#include <algorithm>
#include <charconv>

#include "http/ascii.h"

namespace isocenter::http {
namespace {

constexpr std::size_t kMaxFields = 256;
constexpr std::size_t kMaxMethodBytes = 32;

HeadOutcome refused(unsigned status) {
    return {HeadOutcome::Kind::refused, 0, status};
}

bool is_control(char c) {
    const auto value = static_cast<unsigned char>(c);
    return value < 0x20 || value == 0x7F;
}

bool is_target(std::string_view text) {
    return !text.empty() &&
           std::none_of(text.begin(), text.end(), [](char c) { return is_control(c) || c == ' '; });
}

bool is_field_value(std::string_view text) {
    return std::none_of(text.begin(), text.end(), [](char c) { return is_control(c) && c != '\t'; });
}

/// Path and query of origin-form, absolute-form or `*` (RFC 9112 3.2).
bool split_target(Request& request) {
    std::string_view rest(request.target);
    if (rest == "*") {
        request.path = "*";
        return request.method == Method::options;
    }
    for (const std::string_view scheme : {"http://", "https://"}) {
        if (!starts_with_ignore_case(rest, scheme)) continue;
        rest.remove_prefix(scheme.size());
        rest.remove_prefix(std::min(rest.find_first_of("/?"), rest.size()));
        break;
    }
    const std::size_t question = rest.find('?');
    request.path = rest.substr(0, question);
    if (request.path.empty()) request.path = "/";
    if (question != std::string_view::npos) request.query = rest.substr(question + 1);
    return request.path.front() == '/';
}

unsigned parse_request_line(std::string_view line, const HeadLimits& limits, RequestHead& out) {
    const std::size_t first = line.find(' ');
    const std::size_t last = line.rfind(' ');
    if (first == std::string_view::npos || first == last) return 400;
    const std::string_view method = line.substr(0, first);
    const std::string_view target = line.substr(first + 1, last - first - 1);
    const std::string_view version = line.substr(last + 1);
    if (!is_token(method) || method.size() > kMaxMethodBytes || !is_target(target)) return 400;
    if (!version.starts_with("HTTP/")) return 400;
    if (version != "HTTP/1.1" && version != "HTTP/1.0") return 505;
    if (target.size() > limits.max_target_bytes) return 414;
    out.http_1_0 = version == "HTTP/1.0";
    out.request.method = parse_method(method);
    out.request.target = target;
    return split_target(out.request) ? 0 : 400;
}

unsigned parse_fields(std::string_view block, Headers& headers) {
    while (!block.empty()) {
        const std::size_t end = block.find("\r\n");
        const std::string_view line = block.substr(0, end);
        block.remove_prefix(end + 2);
        const std::size_t colon = line.find(':');
        if (colon == std::string_view::npos || !is_token(line.substr(0, colon))) return 400;
        const std::string_view value = trim(line.substr(colon + 1));
        if (!is_field_value(value)) return 400;
        if (headers.fields().size() == kMaxFields) return 431;
        headers.add(std::string(line.substr(0, colon)), std::string(value));
    }
    return 0;
}

/// RFC 9112 6.3; what is ambiguous is refused.
unsigned parse_body_length(RequestHead& out) {
    Request& request = out.request;
    const std::string coding = request.headers.joined("Transfer-Encoding");
    const bool has_length = request.headers.has("Content-Length");
    if (request.headers.has("Transfer-Encoding")) {
        if (has_length || out.http_1_0) return 400;
        if (!equals_ignore_case(coding, "chunked")) return 501;
        out.chunked = true;
        request.has_body = true;
        return 0;
    }
    if (!has_length) return 0;
    std::optional<std::uint64_t> length;
    for (const auto& [name, text] : request.headers.fields()) {
        if (!equals_ignore_case(name, "Content-Length")) continue;
        std::uint64_t value = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
        if (error != std::errc{} || end != text.data() + text.size()) return 400;
        if (length && *length != value) return 400;
        length = value;
    }
    request.content_length = length;
    request.has_body = length.value_or(0) > 0;
    return 0;
}

unsigned interpret(RequestHead& out) {
    const Headers& headers = out.request.headers;
    const auto hosts = std::count_if(headers.fields().begin(), headers.fields().end(), [](const auto& field) {
        return equals_ignore_case(field.first, "Host");
    });
    if (hosts > 1 || (hosts == 0 && !out.http_1_0)) return 400;
    if (const unsigned status = parse_body_length(out); status != 0) return status;
    const std::string connection = headers.joined("Connection");
    out.keep_alive = out.http_1_0 ? list_has(connection, "keep-alive") : !list_has(connection, "close");
    if (!out.http_1_0 && headers.has("Expect")) {
        if (!equals_ignore_case(headers.joined("Expect"), "100-continue")) return 417;
        out.expects_continue = true;
    }
    return 0;
}

}  // namespace

HeadOutcome parse_request_head(std::string_view bytes, const HeadLimits& limits, RequestHead& out) {
    // Empty lines before a request line are skipped (RFC 9112 2.2).
    std::size_t start = 0;
    while (bytes.substr(start).starts_with("\r\n"))
        start += 2;
    if (start > 64) return refused(400);
    const std::string_view rest = bytes.substr(start);
    const std::size_t line_end = rest.find("\r\n");
    const std::size_t max_line = limits.max_target_bytes + kMaxMethodBytes + sizeof(" HTTP/1.1 ");
    // Of a line end that has not arrived whole, what is there counts for no limit.
    if (line_end == std::string_view::npos) {
        return rest.size() > max_line + 1 ? refused(414) : HeadOutcome{};
    }
    if (line_end > max_line) return refused(414);
    const std::size_t end = rest.find("\r\n\r\n", line_end);
    if (end == std::string_view::npos) {
        return rest.size() - line_end > limits.max_header_bytes + 3 ? refused(431) : HeadOutcome{};
    }
    if (end - line_end > limits.max_header_bytes) return refused(431);
    out = {};
    if (const unsigned status = parse_request_line(rest.substr(0, line_end), limits, out); status != 0)
        return refused(status);
    const std::string_view fields = rest.substr(line_end + 2, end - line_end);
    if (const unsigned status = parse_fields(fields, out.request.headers); status != 0)
        return refused(status);
    if (const unsigned status = interpret(out); status != 0) return refused(status);
    return {HeadOutcome::Kind::complete, start + end + 4, 0};
}

}  // namespace isocenter::http
