#include "app/cast_targets.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <map>

#include "app/settings_table.h"
#include "base/ascii.h"
#include "fhir/client/server_address.h"

namespace isocenter::app {
namespace {

/// Settings of [cast] that are of the bridge as a whole.
constexpr std::array<std::string_view, 6> kCommon{"cast.listen",           "cast.state_path",
                                                  "cast.poll_interval_ms", "cast.gap_grace_s",
                                                  "cast.partitions",       "cast.partition_systems"};

bool is_name(std::string_view name) {
    const auto allowed = [](char c) { return is_alphanumeric(c) || c == '-' || c == '_'; };
    return !name.empty() && name != kDefaultTarget && std::all_of(name.begin(), name.end(), allowed);
}

bool may_differ(std::string_view key) {
    const bool of_target = key.starts_with("fhir.") || key.starts_with("cast.");
    return of_target && !key.starts_with(kTargetPrefix) &&
           std::find(kCommon.begin(), kCommon.end(), key) == kCommon.end();
}

void reset(Settings& settings, const SettingRow& row) {
    const Settings fresh;
    std::visit([&](const auto& kind) { settings.*kind.field = fresh.*kind.field; }, row.kind);
}

}  // namespace

Status assign_target_setting(Settings& settings, std::string_view key, std::string_view value,
                             std::string_view origin) {
    const std::string_view rest = key.substr(kTargetPrefix.size());
    const std::size_t dot = std::min(rest.find('.'), rest.size());
    const std::string name(rest.substr(0, dot));
    const std::string inner(rest.substr(std::min(dot + 1, rest.size())));
    if (!is_name(name))
        return fail(ErrorCode::invalid_request,
                    fmt::format("{}: {} names no target: letters, digits, - and _, and not {}", origin, key,
                                kDefaultTarget));
    if (!may_differ(inner))
        return fail(ErrorCode::invalid_request,
                    fmt::format("{}: {} cannot be of one target; settings of [fhir] and those of [cast] that "
                                "say how and what is written can",
                                origin, key));
    Settings scratch;
    ISO_CHECK(assign_setting(scratch, inner, value, origin));
    settings.cast_targets[name].emplace_back(inner, value);
    return {};
}

std::vector<std::string> further_targets(const Settings& settings) {
    std::vector<std::string> names;
    for (const auto& [name, assignments] : settings.cast_targets)
        names.push_back(name);
    return names;
}

Error no_such_target(std::string_view name, std::vector<std::string> names) {
    names.emplace_back(kDefaultTarget);
    std::sort(names.begin(), names.end());
    names.erase(std::unique(names.begin(), names.end()), names.end());
    return fail(ErrorCode::invalid_request,
                fmt::format("there is no target {}, only: {}", name, fmt::join(names, ", ")));
}

Result<Settings> settings_of_target(const Settings& settings, std::string_view name) {
    if (name == kDefaultTarget) return settings;
    const auto target = settings.cast_targets.find(name);
    if (target == settings.cast_targets.end()) return no_such_target(name, further_targets(settings));
    Settings made = settings;
    for (const SettingRow& row : setting_rows()) {
        if (row.key.starts_with("fhir.")) reset(made, row);
    }
    for (const auto& [key, value] : target->second)
        ISO_CHECK(assign_setting(made, key, value, fmt::format("{}{}", kTargetPrefix, name)));
    if (made.fhir_endpoint.empty())
        return fail(ErrorCode::invalid_request,
                    fmt::format("{}{}.fhir.endpoint is missing", kTargetPrefix, name));
    return made;
}

Status check_targets_differ(const Settings& settings) {
    std::map<std::string, std::string> by_server;
    std::vector<std::string> names = further_targets(settings);
    names.insert(names.begin(), std::string(kDefaultTarget));
    for (std::string& name : names) {
        ISO_TRY(const Settings own, settings_of_target(settings, name));
        const auto [other, is_new] = by_server.emplace(fhir::normalised_address(own.fhir_endpoint), name);
        if (!is_new)
            return fail(
                ErrorCode::invalid_request,
                fmt::format("the targets {} and {} have the same fhir.endpoint: a FHIR server can be of "
                            "one target only; several partitions may go to it",
                            other->second, name));
    }
    return {};
}

}  // namespace isocenter::app
