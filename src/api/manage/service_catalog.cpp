#include "api/manage/service_catalog.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace isocenter::api {
namespace {

using http::Method;

const std::vector<std::string> kJson = {"application/json"};

struct Row {
    Method method;
    std::string_view pattern;
    RouteDescription about;
};

ParameterDescription target_parameter() {
    return {"target", "string", "Name of the FHIR server; without it the default one."};
}

const std::vector<ParameterDescription>& backfill_parameters() {
    static const std::vector<ParameterDescription> list = {
        target_parameter(),
        {"date", "string", "Study date or a range of them."},
        {"modality", "string", "A modality in the study."},
        {"patientId", "string", "Patient ID."},
        {"partition", "string", "Name of the partition."},
    };
    return list;
}

const std::vector<ParameterDescription>& letter_parameters() {
    static const std::vector<ParameterDescription> list = {
        target_parameter(),
        {"class", "string", "Class of the failure."},
        {"state", "string", "State of the letter."},
        {"study", "string", "Study Instance UID."},
        {"limit", "integer", "Largest number of letters, at most 1000."},
        {"cursor", "string", "The value of next in the last answer."},
    };
    return list;
}

ParameterDescription as_of_parameter() {
    return {"asOf", "string", "The day that ages and durations count from; spans back from it end with it."};
}

ParameterDescription cursor_parameter() {
    return {"cursor", "string", "The value of next in the last answer."};
}

ParameterDescription patients_parameter() {
    return {"limit", "integer", "Largest number of patients, at most 1000."};
}

ParameterDescription frozen_parameter() {
    return {"frozen", "boolean", "Answer from the frozen members; not beside asOf."};
}

// Path parameters are named once, in the pattern: describe_service_route adds them.

std::vector<Row> server_rows() {
    const std::string health = "Health";
    return {
        {Method::get, "/health/check", {"Say how the server is.", health, {}, {}, {}, kJson, {200, 503}}},
        {Method::get, "/health/live", {"Say that the process answers.", health, {}, {}, {}, kJson, {200}}},
        {Method::get, "/health/ready", {"Say whether it can work.", health, {}, {}, {}, kJson, {200, 503}}},
        {Method::get, "/metrics", {"Metrics for Prometheus.", "Metrics", {}, {}, {}, {"text/plain"}, {200}}},
    };
}

std::vector<Row> bridge_rows() {
    const std::vector<ParameterDescription> target = {target_parameter()};
    const auto& letters = letter_parameters();
    const std::string bridge = "Bridge to FHIR";
    return {
        {Method::get,
         "/cast/status",
         {"How far the bridge is.", bridge, {}, target, {}, kJson, {200, 404, 503}}},
        {Method::post,
         "/cast/backfill",
         {"Write what the archive holds, all or by a filter.",
          bridge,
          {},
          backfill_parameters(),
          {},
          kJson,
          {202, 400, 404}}},
        {Method::get,
         "/cast/dead-letters",
         {"List what was given up, newest first.", bridge, {}, letters, {}, kJson, {200, 400, 404, 503}}},
        {Method::get,
         "/cast/dead-letters/{id}",
         {"Show a dead letter.", bridge, {}, target, {}, kJson, {200, 404, 503}}},
        {Method::delete_,
         "/cast/dead-letters/{id}",
         {"Discard a dead letter.", bridge, {}, target, {}, {}, {204, 404, 503}}},
        {Method::post,
         "/cast/dead-letters/{id}/replay",
         {"Try a dead letter again.", bridge, {}, target, {}, kJson, {202, 404, 503}}},
        {Method::post,
         "/cast/dead-letters/replay",
         {"Try all letters of a filter again.", bridge, {}, letters, {}, kJson, {202, 400, 404, 503}}},
    };
}

std::vector<Row> cohort_rows() {
    const std::vector<std::string> lines = {"application/json", "application/x-ndjson"};
    const std::vector<std::string> uids = {"text/plain", "application/json"};
    const std::vector<ParameterDescription> fresh = {as_of_parameter(), patients_parameter(),
                                                     cursor_parameter()};
    const std::vector<ParameterDescription> saved = {as_of_parameter(), patients_parameter(),
                                                     cursor_parameter(), frozen_parameter()};
    const std::vector<ParameterDescription> whole = {as_of_parameter(), cursor_parameter(),
                                                     frozen_parameter()};
    const std::string group = "Cohorts";
    return {
        {Method::get, "/cohorts", {"List the saved cohorts.", group, {}, {}, {}, kJson, {200, 503}}},
        {Method::post,
         "/cohorts",
         {"Answer a definition; one with a name is saved.",
          group,
          {},
          fresh,
          kJson,
          lines,
          {200, 400, 401, 410, 413, 422, 424, 503}}},
        {Method::get,
         "/cohorts/{name}",
         {"Answer a saved cohort.", group, {}, saved, {}, lines, {200, 400, 401, 404, 410, 422, 424, 503}}},
        {Method::delete_,
         "/cohorts/{name}",
         {"Delete a saved cohort.", group, {}, {}, {}, {}, {204, 400, 401, 404, 503}}},
        {Method::get,
         "/cohorts/{name}/studies",
         {"List the studies of a cohort.", group, {}, whole, {}, uids, {200, 400, 401, 404, 422, 424, 503}}},
        {Method::post,
         "/cohorts/{name}/freeze",
         {"Keep the members as they are.",
          group,
          {},
          {as_of_parameter()},
          {},
          kJson,
          {201, 400, 401, 404, 409, 422, 424, 503}}},
    };
}

const std::vector<Row>& all_rows() {
    static const std::vector<Row> all = [] {
        std::vector<Row> rows = server_rows();
        std::ranges::move(bridge_rows(), std::back_inserter(rows));
        std::ranges::move(cohort_rows(), std::back_inserter(rows));
        return rows;
    }();
    return all;
}

}  // namespace

std::optional<RouteDescription> describe_service_route(const http::Route& route) {
    const std::vector<Row>& rows = all_rows();
    const auto row = std::ranges::find_if(rows, [&route](const Row& candidate) {
        return candidate.method == route.method && candidate.pattern == route.pattern;
    });
    if (row == rows.end()) return std::nullopt;
    RouteDescription about = row->about;
    about.path_parameters = path_parameters(route);
    return about;
}

}  // namespace isocenter::api
