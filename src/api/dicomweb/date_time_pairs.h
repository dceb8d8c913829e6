#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "dicom/query.h"

namespace isocenter::api {

/// `+HHMM` or `-HHMM` in minutes (TimezoneOffsetFromUTC, PS3.3 C.12.1.1.8); a blank before four digits is the
/// '+' of a client that did not encode it. Nothing when ill-formed.
std::optional<int> read_zone(std::string_view text);

/// Makes one condition of the date and the time of an event when both are ranges of the same form (PS3.18
/// 8.3.4.1.1). With a zone of the request, dates with times - single values too - are moved from it to the
/// zone of what is stored; a date alone is not.
void combine_dates_and_times(std::vector<dicom::Matcher>& matchers, std::optional<int> request_zone_minutes,
                             int stored_zone_minutes);

}  // namespace isocenter::api
