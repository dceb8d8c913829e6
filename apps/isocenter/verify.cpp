#include "jobs/verify.h"

#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>

#include "app/archive_folder.h"
#include "app/data_folder.h"
#include "commands.h"
#include "jobs/mend.h"
#include "process.h"

namespace isocenter {
namespace {

struct Options {
    SettingsSource settings;
    std::string data;
    unsigned parallel = 2;
    bool quiet = false;
    bool remove_unreferenced = false;
    bool rewrite_rows = false;
};

/// What was found, and what of it was mended.
struct Outcome {
    jobs::VerifyReport report;
    jobs::RewrittenRows rewritten;
    jobs::RemovedObjects removed;
};

void print_findings(const jobs::VerifyReport& report) {
    for (const jobs::Finding& finding : report.findings) {
        const std::string object = finding.blob.str().empty() ? "" : "object " + finding.blob.str() + ": ";
        std::printf("%s: %s%s\n", std::string(to_string(finding.kind)).c_str(), object.c_str(),
                    finding.detail.c_str());
    }
}

void print_rewritten(const jobs::RewrittenRow& row) {
    std::string attributes;
    for (const std::string& each : row.attributes)
        attributes += (attributes.empty() ? "" : ", ") + each;
    std::printf("rewritten: %s: %s\n", row.entity.c_str(), attributes.c_str());
}

/// Prints as it goes: what was changed is told even when it ends early.
Status mend(const Options& options, app::ArchiveFolder& folder, Outcome& outcome) {
    if (options.rewrite_rows) {
        ISO_TRY(outcome.rewritten,
                jobs::rewrite_rows(folder.database(), outcome.report.findings, print_rewritten));
    }
    if (!options.remove_unreferenced) return {};
    ISO_TRY(outcome.removed,
            jobs::remove_unreferenced(folder.blobs(), folder.database(), outcome.report.findings,
                                      [](const BlobKey& blob, std::uint64_t bytes) {
                                          std::printf("removed: object %s: %llu bytes\n", blob.str().c_str(),
                                                      static_cast<unsigned long long>(bytes));
                                      }));
    return {};
}

Result<Outcome> run(const Options& options) {
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
    // Each names a row to be rewritten, or is a reason to remove nothing.
    if (options.rewrite_rows || options.remove_unreferenced) verify.max_findings = SIZE_MAX;
    auto report = jobs::verify(folder->blobs(), folder->database(), verify);
    if (!options.quiet) std::fprintf(stderr, "\n");
    if (!report) return report.error();
    print_findings(*report);
    Outcome outcome{std::move(*report), {}, {}};
    ISO_CHECK(mend(options, *folder, outcome));
    return outcome;
}

int verify(const Options& options) {
    const auto outcome = run(options);
    if (!outcome) {
        print_error(outcome.error());
        return 2;
    }
    const jobs::VerifyReport& report = outcome->report;
    // A failed store leaves one now and then; an index without any record has lost them.
    const std::uint64_t orphans = report.unreferenced_objects;
    const std::uint64_t problems = report.problems - (report.records > 0 ? orphans : 0);
    std::printf(
        "%llu records, %.2f GB read, %llu problems, %llu objects without a record (%sof failed stores, or "
        "newer than the index)\n",
        static_cast<unsigned long long>(report.records), static_cast<double>(report.bytes) / 1e9,
        static_cast<unsigned long long>(problems), static_cast<unsigned long long>(orphans),
        options.remove_unreferenced ? "" : "kept: ");
    if (options.rewrite_rows) {
        std::printf("%llu rows rewritten\n", static_cast<unsigned long long>(outcome->rewritten.rows));
    }
    if (options.remove_unreferenced) {
        std::printf("%llu objects removed, %llu bytes\n",
                    static_cast<unsigned long long>(outcome->removed.objects),
                    static_cast<unsigned long long>(outcome->removed.bytes));
    }
    return problems == outcome->rewritten.findings ? 0 : 1;
}

}  // namespace

void add_verify(CLI::App& app, Command& chosen) {
    auto options = std::make_shared<Options>();
    CLI::App* command = app.add_subcommand(
        "verify", "Check every stored object and record of a data folder; changes nothing unless told to");
    add_settings_options(*command, options->settings);
    command->add_option("--data", options->data,
                        "Data folder (no server may run on it): storage.folder [data]");
    command->add_option("--parallel", options->parallel, "Objects read at once")->check(CLI::Range(1U, 64U));
    command->add_flag("--remove-unreferenced", options->remove_unreferenced,
                      "Then remove the objects without a record, those of failed stores; not where the index "
                      "may be older than the objects, as from a backup: they are then the only copy");
    command->add_flag("--rewrite-rows", options->rewrite_rows,
                      "Then write the rows with a wrong_value anew from the documents of their instances");
    command->add_flag("--quiet", options->quiet, "No progress");
    command->callback([options, &chosen] { chosen = [options] { return verify(*options); }; });
}

}  // namespace isocenter
