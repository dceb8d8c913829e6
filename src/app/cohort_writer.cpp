#include "app/cohort_writer.h"

#include <fmt/format.h>

#include "fhir/exact_json.h"

namespace isocenter::app {

namespace json = boost::json;

Status CohortWriter::begin(const std::string& name, const std::string& as_of, const json::object& total) {
    if (lines_) return {};
    json::object head;
    if (!name.empty()) head["name"] = name;
    head["asOf"] = as_of;
    head["total"] = total;
    std::string text = fhir::serialize_exact(head);
    text.pop_back();
    return sink_(text + ",\"patients\":[\n");
}

Status CohortWriter::patients(const std::vector<json::object>& patients) {
    std::string text;
    for (const json::object& patient : patients) {
        if (!lines_ && !first_) text += ",\n";
        first_ = false;
        text += fhir::serialize_exact(patient);
        if (lines_) text += '\n';
    }
    return sink_(text);
}

Status CohortWriter::end(const json::object& total, const json::object& stats) {
    if (!lines_) return sink_(fmt::format("\n],\"stats\":{}}}\n", fhir::serialize_exact(stats)));
    return sink_(fmt::format("{{\"total\":{},\"stats\":{}}}\n", fhir::serialize_exact(total),
                             fhir::serialize_exact(stats)));
}

}  // namespace isocenter::app
