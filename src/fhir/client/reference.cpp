#include "fhir/client/reference.h"

#include "fhir/client/server_address.h"

namespace isocenter::fhir {
namespace {

constexpr std::string_view kAfterScheme = "://";

bool is_absolute(std::string_view reference) {
    return reference.find(kAfterScheme) != std::string_view::npos;
}

}  // namespace

std::string local_id(std::string_view reference, std::string_view type, std::string_view base) {
    std::string own(reference.substr(0, reference.find("/_history/")));
    if (is_absolute(own)) {
        own = normalised_address(own);
        const std::string root = is_absolute(base) ? normalised_address(base) + '/' : std::string();
        if (root.empty() || !own.starts_with(root)) return {};
        own.erase(0, root.size());
    }
    const std::string parent = std::string(type) + '/';
    if (!own.starts_with(parent)) return {};
    const std::string id = own.substr(parent.size());
    return id.find_first_of("/?#") == std::string::npos ? id : std::string();
}

}  // namespace isocenter::fhir
