#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/log.h"
#include "base/result.h"

namespace isocenter::app {

/// One assignment by its key, from wherever: `server.port` = `8080`. A list's members are separated by
/// commas.
using Assignments = std::vector<std::pair<std::string, std::string>>;

/// The server's settings, one field per row of settings.def, with their defaults.
struct Settings {
#define TEXT(key, field, value, help) std::string field = value;
#define LIST(key, field, help) std::vector<std::string> field;
#define BOOL(key, field, value, help) bool field = value;
#define CHOICE(key, field, value, choices, help) std::string field = value;
#define NUMBER(key, field, value, least, most, unit, help) std::uint64_t field = value;
#include "app/settings.def"
#undef TEXT
#undef LIST
#undef BOOL
#undef CHOICE
#undef NUMBER
    /// What is different for further targets of the bridge to FHIR, by their names (cast_targets.h).
    std::map<std::string, Assignments, std::less<>> cast_targets;
};

/// Environment variables by name.
using Environment = std::map<std::string, std::string>;
/// Those of the process that are meant for the product: all that begin with ISOCENTER_, and the reference's
/// names of settings that the bridge to FHIR has too (`Fhir__Endpoint`, see reference_settings.h).
Environment process_environment();

/// Defaults, then the TOML file (when `file` is not empty), then ISOCENTER_* variables, then `overrides`: the
/// later wins. `invalid_request` names the key, where it came from, and what is allowed; unknown keys and
/// variables are refused, with the nearest known one. Passed over are variables that Kubernetes and links of
/// containers set by themselves for a service of the name isocenter (ISOCENTER_SERVICE_HOST and its like).
Result<Settings> load_settings(const std::string& file, const Environment& environment,
                               const Assignments& overrides);

/// Sets one value; `origin` (file name, variable, option) is named in the error.
Status assign_setting(Settings& settings, std::string_view key, std::string_view value,
                      std::string_view origin);

/// The level that `log.level` names.
LogLevel log_level_of(const std::string& name);

/// docs/configuration.md.
std::string settings_as_markdown();
/// The annotated configuration file: every key commented out with its default.
std::string settings_as_toml();

}  // namespace isocenter::app
