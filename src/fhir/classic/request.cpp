#include "fhir/classic/request.h"

#include "fhir/plan/merge.h"
#include "fhir/plan/plan.h"

namespace isocenter::fhir::classic {
namespace {

namespace json = boost::json;

std::string version_of(const json::object& resource) {
    const auto* meta = resource.if_contains("meta");
    return meta != nullptr && meta->is_object() ? text_member(meta->as_object(), "versionId") : std::string{};
}

json::object request_of(const Request& request, const std::string& reference) {
    switch (request.mode) {
        case Mode::create: {
            json::object made{{"method", "POST"}, {"url", text_member(request.resource, "resourceType")}};
            if (!request.condition.empty()) made["ifNoneExist"] = request.condition;
            return made;
        }
        case Mode::update:
            return {{"method", "PUT"},
                    {"url", reference},
                    {"ifMatch", "W/\"" + version_of(request.resource) + "\""}};
        case Mode::remove:
            return {{"method", "DELETE"}, {"url", reference}};
        case Mode::none:
            break;
    }
    return {};
}

void append(json::array& entries, const Request& request) {
    if (request.mode == Mode::none) return;
    const std::string reference = to_reference(request.id);
    json::object entry{{"fullUrl", reference}, {"request", request_of(request, reference)}};
    // A strict server objects to a resource beside a DELETE.
    if (request.mode != Mode::remove) entry["resource"] = request.resource;
    entries.push_back(std::move(entry));
}

}  // namespace

Request update_to(const json::object& found, json::object altered) {
    const Mode mode = is_equal_content(found, altered) ? Mode::none : Mode::update;
    return {mode, id_of(found), std::move(altered), {}};
}

json::array make_entries(const Requests& requests) {
    json::array entries;
    if (requests.endpoint) append(entries, *requests.endpoint);
    if (requests.study) append(entries, *requests.study);
    for (const Request& observation : requests.observations)
        append(entries, observation);
    if (requests.patient) append(entries, *requests.patient);
    return entries;
}

}  // namespace isocenter::fhir::classic
