#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "api/manage/cast.h"
#include "app/cast_state.h"
#include "app/cast_targets.h"
#include "app/settings.h"
#include "base/log.h"
#include "commands.h"
#include "process.h"

namespace isocenter {
namespace {

struct LetterOptions {
    std::string config;
    std::vector<std::string> set;
    std::vector<std::string> earlier_set;  ///< those before the sub-command
    std::string letter_class;
    std::string state;
    std::string study;
    std::string target{app::kDefaultTarget};
    std::size_t limit = 100;
    std::int64_t id = 0;
};

/// The state of the bridge, also while it runs.
struct Opened {
    std::unique_ptr<app::CastStateFile> file;
    std::unique_ptr<app::CastState> state;
};

std::string problem_of_limit(const std::string& text) {
    return is_whole_number(text, 1) ? std::string() : "takes a number from 1, not " + text;
}

/// Of a target that is not in the settings any more something may be kept.
Status check_target(const LetterOptions& options, const app::Settings& settings, app::CastStateFile& file) {
    std::vector<std::string> names = app::further_targets(settings);
    names.emplace_back(app::kDefaultTarget);
    ISO_TRY(std::vector<std::string> kept, app::kept_targets(file));
    names.insert(names.end(), kept.begin(), kept.end());
    if (std::find(names.begin(), names.end(), options.target) != names.end()) return {};
    return app::no_such_target(options.target, std::move(names));
}

Result<Opened> open_state(const LetterOptions& options) {
    std::vector<std::string> set = options.earlier_set;
    set.insert(set.end(), options.set.begin(), options.set.end());
    ISO_TRY(const app::Assignments overrides, assignments_of(set));
    ISO_TRY(const app::Settings settings,
            app::load_settings(options.config, app::process_environment(), overrides));
    // Opening would make a file of that name.
    if (!std::filesystem::exists(settings.cast_state_path))
        return fail(ErrorCode::not_found, "there is no " + settings.cast_state_path);
    Opened opened;
    ISO_TRY(opened.file, app::CastStateFile::open(settings.cast_state_path));
    ISO_TRY(opened.state, app::CastState::open(*opened.file, options.target));
    ISO_CHECK(check_target(options, settings, *opened.file));
    return opened;
}

Result<fhir::LetterFilter> filter_of(const LetterOptions& options) {
    fhir::LetterFilter filter;
    filter.study_uid = options.study;
    filter.limit = options.limit;
    if (!options.letter_class.empty()) {
        filter.letter_class = fhir::parse_letter_class(options.letter_class);
        if (!filter.letter_class)
            return fail(ErrorCode::invalid_request,
                        "--class takes transient, fhir, dicom, validation or feed");
    }
    if (!options.state.empty()) {
        filter.state = fhir::parse_letter_state(options.state);
        if (!filter.state)
            return fail(ErrorCode::invalid_request, "--state takes open, resolved or discarded");
    }
    return filter;
}

void print_letter(const fhir::DeadLetter& letter) {
    std::puts(api::letter_json(letter).c_str());
}

Status list(const LetterOptions& options) {
    ISO_TRY(const fhir::LetterFilter filter, filter_of(options));
    ISO_TRY(const Opened opened, open_state(options));
    ISO_TRY(const std::vector<fhir::DeadLetter> letters, opened.state->list(filter));
    for (const fhir::DeadLetter& letter : letters)
        print_letter(letter);
    return {};
}

Result<fhir::DeadLetter> find(const Opened& opened, std::int64_t id) {
    ISO_TRY(const std::optional<fhir::DeadLetter> letter, opened.state->find(id));
    if (!letter) return fail(ErrorCode::not_found, "there is no such dead letter");
    return *letter;
}

Status show(const LetterOptions& options) {
    ISO_TRY(const Opened opened, open_state(options));
    ISO_TRY(const fhir::DeadLetter letter, find(opened, options.id));
    print_letter(letter);
    return {};
}

/// The running engine looks for letters to be replayed every two seconds.
Status replay(const LetterOptions& options) {
    if (options.id == 0 && options.letter_class.empty())
        return fail(ErrorCode::invalid_request, "name an ID or a --class");
    if (options.id != 0 && !(options.letter_class.empty() && options.study.empty()))
        return fail(ErrorCode::invalid_request, "an ID is one letter: no --class or --study with it");
    ISO_TRY(const fhir::LetterFilter filter, filter_of(options));
    ISO_TRY(const Opened opened, open_state(options));
    if (options.id != 0) return opened.state->ask_replay(options.id);
    ISO_TRY(const std::uint64_t count, opened.state->set_replay(filter, true));
    std::printf("%llu to be replayed\n", static_cast<unsigned long long>(count));
    return {};
}

Status discard(const LetterOptions& options) {
    ISO_TRY(const Opened opened, open_state(options));
    return opened.state->discard(options.id, now_ticks());
}

Status status(const LetterOptions& options) {
    ISO_TRY(const Opened opened, open_state(options));
    ISO_TRY(const std::optional<fhir::StateRow> found, opened.state->load());
    const fhir::StateRow row = found.value_or(fhir::StateRow{});
    ISO_TRY(const fhir::LetterCounts counts, opened.state->count_open());
    const std::string letters = api::counts_json(counts);
    std::printf(
        "{\"position\":%lld,\"latest\":%lld,\"changed\":%s,\"owner\":%s,\"leaseEnd\":%s,\"token\":%lld,"
        "\"deadLetters\":%s}\n",
        static_cast<long long>(row.low), static_cast<long long>(row.latest),
        json_quote(to_iso8601(row.changed)).c_str(), json_quote(row.owner).c_str(),
        json_quote(to_iso8601(row.lease_end)).c_str(), static_cast<long long>(row.token), letters.c_str());
    return {};
}

CLI::App* add_action(CLI::App& parent, const std::shared_ptr<LetterOptions>& options, Command& chosen,
                     const char* name, const char* help, Status (*act)(const LetterOptions&)) {
    CLI::App* command = parent.add_subcommand(name, help);
    command->add_option("--config", options->config, "Configuration file");
    add_set_option(*command, options->set);
    command->add_option("--target", options->target, "NAME of cast.targets.NAME")->capture_default_str();
    command->callback([options, act, &chosen] {
        chosen = [options, act] {
            const Status done = act(*options);
            if (done.ok()) return 0;
            std::fprintf(stderr, "isocenter: %s\n", done.error().message.c_str());
            return 2;
        };
    });
    return command;
}

}  // namespace

void add_cast_state(CLI::App& cast, Command& chosen) {
    const auto options = std::make_shared<LetterOptions>();
    // What stands before the sub-command counts as well.
    cast.get_option("--config")->each([options](const std::string& file) {
        if (options->config.empty()) options->config = file;
    });
    cast.get_option("--set")->each(
        [options](const std::string& setting) { options->earlier_set.push_back(setting); });
    add_action(cast, options, chosen, "status", "Print position, lease and open dead letters", status);
    CLI::App* letters = cast.add_subcommand("dead-letters", "What could not be written, and why");
    letters->require_subcommand(1);
    CLI::App* listing =
        add_action(*letters, options, chosen, "list", "Print them, newest first, one a line", list);
    listing->add_option("--state", options->state, "open, resolved or discarded");
    listing->add_option("--limit", options->limit, "At most that many [100]")->check(problem_of_limit);
    CLI::App* again = add_action(*letters, options, chosen, "replay", "Try again", replay);
    again->add_option("id", options->id, "One letter");
    for (CLI::App* each : {listing, again}) {
        each->add_option("--class", options->letter_class, "transient, fhir, dicom, validation or feed");
        each->add_option("--study", options->study, "StudyInstanceUID");
    }
    add_action(*letters, options, chosen, "show", "Print one", show)
        ->add_option("id", options->id)
        ->required();
    add_action(*letters, options, chosen, "discard", "Give one up", discard)
        ->add_option("id", options->id)
        ->required();
}

}  // namespace isocenter
