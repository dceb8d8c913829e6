#include "fhir/mapping/attributes.h"

#include <algorithm>
#include <array>
#include <tuple>

namespace isocenter::fhir {

namespace json = boost::json;

namespace {

/// The control characters that FHIR's strings may have (R4, 2.24.0.1).
constexpr std::string_view kLayout = "\t\r\n";
constexpr std::string_view kBlanks = " \t\r\n";

const json::object* element_of(const DataSet& data_set, std::string_view tag) {
    const auto* element = data_set.if_contains(tag);
    return element != nullptr ? element->if_object() : nullptr;
}

std::string without_blanks(std::string_view text, std::string_view blanks) {
    const auto begin = text.find_first_not_of(blanks);
    if (begin == std::string_view::npos) return {};
    return std::string{text.substr(begin, text.find_last_not_of(blanks) - begin + 1)};
}

/// Controls that end a line or a page part words, others are nothing that could be read.
std::string without_controls(std::string_view text) {
    std::string result;
    for (const char c : text) {
        if (is_in_fhir(c)) {
            result += c;
        } else if (c == '\f' || c == '\v') {
            result += ' ';
        }
    }
    return result;
}

std::string raw_text_of(const json::value& value) {
    if (const auto* text = value.if_string()) return {text->data(), text->size()};
    if (value.is_number()) return json::serialize(value);
    const auto* name = value.if_object();
    const auto* alphabetic = name != nullptr ? name->if_contains("Alphabetic") : nullptr;
    return alphabetic != nullptr && alphabetic->is_string() ? std::string{alphabetic->as_string()}
                                                            : std::string{};
}

/// Without a control character a UID would be another one.
bool is_uid(const DataSet& data_set, std::string_view tag) {
    const auto* element = element_of(data_set, tag);
    const auto* vr = element != nullptr ? element->if_contains("vr") : nullptr;
    return vr != nullptr && *vr == "UI";
}

std::string group_of(const json::value& value, std::string_view group) {
    const auto* name = value.if_object();
    const auto* text = name != nullptr ? name->if_contains(group) : nullptr;
    return text != nullptr && text->is_string() ? trimmed(text->as_string()) : std::string{};
}

/// `order` of the parts family, given, middle and prefix (PS3.5 6.2.1); the suffix comes last.
std::string display_name(std::string_view name, const std::array<std::size_t, 4>& order) {
    const auto parts = split(name, '^');
    std::string shown;
    for (const std::size_t index : order) {
        if (index >= parts.size()) continue;
        const auto part = trimmed(parts[index]);
        if (!part.empty()) shown += (shown.empty() ? "" : " ") + part;
    }
    const auto suffix = parts.size() > 4 ? trimmed(parts[4]) : std::string{};
    return suffix.empty() ? shown : shown + ", " + suffix;
}

/// Many names of East Asia have no alphabetic group, and there the family's stands first.
std::string display_of(const json::value& person) {
    auto shown = display_name(group_of(person, "Alphabetic"), {3, 1, 2, 0});
    for (const auto* group : {"Ideographic", "Phonetic"}) {
        if (shown.empty()) shown = display_name(group_of(person, group), {3, 0, 1, 2});
    }
    return shown;
}

auto rank(const DataSet& data_set) {
    return std::tuple{first_text(data_set, "00080012"), first_text(data_set, "00080013"),
                      first_text(data_set, "00080018")};
}

}  // namespace

bool is_in_fhir(char c) {
    return static_cast<unsigned char>(c) >= 0x20 || kLayout.find(c) != kLayout.npos;
}

bool is_in_fhir(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) { return is_in_fhir(c); });
}

const json::array* values_of(const DataSet& data_set, std::string_view tag) {
    const auto* element = element_of(data_set, tag);
    const auto* value = element != nullptr ? element->if_contains("Value") : nullptr;
    return value != nullptr ? value->if_array() : nullptr;
}

std::string trimmed(std::string_view text) {
    if (!is_in_fhir(text)) return trimmed(without_controls(text));
    return without_blanks(text, kBlanks);
}

std::string stored_text(const DataSet& data_set, std::string_view tag) {
    const auto* values = values_of(data_set, tag);
    return values == nullptr || values->empty() ? std::string{}
                                                : without_blanks(raw_text_of(values->front()), " ");
}

std::string exact_text(const DataSet& data_set, std::string_view tag) {
    auto text = stored_text(data_set, tag);
    const bool is_empty = text.find_first_not_of(kBlanks) == text.npos;
    return is_in_fhir(text) && !is_empty ? text : std::string{};
}

std::vector<std::string> split(std::string_view text, char separator) {
    std::vector<std::string> parts;
    for (std::size_t begin = 0;;) {
        const auto end = text.find(separator, begin);
        parts.emplace_back(text.substr(begin, end == text.npos ? text.npos : end - begin));
        if (end == text.npos) return parts;
        begin = end + 1;
    }
}

std::string first_text(const DataSet& data_set, std::string_view tag) {
    if (is_uid(data_set, tag)) return stored_text(data_set, tag);
    const auto* values = values_of(data_set, tag);
    return values == nullptr || values->empty() ? std::string{} : trimmed(raw_text_of(values->front()));
}

std::vector<std::string> all_texts(const DataSet& data_set, std::string_view tag) {
    std::vector<std::string> texts;
    const auto* values = values_of(data_set, tag);
    if (values == nullptr) return texts;
    for (const auto& value : *values) {
        if (auto text = trimmed(raw_text_of(value)); !text.empty()) texts.push_back(std::move(text));
    }
    return texts;
}

std::vector<const DataSet*> items_of(const DataSet& data_set, std::string_view tag) {
    std::vector<const DataSet*> items;
    const auto* values = values_of(data_set, tag);
    if (values == nullptr) return items;
    for (const auto& value : *values) {
        if (const auto* item = value.if_object()) items.push_back(item);
    }
    return items;
}

std::vector<std::string> names_of(const DataSet& data_set, std::string_view tag, std::string_view group) {
    std::vector<std::string> names;
    const auto* values = values_of(data_set, tag);
    if (values == nullptr) return names;
    for (const auto& value : *values) {
        if (auto name = group_of(value, group); !name.empty()) names.push_back(std::move(name));
    }
    return names;
}

std::vector<std::string> displays_of(const DataSet& data_set, std::string_view tag) {
    std::vector<std::string> displays;
    const auto* values = values_of(data_set, tag);
    if (values == nullptr) return displays;
    for (const auto& value : *values)
        displays.push_back(display_of(value));
    return displays;
}

bool has_value(const DataSet& data_set, std::string_view tag) {
    const auto* values = values_of(data_set, tag);
    if (values == nullptr) return false;
    return std::any_of(values->begin(), values->end(), [](const json::value& value) {
        return value.is_object() ? !value.as_object().empty() : !trimmed(raw_text_of(value)).empty();
    });
}

Agreement::Agreement(std::vector<const DataSet*> instances) : instances_(std::move(instances)) {
    std::vector<std::pair<decltype(rank(*instances_.front())), const DataSet*>> ranked;
    for (const auto* instance : instances_)
        ranked.emplace_back(rank(*instance), instance);
    std::sort(ranked.begin(), ranked.end(),
              [](const auto& left, const auto& right) { return left.first > right.first; });
    for (std::size_t at = 0; at < ranked.size(); ++at)
        instances_[at] = ranked[at].second;
}

const DataSet* Agreement::decider(std::string_view tag) const {
    return decider([&](const DataSet& data_set) { return has_value(data_set, tag); });
}

const DataSet* Agreement::decider(const std::function<bool(const DataSet&)>& has) const {
    const auto found = std::find_if(instances_.begin(), instances_.end(),
                                    [&](const DataSet* data_set) { return has(*data_set); });
    return found == instances_.end() ? nullptr : *found;
}

const DataSet& Agreement::source(std::string_view tag) const {
    static const DataSet kNone;
    const auto* found = decider(tag);
    return found != nullptr ? *found : kNone;
}

std::string Agreement::text(std::string_view tag) const {
    return first_text(source(tag), tag);
}

}  // namespace isocenter::fhir
