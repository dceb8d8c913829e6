#include "app/cohort.h"

#include <boost/json.hpp>
#include <filesystem>
#include <memory>
#include <utility>

#include "app/archive_folder.h"
#include "app/cast_state.h"
#include "app/cohort_engine.h"
#include "app/cohort_server.h"
#include "app/cohort_store.h"
#include "base/log.h"
#include "fhir/cohort/describe.h"

namespace isocenter::app {
namespace {

namespace cohort = fhir::cohort;

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
                      const cohort::Selection& selection, const std::string& root, CohortWriter& writer) {
    for (std::size_t first = 0; first < selection.members.size(); first += cohort::kMembersPerRound) {
        const auto objects = run.describe(definition, selection, first, cohort::kMembersPerRound, root);
        if (!objects) return error_of(objects.error());
        ISO_CHECK(writer.patients(*objects));
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

Status run(const Settings& settings, archive::Archive* archive, std::string_view text,
           const std::string& as_of, CohortFormat format, std::stop_token stop, const CohortSink& write) {
    if (!as_of.empty() && !cohort::read_span(std::string_view(as_of)))
        return fail(ErrorCode::invalid_request, "asOf must be a date or a dateTime with a zone");
    ISO_TRY(const std::string root, retrieve_root(settings));
    ISO_TRY(const auto engine, CohortEngine::open(settings, archive, std::move(stop)));
    ISO_TRY(const cohort::Definition definition, engine->read(text));
    CohortRun run(*engine, definition.target);
    const auto selection = run.find(definition, as_of);
    if (!selection) return error_of(selection.error());
    if (format == CohortFormat::studies) {
        // Its lines have no place for what is missing.
        if (const std::uint64_t uncertain = selection->uncertain(); uncertain > 0)
            log_event(LogLevel::warning, "cohort_patients_left_out", {{"patients", uncertain}});
        return write(study_lines(*selection));
    }
    CohortWriter writer(format, write);
    const boost::json::object total = cohort::totals_of(*selection);
    ISO_CHECK(writer.begin(definition.name, selection->as_of_text, total));
    ISO_CHECK(write_patients(run, definition, *selection, root, writer));
    return writer.end(total, run.stats());
}

Result<std::string> saved_definition(const std::string& folder, const std::string& name) {
    const Error none =
        fail(ErrorCode::not_found, "there is no file " + name + ", and no cohort of that name in " + folder);
    const std::string file = saved_cohorts_file(folder);
    // Opening would make it.
    if (!std::filesystem::exists(file)) return none;
    ISO_TRY(const auto connections, CastStateFile::open(file));
    ISO_TRY(const auto store, CohortStore::open(*connections));
    ISO_TRY(const auto found, store->find(name));
    if (!found) return none;
    return found->definition;
}

}  // namespace

Status run_cohort(const Settings& settings, std::string_view definition, const std::string& as_of,
                  CohortFormat format, std::stop_token stop, const CohortSink& write) {
    return run(settings, nullptr, definition, as_of, format, std::move(stop), write);
}

Status run_saved_cohort(const Settings& settings, const std::string& name, const std::string& as_of,
                        CohortFormat format, std::stop_token stop, const CohortSink& write) {
    ISO_TRY(const std::string text, saved_definition(settings.data_folder, name));
    ISO_TRY(const cohort::Definition definition, cohort::read_definition(text));
    if (!definition.has_imaging() || !settings.dicomweb_endpoint.empty())
        return run(settings, nullptr, text, as_of, format, std::move(stop), write);
    ISO_TRY(const std::unique_ptr<ArchiveFolder> folder, ArchiveFolder::open(settings));
    return run(settings, &folder->archive(), text, as_of, format, std::move(stop), write);
}

}  // namespace isocenter::app
