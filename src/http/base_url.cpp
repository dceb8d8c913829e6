#include "http/base_url.h"

#include <algorithm>
#include <boost/asio/ip/address.hpp>
#include <charconv>
#include <cstdint>
#include <limits>
#include <string>

#include "base/ascii.h"
#include "http/ascii.h"

namespace isocenter::http {
namespace {

/// Only what a host, port or IP literal is made of: the value is written into links.
bool is_authority(std::string_view text) {
    return !text.empty() && text.size() <= 256 && std::all_of(text.begin(), text.end(), [](char c) {
        return is_alphanumeric(c) || std::string_view(".-_:[]").find(c) != std::string_view::npos;
    });
}

bool is_prefix(std::string_view text) {
    return text.size() <= 256 && text.starts_with('/') && std::all_of(text.begin(), text.end(), [](char c) {
               return is_alphanumeric(c) || std::string_view(".-_~/").find(c) != std::string_view::npos;
           });
}

std::string_view first_of_list(std::string_view list) {
    return trim(list.substr(0, list.find(',')));
}

/// Value of one parameter of the first element of Forwarded (RFC 7239 4).
std::string_view forwarded(std::string_view element, std::string_view name) {
    while (!element.empty()) {
        const std::size_t end = std::min(element.find(';'), element.size());
        const std::string_view pair = trim(element.substr(0, end));
        element.remove_prefix(std::min(end + 1, element.size()));
        const std::size_t equals = pair.find('=');
        if (equals == std::string_view::npos || !equals_ignore_case(trim(pair.substr(0, equals)), name))
            continue;
        std::string_view value = trim(pair.substr(equals + 1));
        if (value.size() >= 2 && value.front() == '"' && value.back() == '"')
            value = value.substr(1, value.size() - 2);
        return value;
    }
    return {};
}

/// Some clients leave the port out of Host. A loopback name reaches nobody but us, so the port can only be
/// ours.
std::string with_our_port(std::string host, std::string_view local_authority) {
    const std::size_t colon = local_authority.rfind(':');
    const bool loopback = host == "localhost" || host == "127.0.0.1" || host == "[::1]";
    if (loopback && colon != std::string_view::npos) host += local_authority.substr(colon);
    return host;
}

bool has_port(std::string_view authority) {
    const std::size_t colon = authority.rfind(':');
    return colon != std::string_view::npos && (!authority.starts_with('[') || authority[colon - 1] == ']');
}

/// What X-Forwarded-Port adds to `authority`: nothing when that has a port, and not the one that `scheme` has
/// anyway.
std::string forwarded_port(std::string_view port, std::string_view authority, std::string_view scheme) {
    unsigned number = 0;
    const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), number);
    const bool is_port = error == std::errc() && end == port.data() + port.size() && number > 0 &&
                         number <= std::numeric_limits<std::uint16_t>::max();
    constexpr unsigned kHttp = 80;
    constexpr unsigned kHttps = 443;
    if (!is_port || has_port(authority) || number == (scheme == "https" ? kHttps : kHttp)) return {};
    return ":" + std::to_string(number);
}

}  // namespace

std::optional<std::string> canonical_address(const std::string& text) {
    namespace ip = boost::asio::ip;
    boost::system::error_code error;
    const ip::address address = ip::make_address(text, error);
    if (error) return std::nullopt;
    if (address.is_v6() && address.to_v6().is_v4_mapped())
        return ip::make_address_v4(ip::v4_mapped, address.to_v6()).to_string();
    return address.to_string();
}

bool is_base_url(std::string_view url) {
    for (const std::string_view scheme : {"http://", "https://"}) {
        if (!url.starts_with(scheme)) continue;
        url.remove_prefix(scheme.size());
        const std::size_t slash = std::min(url.find('/'), url.size());
        const std::string_view path = url.substr(slash);
        return is_authority(url.substr(0, slash)) && (path.empty() || is_prefix(path));
    }
    return false;
}

bool is_origin(std::string_view text) {
    const std::size_t end = text.find("://");
    if (end == std::string_view::npos || end == 0) return false;
    const std::string_view scheme = text.substr(0, end);
    const bool is_scheme =
        scheme[0] >= 'a' && scheme[0] <= 'z' && std::ranges::all_of(scheme, [](char c) {
            return (c >= 'a' && c <= 'z') || is_digit(c) || c == '+' || c == '-' || c == '.';
        });
    const bool is_lower = std::ranges::none_of(text, [](char c) { return c >= 'A' && c <= 'Z'; });
    return is_scheme && is_lower && is_authority(text.substr(end + 3));
}

std::string base_url_of(const Request& request, const BaseUrlRules& rules, std::string_view local_authority) {
    if (!rules.public_base_url.empty()) {
        std::string base = rules.public_base_url;
        while (base.ends_with('/'))
            base.pop_back();
        return base;
    }
    std::string scheme = request.tls ? "https" : "http";
    std::string authority(is_authority(request.headers.get("Host")) ? request.headers.get("Host")
                                                                    : local_authority);
    authority = with_our_port(std::move(authority), local_authority);
    std::string prefix;
    const auto& trusted = rules.trusted_proxies;
    if (std::find(trusted.begin(), trusted.end(), request.remote_address) != trusted.end()) {
        const std::string_view element = first_of_list(request.headers.get("Forwarded"));
        std::string_view proto = forwarded(element, "proto");
        std::string_view host = forwarded(element, "host");
        if (proto.empty()) proto = first_of_list(request.headers.get("X-Forwarded-Proto"));
        if (host.empty()) host = first_of_list(request.headers.get("X-Forwarded-Host"));
        std::string_view before = first_of_list(request.headers.get("X-Forwarded-Prefix"));
        while (before.ends_with('/'))
            before.remove_suffix(1);
        if (equals_ignore_case(proto, "http") || equals_ignore_case(proto, "https")) scheme = to_lower(proto);
        const bool complete = !forwarded(element, "host").empty();
        if (is_authority(host)) authority = host;
        if (!complete)
            authority +=
                forwarded_port(first_of_list(request.headers.get("X-Forwarded-Port")), authority, scheme);
        if (is_prefix(before)) prefix = before;
    }
    return scheme + "://" + authority + prefix;
}

}  // namespace isocenter::http
