#include "http/url.h"

#include <algorithm>

#include "base/ascii.h"

namespace isocenter::http {
namespace {

/// RFC 3986 3.1.
bool has_scheme(std::string_view reference) {
    const std::size_t colon = reference.find_first_of(":/?#");
    if (colon == std::string_view::npos || reference[colon] != ':') return false;
    const std::string_view scheme = reference.substr(0, colon);
    return !scheme.empty() && is_letter(scheme.front()) && std::ranges::all_of(scheme, [](char c) {
        return is_alphanumeric(c) || c == '+' || c == '-' || c == '.';
    });
}

/// RFC 3986 5.2.4; `path` begins with '/'.
std::string without_dot_segments(std::string_view path) {
    std::string out;
    while (!path.empty()) {
        const std::size_t end = std::min(path.find('/', 1), path.size());
        const std::string_view segment = path.substr(0, end);
        path.remove_prefix(end);
        const bool up = segment == "/..";
        if (!up && segment != "/.") {
            out += segment;
            continue;
        }
        if (up) out.erase(std::min(out.rfind('/'), out.size()));
        if (path.empty()) out += '/';
    }
    return out;
}

/// Where the path of a URI with an authority begins.
std::size_t path_begin(std::string_view uri) {
    const std::size_t authority = uri.find("://");
    if (authority == std::string_view::npos) return uri.size();
    return std::min(uri.find_first_of("/?#", authority + 3), uri.size());
}

}  // namespace

std::optional<std::string> percent_decode(std::string_view text, bool plus_is_space) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (c == '%') {
            if (text.size() - i < 3) return std::nullopt;
            const int high = hex_value(text[i + 1]);
            const int low = hex_value(text[i + 2]);
            if (high < 0 || low < 0) return std::nullopt;
            out += static_cast<char>(high * 16 + low);
            i += 2;
        } else {
            out += (plus_is_space && c == '+') ? ' ' : c;
        }
    }
    return out;
}

std::optional<std::vector<QueryItem>> parse_query(std::string_view query) {
    std::vector<QueryItem> items;
    while (!query.empty()) {
        const std::size_t end = std::min(query.find('&'), query.size());
        const std::string_view piece = query.substr(0, end);
        query.remove_prefix(std::min(end + 1, query.size()));
        if (piece.empty()) continue;
        const std::size_t equals = piece.find('=');
        auto name = percent_decode(piece.substr(0, equals), true);
        if (!name) return std::nullopt;
        QueryItem item;
        item.name = *std::move(name);
        if (equals != std::string_view::npos) {
            auto value = percent_decode(piece.substr(equals + 1), true);
            if (!value) return std::nullopt;
            item.value = *std::move(value);
            item.has_equals = true;
        }
        items.push_back(std::move(item));
    }
    return items;
}

std::string resolve_reference(std::string_view base, std::string_view reference) {
    const std::size_t begin = path_begin(base);
    const std::string_view authority = base.substr(0, begin);
    const std::string_view path = base.substr(begin, base.find_first_of("?#", begin) - begin);
    std::string uri;
    if (has_scheme(reference))
        uri = reference;
    else if (reference.starts_with("//"))
        uri = std::string(base.substr(0, base.find("//"))) + std::string(reference);
    else if (reference.starts_with('/'))
        uri = std::string(authority) + std::string(reference);
    else if (reference.empty() || reference.front() == '?' || reference.front() == '#')
        uri = std::string(authority) + std::string(path) + std::string(reference);
    else
        uri = std::string(authority) + std::string(path.substr(0, path.rfind('/') + 1)) +
              (path.empty() ? "/" : "") + std::string(reference);
    const std::size_t from = path_begin(uri);
    const std::size_t to = std::min(uri.find_first_of("?#", from), uri.size());
    return uri.replace(from, to - from, without_dot_segments(std::string_view(uri).substr(from, to - from)));
}

}  // namespace isocenter::http
