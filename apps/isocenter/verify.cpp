#include "jobs/verify.h"

#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>

#include "app/archive_folder.h"
#include "app/data_folder.h"
#include "commands.h"
#include "process.h"

namespace isocenter {
namespace {

struct Options {
    SettingsSource settings;
    std::string data;
    unsigned parallel = 2;
    bool quiet = false;
};

void print_findings(const jobs::VerifyReport& report) {
    for (const jobs::Finding& finding : report.findings) {
        const std::string object = finding.blob.str().empty() ? "" : "object " + finding.blob.str() + ": ";
        std::printf("%s: %s%s\n", std::string(to_string(finding.kind)).c_str(), object.c_str(),
                    finding.detail.c_str());
    }
}

Result<jobs::VerifyReport> run(const Options& options) {
    app::Assignments chosen;
    if (!options.data.empty()) chosen.emplace_back("storage.folder", options.data);
    ISO_TRY(const app::Settings settings, read_settings(options.settings, chosen));
    // Opening would make a folder of that name, empty and without a fault.
    const std::string& data = settings.data_folder;
    if (!std::filesystem::is_directory(data)) return fail(ErrorCode::not_found, data + " is no folder");
    if (!std::filesystem::exists(app::DataFolder::database_file_of(data)))
        return fail(ErrorCode::not_found, data + " has no index");
    ISO_TRY(const std::unique_ptr<app::ArchiveFolder> folder, app::ArchiveFolder::open(settings));
    jobs::VerifyOptions verify;
    verify.threads = options.parallel;
    if (!options.quiet) {
        verify.progress = [](std::uint64_t records) {
            std::fprintf(stderr, "\r%llu records", static_cast<unsigned long long>(records));
        };
    }
    auto report = jobs::verify(folder->blobs(), folder->database(), verify);
    if (!options.quiet) std::fprintf(stderr, "\n");
    return report;
}

int verify(const Options& options) {
    const auto report = run(options);
    if (!report) {
        std::fprintf(stderr, "isocenter: %s\n", report.error().message.c_str());
        return 2;
    }
    print_findings(*report);
    // A failed store leaves one now and then; an index without any record has lost them.
    const std::uint64_t orphans = report->unreferenced_objects;
    const std::uint64_t problems = report->problems - (report->records > 0 ? orphans : 0);
    std::printf(
        "%llu records, %.2f GB read, %llu problems, %llu objects without a record (kept: of failed stores, "
        "or "
        "newer than the index)\n",
        static_cast<unsigned long long>(report->records), static_cast<double>(report->bytes) / 1e9,
        static_cast<unsigned long long>(problems), static_cast<unsigned long long>(orphans));
    return problems == 0 ? 0 : 1;
}

}  // namespace

void add_verify(CLI::App& app, Command& chosen) {
    auto options = std::make_shared<Options>();
    CLI::App* command = app.add_subcommand("verify", "Check every stored object and record of a data folder");
    add_settings_options(*command, options->settings);
    command->add_option("--data", options->data,
                        "Data folder (no server may run on it): storage.folder [data]");
    command->add_option("--parallel", options->parallel, "Objects read at once")->check(CLI::Range(1U, 64U));
    command->add_flag("--quiet", options->quiet, "No progress");
    command->callback([options, &chosen] { chosen = [options] { return verify(*options); }; });
}

}  // namespace isocenter
