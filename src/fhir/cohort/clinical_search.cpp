#include "fhir/cohort/clinical_search.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <tuple>

#include "base/percent.h"
#include "fhir/cohort/patient_elements.h"
#include "fhir/cohort/search_text.h"
#include "fhir/exact_json.h"

namespace isocenter::fhir::cohort {
namespace {

namespace json = boost::json;

std::optional<Span> resolved(const std::optional<Bound>& bound, const Span& as_of) {
    if (!bound) return std::nullopt;
    return bound->date ? *bound->date : shifted(as_of, bound->from_as_of);
}

bool reaches_back(const std::optional<Bound>& from) {
    if (!from || from->date) return false;
    const auto& [months, days, time, timed] = from->from_as_of;
    return std::tuple(months, days, time) < std::tuple(0, 0, std::chrono::seconds{0});
}

bool has_coding(const json::object& resource, std::string_view name,
                std::initializer_list<std::string_view> codes) {
    const json::value* concept_value = resource.if_contains(name);
    if (concept_value == nullptr || !concept_value->is_object()) return false;
    const json::value* codings = concept_value->get_object().if_contains("coding");
    if (codings == nullptr || !codings->is_array()) return false;
    for (const json::value& coding : codings->get_array()) {
        if (!coding.is_object()) continue;
        const std::string_view code = text_at(coding.get_object(), "code");
        for (const std::string_view wanted : codes) {
            if (code == wanted) return true;
        }
    }
    return false;
}

bool counts(const json::object& resource) {
    if (text_at(resource, "status") == "entered-in-error") return false;
    return !has_coding(resource, "verificationStatus", {"entered-in-error", "refuted"});
}

/// Those of `ids`, or all when it is empty. A resource that a search by some patients finds may name others,
/// whom another search finds it for.
std::vector<std::string> asked_patients(const json::object& resource, const std::vector<std::string>& ids,
                                        std::string_view base) {
    std::vector<std::string> patients = patients_of(resource, base);
    if (ids.empty()) return patients;
    std::erase_if(patients, [&](const std::string& patient) {
        return std::find(ids.begin(), ids.end(), patient) == ids.end();
    });
    return patients;
}

/// The searches that find all hits together: one per date parameter, since servers cannot join two by "or".
/// The window is a day wider on both sides: servers read days in a zone of their own.
std::vector<std::string> forms_of(const ClinicalSearch& search) {
    const std::optional<DateRule> rule =
        date_rule(search.search.type, search.within ? search.within->on : std::string());
    const Window window = window_of(search.within, search.as_of);
    if (!search.within || !rule) return {search.search.query};
    std::vector<std::string> forms;
    for (const std::string& parameter : rule->parameters) {
        std::string form = search.search.query;
        const auto add = [&](const char* prefix, std::chrono::sys_days day) {
            form += (form.empty() ? "" : "&") + parameter + '=' + prefix + to_text(day);
        };
        if (window.from) add("ge", window.from->first_day - std::chrono::days{1});
        if (window.to) add("le", window.to->last_day + std::chrono::days{1});
        forms.push_back(std::move(form));
    }
    return forms;
}

/// Large pages save requests. Resources that hold documents may fill a page beyond what is read: then
/// everything is asked for again with smaller ones, so that `visit` sees some resources twice.
Attempt<void> search_in_pages(FhirClient& fhir, const std::string& type, const std::string& form,
                              const std::function<Attempt<void>(json::object&&)>& visit) {
    constexpr unsigned kMostOfPage = 1000;
    constexpr unsigned kMostOfAll = 1'000'000;
    constexpr unsigned kFewer = 10;
    for (unsigned count = kMostOfPage;; count /= kFewer) {
        const std::string counted = fmt::format("{}{}_count={}", form, form.empty() ? "" : "&", count);
        auto status = fhir.search_each(type, counted, visit, static_cast<int>(kMostOfAll / count));
        if (status || !status.error().too_large || count == 1) return status;
    }
}

}  // namespace

Window window_of(const std::optional<Within>& within, const Span& as_of) {
    if (!within) return {};
    Window window{resolved(within->from, as_of), resolved(within->to, as_of)};
    if (!window.to && reaches_back(within->from)) {
        window.to = as_of;
        window.to->timed = false;
    }
    return window;
}

Found<std::uint64_t> count_hits(FhirClient& fhir, const ClinicalSearch& search) {
    std::uint64_t total = 0;
    for (const std::string& form : forms_of(search)) {
        const auto count = fhir.count(search.search.type, form);
        if (!count) return not_found(failure_at(search.pointer, count.error()));
        total += *count;
    }
    return total;
}

Found<void> each_hit(FhirClient& fhir, const ClinicalSearch& search, const std::vector<std::string>& ids,
                     const std::function<Found<void>(ClinicalHit&&)>& visit) {
    const std::optional<DateRule> rule =
        date_rule(search.search.type, search.within ? search.within->on : std::string());
    const Window window = window_of(search.within, search.as_of);
    std::set<std::string> known;
    std::optional<CohortFailure> of_visitor;
    const auto look_at = [&](json::object&& resource) -> Attempt<void> {
        std::vector<std::string> patients = asked_patients(resource, ids, fhir.base());
        if (patients.empty() || !counts(resource)) return {};
        const std::optional<Span> when = rule ? date_of(resource, *rule) : std::nullopt;
        if (search.within && (!when || !overlaps(*when, window))) return {};
        if (!known.insert(std::string(text_at(resource, "id"))).second) return {};
        for (std::string& patient : patients) {
            const bool last = &patient == &patients.back();
            auto taken = visit({std::move(patient), last ? std::move(resource) : resource, when});
            if (taken) continue;
            of_visitor = std::move(taken).error();
            return failed(FailureKind::cancelled, of_visitor->text);
        }
        return {};
    };
    for (std::string form : forms_of(search)) {
        if (!ids.empty()) form += (form.empty() ? "" : "&") + list_parameter("patient", ids);
        const auto status = search_in_pages(fhir, search.search.type, form, look_at);
        if (of_visitor) return not_found(std::move(*of_visitor));
        if (!status) return not_found(failure_at(search.pointer, status.error()));
    }
    return {};
}

std::string list_parameter(std::string_view name, const std::vector<std::string>& values) {
    std::string parameter = std::string(name) + '=';
    for (const std::string& value : values)
        parameter += (&value == &values.front() ? "" : ",") + percent_encode(value);
    return parameter;
}

std::string_view text_at(const json::object& object, std::string_view name, std::string_view inner) {
    const json::value* value = object.if_contains(name);
    if (value != nullptr && !inner.empty())
        value = value->is_object() ? value->get_object().if_contains(inner) : nullptr;
    return value != nullptr && value->is_string() && !is_exact_number(*value)
               ? std::string_view(value->get_string())
               : std::string_view();
}

std::string reference_to(const json::object& resource) {
    return std::string(text_at(resource, "resourceType")) + '/' + std::string(text_at(resource, "id"));
}

}  // namespace isocenter::fhir::cohort
