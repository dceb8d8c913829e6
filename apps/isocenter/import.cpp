#include "app/import.h"

#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "app/import_folder.h"
#include "app/import_journal.h"
#include "commands.h"
#include "process.h"

namespace isocenter {
namespace {

struct Options {
    std::vector<std::string> paths;
    std::string server = "http://127.0.0.1:8080";
    std::string ca_file;
    std::string data;
    SettingsSource settings;
    std::string journal;
    std::string report;
    unsigned parallel = 4;
    bool hidden = false;
    bool quiet = false;
};

void print_summary(const app::ImportSummary& s, const app::ImportOptions& options) {
    const double seconds = s.seconds > 0 ? s.seconds : 1;
    std::printf(
        "%llu stored, %llu were there already, %llu refused, %llu not DICOM, %llu not reached, %llu done in "
        "an earlier run, %llu not readable, %llu left out\n",
        static_cast<unsigned long long>(s.stored), static_cast<unsigned long long>(s.already_there),
        static_cast<unsigned long long>(s.refused), static_cast<unsigned long long>(s.not_dicom),
        static_cast<unsigned long long>(s.unreachable), static_cast<unsigned long long>(s.skipped),
        static_cast<unsigned long long>(s.unreadable), static_cast<unsigned long long>(s.left_out));
    std::printf("%.1f s, %.0f files/s, %.1f MB/s\n", s.seconds, static_cast<double>(s.files) / seconds,
                static_cast<double>(s.bytes) / 1e6 / seconds);
    if (s.with_warning != 0)
        std::printf("%llu of those stored are not whole\n", static_cast<unsigned long long>(s.with_warning));
    if (s.not_dicom + s.left_out + s.with_warning != 0 || !s.complete())
        std::printf("what was not stored or is not whole, and why: %s\n", options.report.c_str());
    if (!s.complete())
        std::printf("run the same command again to try the rest once more (journal: %s)\n",
                    options.journal.c_str());
}

/// Everything but the places of journal and report.
app::ImportOptions import_options(const Options& options) {
    app::ImportOptions import;
    for (const std::string& path : options.paths)
        import.roots.emplace_back(path);
    import.parallel = options.parallel;
    import.hidden_folders = options.hidden;
    import.progress = !options.quiet;
    import.target = options.data.empty() ? app::studies_address(options.server)
                                         : std::filesystem::weakly_canonical(options.data).string();
    return import;
}

Status choose_places(const Options& options, app::ImportOptions& import) {
    import.journal = options.journal;
    import.report = options.report;
    if (!options.journal.empty() && !options.report.empty()) return {};
    ISO_TRY(const app::ImportPlaces places,
            app::default_import_places(import.target, options.data, import.roots));
    if (options.journal.empty()) import.journal = places.journal;
    if (options.report.empty()) import.report = places.report;
    return {};
}

Result<app::ImportSummary> run(const Options& options, app::ImportOptions& import) {
    const bool settings_given = !options.settings.config.empty() || !options.settings.set.empty();
    if (settings_given && options.data.empty())
        return fail(ErrorCode::invalid_request, "settings count for an import with --data only");
    import = import_options(options);
    if (!options.ca_file.empty() && !options.data.empty())
        return fail(ErrorCode::invalid_request, "--ca-file counts for an import into a server only");
    ISO_CHECK(choose_places(options, import));
    // Before a folder of data is made or opened.
    ISO_CHECK(app::ImportReport::check(import.report));
    if (options.data.empty())
        return app::run_import(import, app::make_server_target(import.target, options.ca_file));
    ISO_TRY(const app::Settings settings,
            read_settings(options.settings, {{"storage.folder", options.data}}));
    ISO_TRY(const app::FolderImport folder, app::FolderImport::open(settings));
    return app::run_import(import, folder.make_target());
}

int import_files(const Options& options) {
    app::ImportOptions import;
    const auto summary = run(options, import);
    if (!summary) {
        print_error(summary.error());
        return 2;
    }
    print_summary(*summary, import);
    return summary->complete() ? 0 : 1;
}

}  // namespace

void add_import(CLI::App& app, Command& chosen) {
    auto options = std::make_shared<Options>();
    CLI::App* command = app.add_subcommand("import", "Store files and folder trees");
    command->footer(
        "Exit code: 0 everything that is DICOM is stored, 1 something was refused, not reached or not "
        "readable, 2 the import could not be started.\nLinks are followed. What is left out (hidden folders, "
        "pipes, devices) is counted and reported.\nSettings count with --data, where what they say of the "
        "storage and of /dicom-web is said of the import too.");
    command->add_option("paths", options->paths, "Files and folders")->required();
    add_settings_options(*command, options->settings);
    auto* server = command->add_option("--server", options->server, "Address of a running server")
                       ->capture_default_str();
    command->add_option(
        "--ca-file", options->ca_file,
        "PEM file with the authorities that may certify an https:// server [those of the system]");
    command
        ->add_option("--data", options->data,
                     "Store straight into this data folder instead (no server may run on it)")
        ->excludes(server);
    command->add_option("--parallel", options->parallel, "Files under way at once")
        ->check(CLI::Range(1U, 64U))
        ->capture_default_str();
    command->add_option("--journal", options->journal,
                        "Remembers finished files by path, size and time for this target, so that the "
                        "command can be run again; removed when all is done [DATA/imports/..., or "
                        "$XDG_STATE_HOME/isocenter/imports/... (~/.local/state) for a server]");
    command->add_option("--report", options->report,
                        "What was not stored and why, one JSON object a line; no file when there is nothing "
                        "to say. Overwrites earlier reports, and no other file [beside the journal]");
    command->add_flag("--hidden", options->hidden,
                      "Import folders whose name begins with a dot too; files with such names always are");
    command->add_flag("--quiet", options->quiet, "No progress bar");
    command->callback([options, &chosen] { chosen = [options] { return import_files(*options); }; });
}

}  // namespace isocenter
