#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "app/settings.h"

namespace isocenter::app {

/// A setting in the words of the reference (`Fhir:Endpoint`, `Fhir__Endpoint`) in ours.
struct TranslatedSetting {
    std::string key;        ///< `fhir.endpoint`; empty: there is nothing here that it could set
    std::string value;      ///< as assign_setting takes it
    std::string instead{};  ///< the setting to use where `key` is empty; empty: none is needed
};

/// Nothing when the reference has no such setting of its bridge. Names are compared without regard to case,
/// `:` and `__` alike. `invalid_request`, naming `origin`, for a duration that is not `[d.]hh:mm:ss[.fff]`
/// and a kind of authentication that is not built.
std::optional<Result<TranslatedSetting>> translate_reference_setting(std::string_view name,
                                                                     std::string_view value,
                                                                     std::string_view origin);

/// Milliseconds of `[d.]hh:mm:ss[.fff]`; digits past the third decimal are cut.
std::optional<std::uint64_t> parse_duration(std::string_view text);

}  // namespace isocenter::app
