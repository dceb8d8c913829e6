#include <algorithm>

#include "fhir/exact_json.h"
#include "fhir/plan/plan.h"

namespace isocenter::fhir {

namespace json = boost::json;

namespace {

json::value normalised(const json::value& value);

json::object normalised_meta(const json::object& meta) {
    json::object result;
    if (const auto* source = meta.if_contains("source"); source != nullptr && source->is_string()) {
        const std::string_view text = source->as_string();
        result["source"] = text.substr(0, text.find('#'));
    }
    return result;
}

json::object normalised_object(const json::object& object) {
    const bool is_resource = object.contains("resourceType");
    json::object result;
    for (const auto& [key, member] : object) {
        if (is_resource && (key == "text" || key == "extension")) continue;
        if (is_resource && key == "meta" && member.is_object()) {
            if (auto meta = normalised_meta(member.as_object()); !meta.empty())
                result["meta"] = std::move(meta);
            continue;
        }
        auto value = normalised(member);
        const bool empty = value.is_null() || (value.is_array() && value.as_array().empty()) ||
                           (value.is_object() && value.as_object().empty());
        if (!empty) result[key] = std::move(value);
    }
    return result;
}

json::value normalised(const json::value& value) {
    if (const auto* object = value.if_object()) return normalised_object(*object);
    const auto* array = value.if_array();
    if (array == nullptr) {
        // Numbers by value: a server may write 5 as 5.0.
        const auto number = number_in(value);
        return number ? json::value(*number) : value;
    }
    json::array result;
    for (const auto& item : *array)
        result.push_back(normalised(item));
    return result;
}

}  // namespace

bool is_equal_content(const json::value& left, const json::value& right) {
    return normalised(left) == normalised(right);
}

std::vector<std::string> differing_elements(const json::object& left, const json::object& right) {
    std::vector<std::string> elements;
    const auto note = [&](const json::object& from) {
        for (const auto& [key, value] : from) {
            const auto* one = left.if_contains(key);
            const auto* other = right.if_contains(key);
            if (one == nullptr || other == nullptr || !is_equal_content(*one, *other))
                elements.emplace_back(key);
        }
    };
    note(left);
    note(right);
    std::sort(elements.begin(), elements.end());
    elements.erase(std::unique(elements.begin(), elements.end()), elements.end());
    return elements;
}

}  // namespace isocenter::fhir
