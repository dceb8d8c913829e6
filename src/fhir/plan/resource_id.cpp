#include <boost/uuid/name_generator_sha1.hpp>
#include <boost/uuid/string_generator.hpp>
#include <boost/uuid/uuid_io.hpp>

#include "fhir/plan/plan.h"

namespace isocenter::fhir {

std::string resource_id(std::string_view type, const Identifier& identity, std::string_view partition) {
    static const auto kNamespace = boost::uuids::string_generator{}("5b1f4c5e-3c0a-5d0e-9a53-0c7e6f1d2b84");
    std::string name{type};
    name.append("|").append(identity.system).append("|").append(identity.value);
    if (!partition.empty()) name.append("|").append(partition);
    return boost::uuids::to_string(boost::uuids::name_generator_sha1{kNamespace}(name));
}

}  // namespace isocenter::fhir
