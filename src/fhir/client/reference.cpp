#include "fhir/client/reference.h"

#include <algorithm>

namespace isocenter::fhir {
namespace {

constexpr std::string_view kAfterScheme = "://";

bool is_absolute(std::string_view reference) {
    return reference.find(kAfterScheme) != std::string_view::npos;
}

}  // namespace

std::string in_one_spelling(std::string_view address) {
    address = address.substr(0, address.find_last_not_of('/') + 1);
    if (!is_absolute(address)) return std::string(address);
    const std::size_t host = address.find(kAfterScheme) + kAfterScheme.size();
    const std::size_t path = std::min(address.find('/', host), address.size());
    std::string origin(address.substr(0, path));
    std::transform(origin.begin(), origin.end(), origin.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    const std::string_view standard = origin.starts_with("https:") ? ":443" : ":80";
    if (origin.ends_with(standard)) origin.resize(origin.size() - standard.size());
    return origin.append(address.substr(path));
}

std::string local_id(std::string_view reference, std::string_view type, std::string_view base) {
    std::string own(reference.substr(0, reference.find("/_history/")));
    if (is_absolute(own)) {
        own = in_one_spelling(own);
        const std::string root = is_absolute(base) ? in_one_spelling(base) + '/' : std::string();
        if (root.empty() || !own.starts_with(root)) return {};
        own.erase(0, root.size());
    }
    const std::string parent = std::string(type) + '/';
    if (!own.starts_with(parent)) return {};
    const std::string id = own.substr(parent.size());
    return id.find_first_of("/?#") == std::string::npos ? id : std::string();
}

}  // namespace isocenter::fhir
