#include "fhir/json_members.h"

#include "fhir/exact_json.h"

namespace isocenter::fhir {

namespace json = boost::json;

std::string text_member(const json::object& object, std::string_view key) {
    const auto* value = object.if_contains(key);
    if (value == nullptr || !value->is_string() || is_exact_number(*value)) return {};
    return std::string{value->as_string()};
}

const json::array& list_member(const json::object& object, std::string_view key) {
    static const json::array none;
    const auto* value = object.if_contains(key);
    return value != nullptr && value->is_array() ? value->get_array() : none;
}

}  // namespace isocenter::fhir
