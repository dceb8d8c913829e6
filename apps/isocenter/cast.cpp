#include "app/cast.h"

#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "app/progress.h"
#include "app/settings.h"
#include "base/log.h"
#include "cast_check.h"
#include "commands.h"
#include "process.h"

namespace isocenter {
namespace {

struct CastOptions {
    std::string config;
    std::vector<std::string> set;
    std::string listen;
    std::string target{app::kDefaultTarget};
    std::int64_t from = -1;
    bool backfill = false;
    bool check = false;
    bool repair = false;
    bool dry_run = false;
    bool prune_patients = false;
    bool archive_is_empty = false;
    fhir::StudyFilter filter;
};

std::string problem_of_entry(const std::string& text) {
    const std::string problem = "takes the number of an entry of the feed, 0 or greater, not " + text;
    return is_whole_number(text, 0) ? std::string() : problem;
}

/// What of the options does not go together.
Status check_options(const CastOptions& options) {
    const auto refuse = [](const std::string& text) { return fail(ErrorCode::invalid_request, text); };
    const fhir::StudyFilter& filter = options.filter;
    if (!filter.date.empty() && !fhir::is_date_range(filter.date))
        return refuse(
            "--date takes YYYYMMDD, YYYYMMDD-YYYYMMDD, YYYYMMDD- or -YYYYMMDD, days that there are and the "
            "earlier one first, not " +
            filter.date);
    if (!options.backfill && !options.check && !filter.is_empty())
        return refuse(
            "--date, --modality, --patient-id and --partition choose the studies of --backfill or --check");
    if (!options.check && (options.repair || options.dry_run || options.prune_patients))
        return refuse("--repair, --dry-run and --prune-patients say what becomes of what --check finds");
    if (options.check && (options.backfill || options.from >= 0 || !options.listen.empty()))
        return refuse("--check ends when it is done: no --backfill, --from or --listen with it");
    if (options.archive_is_empty && !options.repair) return refuse("--archive-is-empty goes with --repair");
    if (options.prune_patients && !options.repair && !options.dry_run)
        return refuse("--prune-patients goes with --repair");
    // Only a look at every study tells which patients are used.
    if (options.prune_patients && !filter.is_empty())
        return refuse("--prune-patients needs the whole archive: no filter with it");
    return {};
}

app::CastEngine::Wishes wishes_of(const CastOptions& options) {
    app::CastEngine::Wishes wishes;
    wishes.target = options.target;
    if (options.from >= 0) wishes.from = options.from;
    if (options.backfill) wishes.backfill = options.filter;
    return wishes;
}

fhir::Reconciliation::Options reconciliation_of(const CastOptions& options) {
    fhir::Reconciliation::Options wishes;
    wishes.filter = options.filter;
    wishes.repair = options.repair && !options.dry_run;
    wishes.prune_patients = options.prune_patients && !options.dry_run;
    wishes.archive_is_empty = options.archive_is_empty;
    return wishes;
}

/// Says why the backfill does not go on, once for each reason.
void tell_of_trouble(const std::string& trouble, std::string& told, app::ProgressDisplay& display) {
    if (trouble == told) return;
    told = trouble;
    if (trouble.empty()) return;
    display.end();
    std::fprintf(stderr, "the backfill does not go on, it is tried again: %s\n", trouble.c_str());
}

/// Shows how far the backfill is until it is done or a signal comes; true: the latter.
bool show_backfill(const app::CastProcess& process, const sigset_t& signals) {
    constexpr timespec kInterval{0, 100'000'000};
    app::ProgressDisplay display;
    const auto begin = std::chrono::steady_clock::now();
    std::optional<fhir::BackfillStatus> first;
    bool told_of_stand_by = false;
    std::string told;
    while (true) {
        if (sigtimedwait(&signals, nullptr, &kInterval) > 0) return true;
        const fhir::EngineStatus status = process.status();
        if (status.stand_by && !std::exchange(told_of_stand_by, true)) {
            std::printf("another process follows it; the backfill begins when that one ends\n");
            std::fflush(stdout);
        }
        if (!status.active) continue;
        if (status.backfill && status.backfill->counted && !first) first = status.backfill;
        const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - begin;
        if (!status.backfill) {
            display.end();
            std::printf("backfill done, %.1f s\n", elapsed.count());
            std::fflush(stdout);
            return false;
        }
        tell_of_trouble(status.backfill->trouble, told, display);
        if (!first || !display.is_due()) continue;
        display.print(
            app::study_progress_line(status.backfill->done, status.backfill->total, first->done, elapsed),
            false);
    }
}

Result<int> cast(const CastOptions& options) {
    const sigset_t signals = block_stop_signals();
    ISO_CHECK(check_options(options));
    ISO_TRY(app::Assignments overrides, assignments_of(options.set));
    if (!options.listen.empty()) overrides.emplace_back("cast.listen", options.listen);
    ISO_TRY(const app::Settings settings,
            app::load_settings(options.config, app::process_environment(), overrides));
    configure_log(app::log_level_of(settings.log_level));
    if (options.check) return run_cast_check(settings, options.target, reconciliation_of(options), signals);
    const app::CastEngine::Wishes wishes = wishes_of(options);
    ISO_TRY(const std::unique_ptr<app::CastProcess> process, app::CastProcess::open(settings, wishes));
    std::printf("following %s\n", settings.dicomweb_endpoint.c_str());
    const std::string address = process->address();
    if (!address.empty()) std::printf("listening on %s\n", address.c_str());
    std::fflush(stdout);
    Status ended;
    std::jthread work([&](std::stop_token stop) {
        ended = process->run(stop);
        // As if somebody had asked for the end, which is what is waited for.
        if (!ended) ::kill(::getpid(), SIGTERM);
    });
    int received = 0;
    if (!wishes.backfill || !show_backfill(*process, signals)) sigwait(&signals, &received);
    work.request_stop();
    work.join();
    ISO_CHECK(ended);
    return 0;
}

}  // namespace

void add_cast(CLI::App& app, Command& chosen) {
    auto options = std::make_shared<CastOptions>();
    CLI::App* command =
        app.add_subcommand("cast", "Keep a FHIR server in step with the change feed of a DICOMweb server");
    command->add_option("--config", options->config, "Configuration file (see `isocenter settings --toml`)");
    add_set_option(*command, options->set);
    command->add_option("--from", options->from, "Begin after this entry of the feed; 0: replay everything")
        ->check(problem_of_entry);
    command->add_flag(
        "--backfill", options->backfill,
        "Write every study that the archive holds, beside what the feed tells from now on; goes "
        "on after a restart until it is done");
    command->add_flag(
        "--check", options->check,
        "Compare the archive with FHIR, print what is missing, different, extra or duplicate, and "
        "end: 0 nothing, 1 something, 2 the check could not be done");
    command->add_flag("--repair", options->repair, "With --check: put it right");
    command->add_flag("--dry-run", options->dry_run, "With --repair: only say what would be done");
    command->add_flag("--prune-patients", options->prune_patients,
                      "With --repair and no filter: remove patients of ours to whom nothing refers");
    command->add_flag(
        "--archive-is-empty", options->archive_is_empty,
        "With --repair: believe an archive that lists no study, and remove all that was written");
    command
        ->add_option("--target", options->target,
                     "FHIR server that --from, --backfill and --check are about: NAME of cast.targets.NAME")
        ->capture_default_str();
    command->add_option("--date", options->filter.date,
                        "Only studies of that day or range: 20240101-20241231");
    command->add_option("--modality", options->filter.modality,
                        "Only studies with a series of that modality");
    command->add_option("--patient-id", options->filter.patient_id, "Only studies of that patient");
    command->add_option("--partition", options->filter.partition, "Only studies of that partition");
    command->add_option("--listen", options->listen,
                        "Serve /cast, /health and /metrics there (127.0.0.1:8081)");
    add_cast_state(*command, chosen);
    command->callback([options, command, &chosen] {
        if (!command->get_subcommands().empty()) return;
        chosen = [options] {
            const Result<int> done = cast(*options);
            if (done) return *done;
            std::fprintf(stderr, "isocenter: %s\n", done.error().message.c_str());
            return 2;
        };
    });
}

}  // namespace isocenter
