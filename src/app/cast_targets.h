#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "app/settings.h"
#include "base/result.h"

/// Further FHIR servers beside that of `fhir.endpoint`: `cast.targets.NAME.fhir.endpoint` and whatever else
/// is different there.
namespace isocenter::app {

inline constexpr std::string_view kTargetPrefix = "cast.targets.";
/// What the target of `fhir.endpoint` is called in state, metrics and logs.
inline constexpr std::string_view kDefaultTarget = "default";

/// Takes `cast.targets.NAME.KEY` into `settings.cast_targets`; `invalid_request` for a name that is none, a
/// key that cannot differ between targets, and a value that the key does not take.
Status assign_target_setting(Settings& settings, std::string_view key, std::string_view value,
                             std::string_view origin);

/// Names of the further targets.
std::vector<std::string> further_targets(const Settings& settings);
/// `invalid_request` that tells the names that there are: these and kDefaultTarget.
Error no_such_target(std::string_view name, std::vector<std::string> names);
/// The settings as they are for one target: of `[fhir]` nothing but its own, so that no credentials go to
/// another server than they are for; of `[cast]` everything that it does not have of its own.
/// `invalid_request` when there is no such target. kDefaultTarget: the settings themselves.
Result<Settings> settings_of_target(const Settings& settings, std::string_view name);
/// `invalid_request` naming both when two targets are one FHIR server: each would take the other's resources
/// for its own and undo what that one writes. Addresses count as one that differ in the case of scheme and
/// host, in a default port, or in '/' at the end; what other names a server has cannot be seen here.
Status check_targets_differ(const Settings& settings);

}  // namespace isocenter::app
