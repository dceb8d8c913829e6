#include "fhir/client/server_address.h"

#include <algorithm>

namespace isocenter::fhir {
namespace {

/// Where the path begins, or what follows when there is none; 0 for what has no authority.
std::size_t end_of_origin(std::string_view url) {
    const std::size_t authority = url.find("://");
    if (authority == std::string_view::npos) return 0;
    return std::min(url.find_first_of("/?#", authority + 3), url.size());
}

}  // namespace

std::string normalised_origin(std::string_view url) {
    std::string origin(url.substr(0, end_of_origin(url)));
    std::transform(origin.begin(), origin.end(), origin.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    const std::string_view standard = origin.starts_with("https:") ? ":443" : ":80";
    if (origin.ends_with(standard)) origin.resize(origin.size() - standard.size());
    return origin;
}

std::string normalised_address(std::string_view url) {
    url = url.substr(0, url.find_last_not_of('/') + 1);
    return normalised_origin(url) + std::string(url.substr(end_of_origin(url)));
}

std::optional<std::string> address_at(std::string_view url, std::string_view base) {
    if (normalised_origin(url) != normalised_origin(base)) return std::nullopt;
    return std::string(base.substr(0, end_of_origin(base))).append(url.substr(end_of_origin(url)));
}

std::string resolve_link(std::string_view link, std::string_view request_url, std::string_view base) {
    const std::size_t scheme = link.find(':');
    if (link.empty() || scheme < link.find_first_of("/?#")) return std::string(link);
    if (link.starts_with("//"))
        return std::string(request_url.substr(0, request_url.find(':') + 1)).append(link);
    if (link.starts_with('/'))
        return std::string(request_url.substr(0, end_of_origin(request_url))).append(link);
    if (link.starts_with('?'))
        return std::string(request_url.substr(0, request_url.find_first_of("?#"))).append(link);
    return std::string(base).append("/").append(link);
}

}  // namespace isocenter::fhir
