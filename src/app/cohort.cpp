#include "app/cohort.h"

#include <fmt/format.h>

#include <boost/json.hpp>
#include <utility>

#include "app/cohort_engine.h"
#include "fhir/cohort/describe.h"

namespace isocenter::app {
namespace {

namespace cohort = fhir::cohort;
namespace json = boost::json;
using Write = std::function<Status(std::string_view)>;

/// DICOMweb root as clients reach it, without '/' at the end.
std::string retrieve_root(const Settings& settings) {
    std::string root = settings.dicomweb_endpoint;
    root.resize(root.find_last_not_of('/') + 1);
    return root;
}

Error error_of(const cohort::CohortFailure& failure) {
    using Kind = cohort::CohortFailure::Kind;
    const std::string text = failure.where.empty() ? failure.text : failure.where + ": " + failure.text;
    switch (failure.kind) {
        case Kind::refused:
            return fail(ErrorCode::unsupported, text);
        case Kind::unavailable:
            return fail(ErrorCode::unavailable, text);
        case Kind::too_many:
            return fail(ErrorCode::too_large, text);
        case Kind::cancelled:
            break;
    }
    return fail(ErrorCode::cancelled, text);
}

Status write_patients(CohortRun& run, const cohort::Definition& definition,
                      const cohort::Selection& selection, const std::string& root, CohortFormat format,
                      const Write& write) {
    const bool lines = format == CohortFormat::ndjson;
    for (std::size_t first = 0; first < selection.members.size(); first += cohort::kMembersPerRound) {
        const auto objects = run.describe(definition, selection, first, cohort::kMembersPerRound, root);
        if (!objects) return error_of(objects.error());
        std::string text;
        for (const json::object& object : *objects) {
            if (!lines && (first > 0 || &object != &objects->front())) text += ",\n";
            text += json::serialize(object);
            if (lines) text += '\n';
        }
        ISO_CHECK(write(text));
    }
    return {};
}

std::string study_lines(const cohort::Selection& selection) {
    std::string text;
    for (const cohort::Member& member : selection.members) {
        for (const cohort::StudyHit& study : member.studies)
            text += study.uid + '\n';
    }
    return text;
}

/// What stands before the patients of a JSON document.
std::string opening(const cohort::Definition& definition, const cohort::Selection& selection) {
    json::object head;
    if (!definition.name.empty()) head["name"] = definition.name;
    head["asOf"] = selection.as_of_text;
    head["total"] = cohort::totals_of(selection);
    std::string text = json::serialize(head);
    text.pop_back();
    return text + ",\"patients\":[\n";
}

}  // namespace

Status run_cohort(const Settings& settings, std::string_view text, const std::string& as_of,
                  CohortFormat format, std::stop_token stop, const Write& write) {
    if (!as_of.empty() && !cohort::read_span(std::string_view(as_of)))
        return fail(ErrorCode::invalid_request, "asOf must be a date or a dateTime with a zone");
    ISO_TRY(const auto engine, CohortEngine::open(settings, nullptr, std::move(stop)));
    ISO_TRY(const cohort::Definition definition, engine->read(text));
    CohortRun run(*engine);
    const auto selection = run.find(definition, as_of);
    if (!selection) return error_of(selection.error());
    if (format == CohortFormat::studies) return write(study_lines(*selection));
    if (format == CohortFormat::json) ISO_CHECK(write(opening(definition, *selection)));
    ISO_CHECK(write_patients(run, definition, *selection, retrieve_root(settings), format, write));
    const std::string stats = json::serialize(run.stats());
    if (format == CohortFormat::json) return write(fmt::format("\n],\"stats\":{}}}\n", stats));
    const std::string totals = json::serialize(cohort::totals_of(*selection));
    return write(fmt::format("{{\"total\":{},\"stats\":{}}}\n", totals, stats));
}

}  // namespace isocenter::app
