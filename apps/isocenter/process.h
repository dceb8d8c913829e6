#pragma once

#include <csignal>
#include <string>
#include <vector>

#include "app/settings.h"
#include "base/result.h"

namespace isocenter {

/// SIGTERM and SIGINT, blocked: to be called before any thread starts, so that only the main thread's sigwait
/// takes them.
sigset_t block_stop_signals();

/// What `--set section.name=value` says.
Result<app::Assignments> assignments_of(const std::vector<std::string>& set);

}  // namespace isocenter
