#include "http/request_head.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "http/ascii.h"
#include "http/host_field.h"

namespace isocenter::http {
namespace {

constexpr std::size_t kMaxFields = 256;
constexpr std::size_t kMaxMethodBytes = 32;

/// Of a request line whose target is at its limit.
std::size_t max_line_bytes(const HeadLimits& limits) {
    return limits.max_target_bytes + kMaxMethodBytes + sizeof(" HTTP/1.1 ");
}

/// Empty lines before a request line are skipped (RFC 9112 2.2).
std::size_t line_start(std::string_view bytes) {
    std::size_t start = 0;
    while (bytes.substr(start).starts_with("\r\n"))
        start += 2;
    return start;
}

/// Why a head is refused; status 0: it is not.
struct Refusal {
    unsigned status = 0;
    std::string_view message;
};

constexpr Refusal kBadLine{400, "The request line is ill-formed."};
constexpr Refusal kLongTarget{414, "The request's target is too long."};
constexpr Refusal kLongFields{431, "The request's header fields are too large."};
constexpr Refusal kBadField{400, "A header field is ill-formed."};
constexpr Refusal kBadLength{400, "The length of the request's body is not clear from its header fields."};

HeadOutcome refused(const Refusal& refusal) {
    return {HeadOutcome::Kind::refused, 0, refusal.status, refusal.message};
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

/// Of a target in absolute-form; nothing of another one.
std::optional<std::string_view> authority_of(std::string_view target) {
    for (const std::string_view scheme : {"http://", "https://"}) {
        if (!starts_with_ignore_case(target, scheme)) continue;
        target.remove_prefix(scheme.size());
        return target.substr(0, target.find_first_of("/?"));
    }
    return std::nullopt;
}

/// Path and query of origin-form, absolute-form or `*` (RFC 9112 3.2).
bool split_target(Request& request) {
    std::string_view rest(request.target);
    if (rest == "*") {
        request.path = "*";
        return request.method == Method::options;
    }
    if (const auto authority = authority_of(rest)) rest = std::string_view(authority->end(), rest.end());
    const std::size_t question = rest.find('?');
    request.path = rest.substr(0, question);
    if (request.path.empty()) request.path = "/";
    if (question != std::string_view::npos) request.query = rest.substr(question + 1);
    return request.path.front() == '/';
}

Refusal parse_request_line(std::string_view line, const HeadLimits& limits, RequestHead& out) {
    const std::size_t first = line.find(' ');
    const std::size_t last = line.rfind(' ');
    if (first == std::string_view::npos || first == last) return kBadLine;
    const std::string_view method = line.substr(0, first);
    const std::string_view target = line.substr(first + 1, last - first - 1);
    const std::string_view version = line.substr(last + 1);
    if (!is_token(method) || method.size() > kMaxMethodBytes || !is_target(target)) return kBadLine;
    if (!version.starts_with("HTTP/")) return kBadLine;
    out.http_1_0 = version == "HTTP/1.0";
    out.request.method = parse_method(method);
    out.request.target = target;
    const bool has_path = split_target(out.request);
    if (version != "HTTP/1.1" && !out.http_1_0) return {505, "The HTTP version is not supported."};
    if (target.size() > limits.max_target_bytes) return kLongTarget;
    return has_path ? Refusal{} : kBadLine;
}

/// Reads on after an ill-formed field: the answer needs those that can be read.
Refusal parse_fields(std::string_view block, Headers& headers) {
    Refusal refusal;
    while (!block.empty()) {
        const std::size_t end = block.find("\r\n");
        const std::string_view line = block.substr(0, end);
        block.remove_prefix(end + 2);
        const std::size_t colon = line.find(':');
        const std::string_view name = line.substr(0, colon);
        const std::string_view value = trim(line.substr(std::min(line.size(), name.size() + 1)));
        if (colon == std::string_view::npos || !is_token(name) || !is_field_value(value)) {
            refusal = kBadField;
            continue;
        }
        if (headers.fields().size() == kMaxFields) return kLongFields;
        headers.add(std::string(name), std::string(value));
    }
    return refusal;
}

/// RFC 9112 6.3; what is ambiguous is refused.
Refusal parse_body_length(RequestHead& out) {
    Request& request = out.request;
    const std::string coding = request.headers.joined("Transfer-Encoding");
    const bool has_length = request.headers.has("Content-Length");
    if (request.headers.has("Transfer-Encoding")) {
        if (has_length || out.http_1_0) return kBadLength;
        if (!equals_ignore_case(coding, "chunked"))
            return {501, "Of transfer codings only chunked is supported."};
        out.chunked = true;
        request.has_body = true;
        return {};
    }
    if (!has_length) return {};
    std::optional<std::uint64_t> length;
    for (const auto& [name, text] : request.headers.fields()) {
        if (!equals_ignore_case(name, "Content-Length")) continue;
        std::uint64_t value = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
        if (error != std::errc{} || end != text.data() + text.size()) return kBadLength;
        if (length && *length != value) return kBadLength;
        length = value;
    }
    request.content_length = length;
    request.has_body = length.value_or(0) > 0;
    return {};
}

Refusal interpret(RequestHead& out) {
    const Headers& headers = out.request.headers;
    const auto hosts = std::count_if(headers.fields().begin(), headers.fields().end(), [](const auto& field) {
        return equals_ignore_case(field.first, "Host");
    });
    if (hosts > 1 || (hosts == 0 && !out.http_1_0)) return {400, "There must be one Host header field."};
    if (!is_valid_host(headers.get("Host")))
        return {400, "The Host header field is no host with or without a port."};
    if (const auto authority = authority_of(out.request.target)) {
        // RFC 9110 4.2.1: an http URI names a host.
        if (authority->empty() || authority->front() == ':' || !is_valid_host(*authority))
            return {400, "The target's authority is no host with or without a port."};
        out.request.headers.set("Host", std::string(*authority));
    }
    if (const Refusal refusal = parse_body_length(out); refusal.status != 0) return refusal;
    const std::string connection = headers.joined("Connection");
    out.keep_alive = out.http_1_0 ? list_has(connection, "keep-alive") : !list_has(connection, "close");
    if (!out.http_1_0 && headers.has("Expect")) {
        if (!equals_ignore_case(headers.joined("Expect"), "100-continue"))
            return {417, "The expectation of the Expect header field cannot be met."};
        out.expects_continue = true;
    }
    return {};
}

/// Line and fields, the latter without the empty line at their end.
Refusal parse_parts(std::string_view line, std::string_view fields, const HeadLimits& limits,
                    RequestHead& out) {
    out = {};
    const Refusal of_line = parse_request_line(line, limits, out);
    const Refusal of_fields = parse_fields(fields, out.request.headers);
    if (of_line.status != 0) return of_line;
    return of_fields.status != 0 ? of_fields : interpret(out);
}

}  // namespace

HeadOutcome parse_request_head(std::string_view bytes, const HeadLimits& limits, RequestHead& out) {
    const std::size_t start = line_start(bytes);
    if (start > 64) {
        out = {};
        return refused(kBadLine);
    }
    const std::string_view rest = bytes.substr(start);
    const std::size_t line_end = rest.find("\r\n");
    const std::size_t max_line = max_line_bytes(limits);
    // Of a line end that has not arrived whole, what is there counts for no limit.
    if (line_end == std::string_view::npos) {
        if (rest.size() <= max_line + 1) return {};
        out = {};
        return refused(kLongTarget);
    }
    const std::size_t found = rest.find("\r\n\r\n", line_end);
    const bool whole = found != std::string_view::npos;
    const bool long_line = line_end > max_line;
    const bool long_fields = whole ? found - line_end > limits.max_header_bytes
                                   : rest.size() - line_end > limits.max_header_bytes + 3;
    if (!whole && !long_line && !long_fields) return {};
    const std::size_t end = whole ? found : rest.rfind("\r\n");
    const std::string_view fields = rest.substr(line_end + 2, end - line_end);
    const Refusal refusal = parse_parts(rest.substr(0, line_end), fields, limits, out);
    if (long_line) return refused(kLongTarget);
    if (long_fields) return refused(kLongFields);
    if (refusal.status != 0) return refused(refusal);
    return {HeadOutcome::Kind::complete, start + end + 4, 0, {}};
}

std::size_t shorten_line(std::string& bytes, const HeadLimits& limits) {
    // A version and the first half of a line end.
    constexpr std::size_t kKeptEnd = sizeof(" HTTP/1.1\r");
    const std::size_t start = line_start(bytes);
    const std::size_t end = std::min(bytes.find("\r\n", start), bytes.size());
    const std::size_t kept = start + max_line_bytes(limits) + 2;
    if (end <= kept + kKeptEnd) return 0;
    const std::size_t taken = end - kept - kKeptEnd;
    bytes.erase(kept, taken);
    return taken;
}

}  // namespace isocenter::http
