#pragma once

#include <CLI/CLI.hpp>
#include <functional>

namespace isocenter {

/// What the chosen sub-command does; its result is the process's exit code.
using Command = std::function<int()>;

/// Each adds its sub-command with options to `app` and, when the command line chose it, sets `chosen`.
void add_serve(CLI::App& app, Command& chosen);
void add_import(CLI::App& app, Command& chosen);
void add_verify(CLI::App& app, Command& chosen);
void add_cast(CLI::App& app, Command& chosen);
/// The sub-commands of `cast` that look after its state.
void add_cast_state(CLI::App& cast, Command& chosen);
void add_cohort(CLI::App& app, Command& chosen);
void add_settings(CLI::App& app, Command& chosen);

}  // namespace isocenter
