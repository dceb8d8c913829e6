#include "http/response_head.h"

#include <array>
#include <cstdio>
#include <ctime>

#include "http/ascii.h"

namespace isocenter::http {
namespace {

/// IMF-fixdate (RFC 9110 5.6.7), computed once a second by each thread.
const std::string& date_now() {
    static thread_local std::time_t last = 0;
    static thread_local std::string text;
    const std::time_t now = std::time(nullptr);
    if (now == last && !text.empty()) return text;
    static constexpr std::array<const char*, 7> kDays = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static constexpr std::array<const char*, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                            "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    std::tm parts{};
    gmtime_r(&now, &parts);
    std::array<char, 64> buffer{};
    std::snprintf(buffer.data(), buffer.size(), "%s, %02d %s %d %02d:%02d:%02d GMT",
                  kDays[static_cast<std::size_t>(parts.tm_wday)], parts.tm_mday,
                  kMonths[static_cast<std::size_t>(parts.tm_mon)], parts.tm_year + 1900, parts.tm_hour,
                  parts.tm_min, parts.tm_sec);
    text = buffer.data();
    last = now;
    return text;
}

void append_field(std::string& out, std::string_view name, std::string_view value) {
    out += name;
    out += ": ";
    const std::size_t start = out.size();
    out += value;
    for (std::size_t i = start; i < out.size(); ++i) {
        const auto c = static_cast<unsigned char>(out[i]);
        if ((c < 0x20 && c != '\t') || c == 0x7F) out[i] = ' ';
    }
    out += "\r\n";
}

bool is_ours(std::string_view name) {
    return equals_ignore_case(name, "Content-Length") || equals_ignore_case(name, "Transfer-Encoding") ||
           equals_ignore_case(name, "Connection") || equals_ignore_case(name, "Date");
}

}  // namespace

bool has_no_body(unsigned status) {
    return status < 200 || status == 204 || status == 304;
}

std::string write_response_head(const Response& response, const HeadOptions& options) {
    std::string out;
    out.reserve(1024);
    out += "HTTP/1.1 " + std::to_string(response.status) + " ";
    out += reason_phrase(response.status);
    out += "\r\n";
    append_field(out, "Date", date_now());
    if (options.framing == Framing::length)
        append_field(out, "Content-Length", std::to_string(options.length));
    if (options.framing == Framing::chunked) append_field(out, "Transfer-Encoding", "chunked");
    if (!options.keep_alive) append_field(out, "Connection", "close");
    if (options.keep_alive && options.http_1_0) append_field(out, "Connection", "keep-alive");
    for (const auto& [name, value] : response.headers.fields()) {
        if (!is_ours(name) && is_token(name)) append_field(out, name, value);
    }
    out += "\r\n";
    return out;
}

}  // namespace isocenter::http
