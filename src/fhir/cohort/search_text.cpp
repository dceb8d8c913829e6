#include "fhir/cohort/search_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/ascii.h"
#include "base/percent.h"
#include "fhir/cohort/patient_elements.h"

namespace isocenter::fhir::cohort {
namespace {

namespace json = boost::json;

constexpr std::size_t kLongestSearch = 4096;

Error bad(std::string reason) {
    return fail(ErrorCode::invalid_request, std::move(reason));
}

/// A '+' stays: it is part of codes and zones more often than it is a space.
Result<std::string> decoded(std::string_view text) {
    std::string out;
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (text[at] != '%') {
            out += text[at];
            continue;
        }
        const int high = at + 2 < text.size() ? hex_value(text[at + 1]) : -1;
        const int low = at + 2 < text.size() ? hex_value(text[at + 2]) : -1;
        if (high < 0 || low < 0) return bad("a percent escape is broken");
        out += static_cast<char>(high * 16 + low);
        at += 2;
    }
    return out;
}

/// What restricts to patients or shapes the answer is for the engine to say.
Status check_name(std::string_view name) {
    const std::string_view base = name.substr(0, name.find_first_of(":."));
    if (base.empty()) return bad("a parameter has no name");
    constexpr std::array kOwn = {"patient", "subject"};
    if (std::find(kOwn.begin(), kOwn.end(), base) != kOwn.end())
        return bad(fmt::format("{} is not allowed: the cohort names the patients", name));
    constexpr std::array kConditions = {"_id",     "_lastUpdated", "_tag",  "_profile", "_security",
                                        "_source", "_text",        "_list", "_content"};
    if (base[0] == '_' && std::find(kConditions.begin(), kConditions.end(), base) == kConditions.end())
        return bad(fmt::format("{} is not allowed: it shapes the answer or leads to other resources", name));
    return {};
}

struct NamedRule {
    std::string_view type;
    std::string_view parameter;  ///< empty: the usual dates of the type
    DateRule rule;
};

const std::vector<NamedRule>& named_rules() {
    static const std::vector<std::string> onset{"/onsetDateTime", "/onsetPeriod"};
    static const std::vector<std::string> effective{"/effectiveDateTime", "/effectivePeriod",
                                                    "/effectiveInstant"};
    static const std::vector<std::string> performed{"/performedDateTime", "/performedPeriod"};
    static const std::vector<NamedRule> rules{
        {"Condition",
         "",
         {{"onset-date", "recorded-date"}, {"/onsetDateTime", "/onsetPeriod", "/recordedDate"}}},
        {"Condition", "onset-date", {{"onset-date"}, onset}},
        {"Condition", "recorded-date", {{"recorded-date"}, {"/recordedDate"}}},
        {"Condition", "abatement-date", {{"abatement-date"}, {"/abatementDateTime", "/abatementPeriod"}}},
        {"Observation", "date", {{"date"}, effective}},
        {"DiagnosticReport", "date", {{"date"}, effective}},
        {"DiagnosticReport", "issued", {{"issued"}, {"/issued"}}},
        {"Procedure", "date", {{"date"}, performed}},
        {"Encounter", "date", {{"date"}, {"/period"}}},
        {"MedicationRequest", "authoredon", {{"authoredon"}, {"/authoredOn"}}},
        {"MedicationAdministration", "effective-time", {{"effective-time"}, effective}},
        {"MedicationStatement", "effective", {{"effective"}, effective}},
        {"Immunization", "date", {{"date"}, {"/occurrenceDateTime"}}},
        {"AllergyIntolerance", "date", {{"date"}, {"/recordedDate"}}},
        {"AllergyIntolerance", "onset", {{"onset"}, onset}},
        {"ServiceRequest", "authored", {{"authored"}, {"/authoredOn"}}},
        {"ImagingStudy", "started", {{"started"}, {"/started"}}},
        {"DocumentReference", "date", {{"date"}, {"/date"}}},
    };
    return rules;
}

/// Types of the table of 22.6, whose only date parameter is the usual one.
constexpr std::array<std::pair<std::string_view, std::string_view>, 8> kUsual = {{
    {"Observation", "date"},
    {"DiagnosticReport", "date"},
    {"Procedure", "date"},
    {"Encounter", "date"},
    {"MedicationRequest", "authoredon"},
    {"MedicationAdministration", "effective-time"},
    {"MedicationStatement", "effective"},
    {"Condition", ""},
}};

}  // namespace

Result<std::string> read_parameters(std::string_view text) {
    if (text.size() > kLongestSearch) return bad("the search is too long");
    std::string query;
    while (!text.empty()) {
        const std::string_view item = text.substr(0, text.find('&'));
        text.remove_prefix(std::min(text.size(), item.size() + 1));
        const std::size_t equals = item.find('=');
        if (equals == std::string_view::npos || equals + 1 == item.size())
            return bad(fmt::format("\"{}\" is no parameter with a value", item));
        ISO_TRY(const std::string name, decoded(item.substr(0, equals)));
        ISO_TRY(const std::string value, decoded(item.substr(equals + 1)));
        ISO_CHECK(check_name(name));
        query += (query.empty() ? "" : "&") + percent_encode(name) + '=' + percent_encode(value);
    }
    return query;
}

Result<SearchText> read_search(std::string_view text) {
    const std::size_t question = text.find('?');
    const std::string_view type = text.substr(0, question);
    if (type.find("://") != std::string_view::npos || type.starts_with('/'))
        return bad("an address is not allowed: the search is relative to the FHIR server's base");
    const bool is_type = !type.empty() && type[0] >= 'A' && type[0] <= 'Z' && type.size() <= 64 &&
                         std::all_of(type.begin(), type.end(), is_letter);
    if (!is_type) return bad(fmt::format("\"{}\" is no resource type", type.substr(0, 64)));
    if (type == "Patient") return bad("conditions on the Patient belong into /patient/search");
    if (!has_patients(type))
        return bad(
            fmt::format("{} has no search parameter patient in FHIR R4: nothing tells whose it is", type));
    SearchText search{std::string(type), {}};
    if (question != std::string_view::npos) {
        ISO_TRY(search.query, read_parameters(text.substr(question + 1)));
    }
    return search;
}

std::optional<DateRule> date_rule(std::string_view type, std::string_view on) {
    if (on.empty()) {
        const auto* usual =
            std::find_if(kUsual.begin(), kUsual.end(), [&](const auto& row) { return row.first == type; });
        on = usual == kUsual.end() ? "_lastUpdated" : usual->second;
    }
    if (on == "_lastUpdated") return DateRule{{"_lastUpdated"}, {"/meta/lastUpdated"}};
    for (const NamedRule& row : named_rules()) {
        if (row.type == type && row.parameter == on) return row.rule;
    }
    return std::nullopt;
}

std::optional<Span> date_of(const json::object& resource, const DateRule& rule) {
    for (const std::string& pointer : rule.elements) {
        // A pointer is one member, or one inside `meta`.
        const std::size_t slash = pointer.find('/', 1);
        const json::value* found = resource.if_contains(pointer.substr(1, slash - 1));
        if (found != nullptr && slash != std::string::npos) {
            boost::system::error_code error;
            found = found->find_pointer(pointer.substr(slash), error);
        }
        if (found == nullptr) continue;
        if (const auto span = read_span(*found)) return span;
    }
    return std::nullopt;
}

}  // namespace isocenter::fhir::cohort
