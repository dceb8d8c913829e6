#include "app/cohort.h"

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

#include "app/cohort_remote.h"
#include "app/settings.h"
#include "commands.h"
#include "fhir/auth/authorizing_sender.h"
#include "fhir/auth/token_file.h"
#include "fhir/cohort/definition.h"
#include "process.h"

namespace isocenter {
namespace {

struct CohortOptions {
    std::string cohort;  ///< a file, or a name
    SettingsSource settings;
    std::string server;
    std::string token_file;
    std::string data;
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

app::CohortFormat format_of(const CohortOptions& options) {
    if (options.studies) return app::CohortFormat::studies;
    return options.ndjson ? app::CohortFormat::ndjson : app::CohortFormat::json;
}

Status print(std::string_view text) {
    if (std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0)
        return {};
    return fail(ErrorCode::unavailable, "cannot write the answer");
}

Status run_on_server(const CohortOptions& options) {
    if (!options.server.starts_with("http://") && !options.server.starts_with("https://"))
        return fail(ErrorCode::invalid_request, "--server takes an address such as http://127.0.0.1:8080");
    if (!fhir::cohort::is_cohort_name(options.cohort))
        return fail(ErrorCode::invalid_request,
                    "--server takes the name of a saved cohort, not " + options.cohort);
    net::HttpClient client(app::patient_client());
    std::unique_ptr<fhir::TokenSource> token;
    if (!options.token_file.empty()) token = std::make_unique<fhir::TokenFile>(options.token_file);
    fhir::AuthorizingSender sender(client, std::move(token));
    return app::run_remote_cohort(sender, {options.server, options.cohort, options.as_of}, format_of(options),
                                  print);
}

Status run(const CohortOptions& options) {
    if (!options.server.empty()) return run_on_server(options);
    app::Assignments chosen;
    if (!options.fhir.empty()) chosen.emplace_back("fhir.endpoint", options.fhir);
    if (!options.dicomweb.empty()) chosen.emplace_back("dicomweb.endpoint", options.dicomweb);
    if (!options.data.empty()) chosen.emplace_back("storage.folder", options.data);
    ISO_TRY(const app::Settings settings, read_settings(options.settings, chosen));
    const bool named =
        !std::filesystem::exists(options.cohort) && fhir::cohort::is_cohort_name(options.cohort);
    if (!named) {
        ISO_TRY(const std::string definition, definition_of(options.cohort));
        return app::run_cohort(settings, definition, options.as_of, format_of(options), {}, print);
    }
    const Status done =
        app::run_saved_cohort(settings, options.cohort, options.as_of, format_of(options), {}, print);
    if (done.ok() || done.error().code != ErrorCode::conflict) return done;
    return fail(ErrorCode::conflict,
                done.error().message + "; --server asks that server, --dicomweb its archive");
}

int exit_code(const Status& status) {
    if (status.ok()) return 0;
    std::fprintf(stderr, "isocenter: %s\n", status.error().message.c_str());
    const ErrorCode code = status.error().code;
    const bool of_the_caller = code == ErrorCode::invalid_request || code == ErrorCode::not_found;
    return of_the_caller ? 2 : 1;
}

}  // namespace

void add_cohort(CLI::App& app, Command& chosen) {
    CLI::App* command = app.add_subcommand("cohort", "Questions over clinical and imaging data");
    command->require_subcommand(1);
    CLI::App* run_command = command->add_subcommand(
        "run", "Find the patients of a definition, their studies and what belongs to them");
    auto options = std::make_shared<CohortOptions>();
    run_command->footer(
        "Exit code: 0 answered, 1 a server refused a search or did not answer, 2 there is no such cohort, or "
        "the definition or a setting is wrong.");
    run_command
        ->add_option("cohort", options->cohort,
                     "File with the definition (JSON), or the name of a cohort that a server has saved")
        ->required();
    auto* server = run_command->add_option(
        "--server", options->server,
        "Address of the running server that has the cohort of that name and shall answer it");
    run_command
        ->add_option("--token-file", options->token_file,
                     "File with a bearer token to send to that server, for example because it forwards it")
        ->needs(server);
    add_settings_options(*run_command, options->settings);
    auto* data = run_command->add_option(
        "--data", options->data, "Data folder of the server that has saved the name: storage.folder [data]");
    auto* fhir =
        run_command->add_option("--fhir", options->fhir, "Base address of the FHIR server: fhir.endpoint");
    auto* dicomweb = run_command->add_option(
        "--dicomweb", options->dicomweb,
        "DICOMweb root of the archive: dicomweb.endpoint; without it a saved cohort is answered from the "
        "data folder, on which no server may run");
    for (auto* option : {data, fhir, dicomweb})
        option->excludes(server);
    for (const char* name : {"--config", "--set"})
        run_command->get_option(name)->excludes(server);
    run_command->add_option("--as-of", options->as_of, "Date that ages and durations count from");
    auto* ndjson = run_command->add_flag("--ndjson", options->ndjson, "A line per patient, then totals");
    run_command->add_flag("--studies", options->studies, "A StudyInstanceUID per line")->excludes(ndjson);
    run_command->callback([options, &chosen] { chosen = [options] { return exit_code(run(*options)); }; });
}

}  // namespace isocenter
