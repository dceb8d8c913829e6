#include "fhir/json_members.h"

namespace isocenter::fhir {

namespace json = boost::json;

std::string text_member(const json::object& object, std::string_view key) {
    const auto* value = object.if_contains(key);
    return value != nullptr && value->is_string() ? std::string{value->as_string()} : std::string{};
}

json::array list_member(const json::object& object, std::string_view key) {
    const auto* value = object.if_contains(key);
    return value != nullptr && value->is_array() ? value->as_array() : json::array{};
}

}  // namespace isocenter::fhir
