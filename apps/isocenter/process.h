#pragma once

#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdint>
#include <string>
#include <vector>

#include "app/settings.h"
#include "base/result.h"

namespace isocenter {

/// SIGTERM and SIGINT, blocked: to be called before any thread starts, so that only the main thread's sigwait
/// takes them.
sigset_t block_stop_signals();

/// Whether `text` is a whole number from `least` on.
bool is_whole_number(const std::string& text, std::int64_t least);

/// Tells on stderr why a command ended; with the detail, since nobody but the operator reads it.
void print_error(const Error& error);

/// What `--set section.name=value` says.
Result<app::Assignments> assignments_of(const std::vector<std::string>& set);

/// Where a command takes its settings from, beside the environment.
struct SettingsSource {
    std::string config;
    std::vector<std::string> set;
};
/// `--set section.name=value`, which may be repeated; what follows the value is not its own.
void add_set_option(CLI::App& command, std::vector<std::string>& set);
/// `--config` and `--set`.
void add_settings_options(CLI::App& command, SettingsSource& source);
/// File, environment, `--set`, then `last`; the log's level is set as they say.
Result<app::Settings> read_settings(const SettingsSource& source, const app::Assignments& last);

}  // namespace isocenter
