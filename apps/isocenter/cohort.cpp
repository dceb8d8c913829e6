#include "app/cohort.h"

#include <cstdio>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "app/settings.h"
#include "base/log.h"
#include "commands.h"
#include "process.h"

namespace isocenter {
namespace {

struct CohortOptions {
    std::string file;
    std::string config;
    std::vector<std::string> set;
    std::string fhir;
    std::string dicomweb;
    std::string as_of;
    bool ndjson = false;
    bool studies = false;
};

/// A definition is written by hand; whatever is longer is not one.
constexpr std::size_t kLongestDefinition = 1U << 20U;

Result<std::string> definition_of(const std::string& file) {
    std::ifstream input(file, std::ios::binary);
    if (!input) return fail(ErrorCode::not_found, "cannot read " + file);
    std::string text(kLongestDefinition + 1, '\0');
    input.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(input.gcount()));
    if (text.size() > kLongestDefinition)
        return fail(ErrorCode::too_large, file + " is no cohort definition");
    return text;
}

Status run(const CohortOptions& options) {
    ISO_TRY(app::Assignments overrides, assignments_of(options.set));
    if (!options.fhir.empty()) overrides.emplace_back("fhir.endpoint", options.fhir);
    if (!options.dicomweb.empty()) overrides.emplace_back("dicomweb.endpoint", options.dicomweb);
    ISO_TRY(const app::Settings settings,
            app::load_settings(options.config, app::process_environment(), overrides));
    configure_log(app::log_level_of(settings.log_level));
    ISO_TRY(const std::string definition, definition_of(options.file));
    const auto format = options.studies  ? app::CohortFormat::studies
                        : options.ndjson ? app::CohortFormat::ndjson
                                         : app::CohortFormat::json;
    return app::run_cohort(
        settings, definition, options.as_of, format, {}, [](std::string_view text) -> Status {
            if (std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0)
                return {};
            return fail(ErrorCode::unavailable, "cannot write the answer");
        });
}

}  // namespace

void add_cohort(CLI::App& app, Command& chosen) {
    CLI::App* command = app.add_subcommand("cohort", "Questions over clinical and imaging data");
    command->require_subcommand(1);
    CLI::App* run_command = command->add_subcommand(
        "run", "Find the patients of a definition, their studies and what belongs to them");
    auto options = std::make_shared<CohortOptions>();
    run_command->add_option("file", options->file, "Definition (JSON)")->required();
    run_command->add_option("--config", options->config,
                            "Configuration file (see `isocenter settings --toml`)");
    run_command->add_option("--set", options->set,
                            "Any setting: section.name=value (see `isocenter settings`)");
    run_command->add_option("--fhir", options->fhir, "Base address of the FHIR server: fhir.endpoint");
    run_command->add_option("--dicomweb", options->dicomweb,
                            "DICOMweb root of the archive: dicomweb.endpoint");
    run_command->add_option("--as-of", options->as_of, "Date that ages and durations count from");
    auto* ndjson = run_command->add_flag("--ndjson", options->ndjson, "A line per patient, then totals");
    run_command->add_flag("--studies", options->studies, "A StudyInstanceUID per line")->excludes(ndjson);
    run_command->callback([options, &chosen] {
        chosen = [options] {
            const Status status = run(*options);
            if (status.ok()) return 0;
            std::fprintf(stderr, "isocenter: %s\n", status.error().message.c_str());
            return status.error().code == ErrorCode::invalid_request ? 2 : 1;
        };
    });
}

}  // namespace isocenter
