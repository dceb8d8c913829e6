#include "fhir/classic/values.h"

#include <algorithm>
#include <charconv>

#include "fhir/mapping/date_time.h"

namespace isocenter::fhir::classic {
namespace {

namespace json = boost::json;

constexpr std::size_t kWholeDate = std::string_view("1961-04-12").size();

const json::array* values_of(const DataSet& data_set, std::string_view tag) {
    const auto* element = data_set.if_contains(tag);
    const auto* object = element != nullptr ? element->if_object() : nullptr;
    const auto* values = object != nullptr ? object->if_contains("Value") : nullptr;
    return values != nullptr ? values->if_array() : nullptr;
}

std::string text_of(const json::value& value) {
    if (value.is_string()) return std::string(value.get_string());
    if (value.is_number()) return json::serialize(value);
    if (!value.is_object()) return {};
    std::string text;
    // PS3.5 6.2.1: groups at the end may be missing, groups before another not.
    for (const auto* group : {"Phonetic", "Ideographic", "Alphabetic"}) {
        const auto* part = value.get_object().if_contains(group);
        const bool filled = part != nullptr && part->is_string();
        if (!text.empty()) text.insert(0, "=");
        if (filled) text.insert(0, part->get_string().c_str());
    }
    return text;
}

}  // namespace

bool is_present(const DataSet& data_set, std::string_view tag) {
    return data_set.contains(tag);
}

std::optional<std::string> single_text(const DataSet& data_set, std::string_view tag) {
    const auto* values = values_of(data_set, tag);
    if (values == nullptr || values->size() != 1) return std::nullopt;
    auto text = first_text(data_set, tag);
    if (text.empty()) return std::nullopt;
    return text;
}

std::optional<std::int64_t> single_integer(const DataSet& data_set, std::string_view tag) {
    const auto text = single_text(data_set, tag);
    if (!text) return std::nullopt;
    const char* begin = text->data() + (text->starts_with('+') ? 1 : 0);
    const char* end = text->data() + text->size();
    std::int32_t number = 0;
    const auto [at, error] = std::from_chars(begin, end, number);
    if (error != std::errc{} || at != end) return std::nullopt;
    return number;
}

std::string joined_text(const DataSet& data_set, std::string_view tag) {
    std::string text;
    const auto* values = values_of(data_set, tag);
    if (values == nullptr) return text;
    for (const auto& value : *values) {
        if (&value != &values->front()) text += '\\';
        text += text_of(value);
    }
    return text;
}

std::optional<std::string> to_whole_date(std::string_view da) {
    auto date = to_fhir_date(da);
    while (date && date->size() < kWholeDate)
        *date += "-01";
    return date;
}

Offset read_offset(const DataSet& data_set, const Context& context) {
    if (!has_value(data_set, "00080201")) return {};
    const auto text = offset_of(data_set, context);
    return text.empty() ? Offset{.valid = false} : Offset{text, true};
}

std::optional<std::string> started_at(const DataSet& data_set, std::string_view date_tag,
                                      std::string_view time_tag, const Offset& offset) {
    const auto date = to_whole_date(single_text(data_set, date_tag).value_or(""));
    const auto time = single_text(data_set, time_tag);
    if (!date || !time) return std::nullopt;
    std::string digits = *date;
    std::erase(digits, '-');
    auto moment = to_fhir_date_time(digits, *time, offset.text, "UTC");
    if (!moment || moment->size() == kWholeDate) return std::nullopt;
    return moment;
}

}  // namespace isocenter::fhir::classic
