#include "process.h"

#include <charconv>
#include <cstdio>

#include "base/log.h"

namespace isocenter {

sigset_t block_stop_signals() {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    std::signal(SIGPIPE, SIG_IGN);
    return signals;
}

bool is_whole_number(const std::string& text, std::int64_t least) {
    std::int64_t number = 0;
    const char* end = text.data() + text.size();
    const auto [at, error] = std::from_chars(text.data(), end, number);
    return error == std::errc() && at == end && number >= least;
}

void print_error(const Error& error) {
    const std::string detail = error.detail.empty() ? "" : " (" + error.detail + ")";
    std::fprintf(stderr, "isocenter: %s%s\n", error.message.c_str(), detail.c_str());
}

Result<app::Assignments> assignments_of(const std::vector<std::string>& set) {
    app::Assignments assignments;
    for (const std::string& assignment : set) {
        const std::size_t equals = assignment.find('=');
        if (equals == std::string::npos) {
            return fail(ErrorCode::invalid_request, "--set takes section.name=value, not " + assignment);
        }
        assignments.emplace_back(assignment.substr(0, equals), assignment.substr(equals + 1));
    }
    return assignments;
}

void add_set_option(CLI::App& command, std::vector<std::string>& set) {
    command
        .add_option("--set", set,
                    "Any setting: section.name=value (see `isocenter settings`); commas between the members "
                    "of a list")
        ->allow_extra_args(false);
}

void add_settings_options(CLI::App& command, SettingsSource& source) {
    command.add_option("--config", source.config, "Configuration file (see `isocenter settings --toml`)");
    add_set_option(command, source.set);
}

Result<app::Settings> read_settings(const SettingsSource& source, const app::Assignments& last) {
    ISO_TRY(app::Assignments overrides, assignments_of(source.set));
    overrides.insert(overrides.end(), last.begin(), last.end());
    ISO_TRY(app::Settings settings, app::load_settings(source.config, app::process_environment(), overrides));
    configure_log(app::log_level_of(settings.log_level));
    return settings;
}

}  // namespace isocenter
