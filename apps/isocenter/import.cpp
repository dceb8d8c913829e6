#include "app/import.h"

#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "app/import_folder.h"
#include "commands.h"

namespace isocenter {
namespace {

struct Options {
    std::vector<std::string> paths;
    std::string server = "http://127.0.0.1:8080";
    std::string data;
    std::string journal = "isocenter-import.journal";
    std::string report = "isocenter-import-report.jsonl";
    unsigned parallel = 4;
    bool quiet = false;
};

void print_summary(const app::ImportSummary& s, const Options& options) {
    const double seconds = s.seconds > 0 ? s.seconds : 1;
    std::printf(
        "%llu stored, %llu were there already, %llu refused, %llu not DICOM, %llu not reached, %llu done in "
        "an earlier run\n",
        static_cast<unsigned long long>(s.stored), static_cast<unsigned long long>(s.already_there),
        static_cast<unsigned long long>(s.refused), static_cast<unsigned long long>(s.not_dicom),
        static_cast<unsigned long long>(s.unreachable), static_cast<unsigned long long>(s.skipped));
    std::printf("%.1f s, %.0f files/s, %.1f MB/s\n", s.seconds, static_cast<double>(s.files) / seconds,
                static_cast<double>(s.bytes) / 1e6 / seconds);
    if (s.refused + s.not_dicom + s.unreachable != 0)
        std::printf("what was not stored and why: %s\n", options.report.c_str());
    if (s.refused + s.unreachable != 0) std::printf("run the same command again to try the rest once more\n");
}

Result<app::ImportSummary> run(const Options& options) {
    app::ImportOptions import;
    for (const std::string& path : options.paths)
        import.roots.emplace_back(path);
    import.parallel = options.parallel;
    import.journal = options.journal;
    import.report = options.report;
    import.progress = !options.quiet;
    if (options.data.empty()) return app::run_import(import, app::make_server_target(options.server));
    ISO_TRY(const app::FolderImport folder, app::FolderImport::open(options.data));
    return app::run_import(import, folder.make_target());
}

int import_files(const Options& options) {
    const auto summary = run(options);
    if (!summary) {
        std::fprintf(stderr, "isocenter: %s\n", summary.error().message.c_str());
        return 2;
    }
    print_summary(*summary, options);
    const bool complete = summary->refused + summary->unreachable == 0;
    if (complete) std::remove(options.journal.c_str());
    return complete ? 0 : 1;
}

}  // namespace

void add_import(CLI::App& app, Command& chosen) {
    auto options = std::make_shared<Options>();
    CLI::App* command = app.add_subcommand("import", "Store files and folder trees");
    command->add_option("paths", options->paths, "Files and folders")->required();
    auto* server = command->add_option("--server", options->server, "Address of a running server")
                       ->capture_default_str();
    command
        ->add_option("--data", options->data,
                     "Store straight into this data folder instead (no server may run on it)")
        ->excludes(server);
    command->add_option("--parallel", options->parallel, "Files under way at once")
        ->check(CLI::Range(1U, 64U))
        ->capture_default_str();
    command
        ->add_option(
            "--journal", options->journal,
            "Remembers finished files, so that the command can be run again; removed when all is done")
        ->capture_default_str();
    command
        ->add_option(
            "--report", options->report,
            "What was not stored and why, one JSON object a line; no file when there is nothing to say")
        ->capture_default_str();
    command->add_flag("--quiet", options->quiet, "No progress bar");
    command->callback([options, &chosen] { chosen = [options] { return import_files(*options); }; });
}

}  // namespace isocenter
