#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "app/settings.h"
#include "fhir/engine/engine.h"
#include "fhir/mapping/options.h"

namespace isocenter::app {

/// How the archive's values are read; `invalid_request` names the setting that is wrong. The endpoints are
/// not looked at.
Result<fhir::Options> content_options(const Settings& settings);
/// The same for writing to a target, whose settings these are: both endpoints must be there.
Result<fhir::Options> cast_content_options(const Settings& settings, std::string_view target);
/// Whether the profile is `cast-compatible`.
bool is_classic(const Settings& settings);
/// Where `isocenter cast` reads: the root below which the archive's `/v1` lies.
std::string archive_root(const Settings& settings);
fhir::EngineOptions cast_engine_options(const Settings& settings);

struct ListenAddress {
    std::string host;
    std::uint16_t port = 0;
};
/// `127.0.0.1:8081`, `[::1]:8081`; `invalid_request` when it is neither.
Result<ListenAddress> parse_listen_address(const std::string& text);

}  // namespace isocenter::app
