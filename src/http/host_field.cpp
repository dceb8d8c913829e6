#include "http/host_field.h"

#include <algorithm>
#include <boost/asio/ip/address_v6.hpp>

#include "base/ascii.h"

namespace isocenter::http {
namespace {

bool is_unreserved(char c) {
    return is_alphanumeric(c) || std::string_view("-._~").find(c) != std::string_view::npos;
}

bool is_sub_delimiter(char c) {
    return std::string_view("!$&'()*+,;=").find(c) != std::string_view::npos;
}

bool is_registered_name(std::string_view text) {
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (is_unreserved(text[i]) || is_sub_delimiter(text[i])) continue;
        if (text[i] != '%' || i + 2 >= text.size() || hex_value(text[i + 1]) < 0 ||
            hex_value(text[i + 2]) < 0)
            return false;
        i += 2;
    }
    return true;
}

/// What is between the brackets of an IP literal.
bool is_literal(std::string_view text) {
    if (!text.starts_with('v') && !text.starts_with('V')) {
        // A zone is no part of it (RFC 3986), though the reader would take one.
        if (text.find('%') != std::string_view::npos) return false;
        boost::system::error_code error;
        boost::asio::ip::make_address_v6(text, error);
        return !error;
    }
    const std::size_t dot = text.find('.');
    if (dot == std::string_view::npos || dot < 2 || dot + 1 == text.size()) return false;
    return std::ranges::all_of(text.substr(1, dot - 1), [](char c) { return hex_value(c) >= 0; }) &&
           std::ranges::all_of(text.substr(dot + 1),
                               [](char c) { return is_unreserved(c) || is_sub_delimiter(c) || c == ':'; });
}

}  // namespace

bool is_valid_host(std::string_view value) {
    const bool literal = value.starts_with('[');
    const std::size_t end = literal ? value.find(']') : std::min(value.find(':'), value.size());
    if (end == std::string_view::npos) return false;
    const std::string_view port = value.substr(literal ? end + 1 : end);
    if (!port.empty() && (port.front() != ':' || !all_digits(port.substr(1)))) return false;
    return literal ? is_literal(value.substr(1, end - 1)) : is_registered_name(value.substr(0, end));
}

}  // namespace isocenter::http
