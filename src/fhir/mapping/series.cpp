#include <algorithm>
#include <charconv>
#include <map>
#include <set>

#include "fhir/mapping/codings.h"
#include "fhir/mapping/modalities.h"
#include "fhir/mapping/parts.h"

namespace isocenter::fhir {

namespace json = boost::json;

namespace {

/// A required element of which nothing is known (row 25 of section 20).
json::object unknown_coding() {
    return {{"extension", json::array{{{"url", "http://hl7.org/fhir/StructureDefinition/data-absent-reason"},
                                       {"valueCode", "unknown"}}}}};
}

/// FHIR's unsignedInt; what is none is recorded.
std::optional<std::int64_t> number_of(const std::string& text, std::string_view tag, const Context& context) {
    if (text.empty()) return {};
    std::int64_t number = -1;
    const char* begin = text.data() + (text.front() == '+' ? 1 : 0);
    const char* end = text.data() + text.size();
    const auto [at, error] = std::from_chars(begin, end, number);
    if (error == std::errc{} && at == end && number >= 0 && number <= 2'147'483'647) return number;
    context.invalid(tag, text, "is no number from 0");
    return {};
}

/// Sorts by (number, uid), absent numbers last.
void sort_by_number(std::vector<json::object>& list) {
    const auto key = [](const json::object& item) {
        const auto* number = item.if_contains("number");
        return std::pair{number == nullptr ? std::int64_t{1} << 40 : number->as_int64(),
                         std::string_view{item.at("uid").as_string()}};
    };
    std::sort(list.begin(), list.end(),
              [&](const auto& left, const auto& right) { return key(left) < key(right); });
}

json::object sop_class_of(const DataSet& instance, const Context& context) {
    const auto uid = first_text(instance, "00080016");
    if (uid.empty()) return unknown_coding();
    if (context.options.legacy_codings) return make_coding({}, uid);
    return make_coding(kUriSystem, "urn:oid:" + uid);
}

/// Whether it is one of the SR documents of PS3.3 A.35. Modality alone does not tell: those of ultrasound
/// have the modality of the examination, key object selections have KO.
bool is_structured_report(const DataSet& instance) {
    constexpr std::string_view kStandardClasses = "1.2.840.10008.5.1.4.1.1.88.";
    return first_text(instance, "00080016").starts_with(kStandardClasses) ||
           first_text(instance, "00080060") == "SR";
}

/// The document's title; for a structured report what its root is called.
std::string title_of(const DataSet& instance) {
    auto title = first_text(instance, "00420010");
    if (!title.empty() || !is_structured_report(instance)) return title;
    const auto root = read_code(instance, "0040A043");
    return root ? root->meaning : std::string{};
}

json::object make_instance(const DataSet& instance, const Context& context) {
    json::object result{{"uid", first_text(instance, "00080018")},
                        {"sopClass", sop_class_of(instance, context)}};
    if (const auto number = number_of(first_text(instance, "00200013"), "00200013", context))
        result["number"] = *number;
    if (const auto title = title_of(instance); !title.empty()) result["title"] = title;
    return result;
}

json::value body_site_of(const Agreement& series) {
    if (const auto* source = series.decider("00082218")) {
        if (const auto code = read_code(*source, "00082218")) return make_coding(*code);
    }
    const auto part = series.text("00180015");
    return part.empty() ? json::value{} : json::value(body_part(part));
}

json::array performers_of(const Agreement& series) {
    json::array performers;
    struct Role {
        std::string_view tag;
        std::string_view function;
    };
    for (const auto& role : {Role{"00081050", "PRF"}, Role{"00081070", "SPRF"}}) {
        for (const auto& display : displays_of(series.source(role.tag), role.tag)) {
            if (display.empty()) continue;
            performers.push_back(
                {{"function",
                  {{"coding",
                    json::array{make_coding("http://terminology.hl7.org/CodeSystem/v3-ParticipationType",
                                            role.function)}}}},
                 {"actor", {{"display", display}}}});
        }
    }
    return performers;
}

json::array specimens_of(const Agreement& series) {
    std::set<std::string> ids;
    for (const auto* instance : series.instances()) {
        for (const auto* item : items_of(*instance, "00400560")) {
            if (auto id = exact_text(*item, "00400551"); !id.empty()) ids.insert(std::move(id));
        }
    }
    json::array specimens;
    for (const auto& id : ids)
        specimens.push_back(json::object{{"type", "Specimen"}, {"identifier", {{"value", id}}}});
    return specimens;
}

const Modality* find_modality(std::string_view code) {
    const auto found = std::find_if(kModalities.begin(), kModalities.end(),
                                    [&](const Modality& modality) { return modality.code == code; });
    return found == kModalities.end() ? nullptr : &*found;
}

std::string in_capitals(std::string text) {
    for (char& c : text) {
        if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    }
    return text;
}

/// The binding is extensible: a code that FHIR R4 has not may stand there, but not as one of DICOM's.
json::object modality_of(const Agreement& series, const Context& context) {
    auto modality = series.text("00080060");
    if (modality.empty()) return unknown_coding();
    if (context.options.legacy_codings) return make_coding("DCM", modality);
    const auto* known = find_modality(modality);
    if (known == nullptr) {
        auto capitals = in_capitals(modality);
        known = find_modality(capitals);
        context.invalid("00080060", modality,
                        known != nullptr ? "Modality is not in capitals" : "is no modality of DICOM");
        if (known != nullptr) modality = std::move(capitals);
    }
    return make_coding(known != nullptr && known->is_in_r4 ? kDcm : std::string_view{}, modality);
}

void add_details(json::object& result, const Agreement& series, const Context& context) {
    if (auto number = number_of(series.text("00200011"), "00200011", context)) result["number"] = *number;
    if (auto text = series.text("0008103E"); !text.empty()) result["description"] = text;
    if (auto site = body_site_of(series); !site.is_null()) result["bodySite"] = std::move(site);
    const auto side = laterality_code(series.text("00200060"));
    if (!side.empty()) result["laterality"] = make_coding(kSnomed, side);
    if (auto begun = started(series.source("00080021"), "00080021", "00080031", context); !begun.empty())
        result["started"] = begun;
    if (auto performers = performers_of(series); !performers.empty())
        result["performer"] = std::move(performers);
    if (auto specimens = specimens_of(series); !specimens.empty()) result["specimen"] = std::move(specimens);
}

}  // namespace

json::array make_series(const Agreement& instances, bool with_instances, const Context& context) {
    std::map<std::string, std::vector<const DataSet*>> by_series;
    for (const auto* instance : instances.instances())
        by_series[first_text(*instance, "0020000E")].push_back(instance);
    std::vector<json::object> list;
    for (auto& [uid, members] : by_series) {
        const Agreement series{std::move(members)};
        json::object result{{"uid", uid},
                            {"modality", modality_of(series, context)},
                            {"numberOfInstances", static_cast<std::int64_t>(series.instances().size())},
                            {"endpoint", json::array{{{"reference", "@endpoint"}}}}};
        add_details(result, series, context);
        if (with_instances) {
            std::vector<json::object> made;
            for (const auto* instance : series.instances())
                made.push_back(make_instance(*instance, context));
            sort_by_number(made);
            result["instance"] = json::array(made.begin(), made.end());
        }
        list.push_back(std::move(result));
    }
    sort_by_number(list);
    return json::array(list.begin(), list.end());
}

}  // namespace isocenter::fhir
