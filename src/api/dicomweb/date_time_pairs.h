#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/dicomweb/row_check.h"
#include "dicom/query.h"

namespace isocenter::api {

/// `+HHMM` or `-HHMM` in minutes (TimezoneOffsetFromUTC, PS3.3 C.12.1.1.8); a blank before four digits is the
/// '+' of a client that did not encode it. Nothing when ill-formed.
std::optional<int> read_zone(std::string_view text);

/// `moment`, which is `yyyyMMddHHMMSS.FFFFFF` or empty, `minutes` later. A year before 0 or after 9999 begins
/// with the character before '0' or behind '9', so that moments stay comparable as texts.
std::string shift_moment(const std::string& moment, int minutes);

/// The first time whose range runs over midnight without being one span with a range of dates: it means
/// nothing (PS3.4 C.2.2.2.5.2). To be asked before the two are combined.
std::optional<dicom::Tag> find_time_over_midnight(std::vector<dicom::Matcher>& matchers);

/// Makes one condition of the date and the time of an event when both are ranges of the same form (PS3.18
/// 8.3.4.1.1). With a zone of the request, of any other dates and times too, since a zone may move a moment
/// into another day: then the condition is so wide that it holds in every zone an object may have, and the
/// checks that are returned are the exact ones. A date alone is in no zone.
std::vector<RowCheck> combine_dates_and_times(std::vector<dicom::Matcher>& matchers,
                                              std::optional<int> request_zone_minutes);

}  // namespace isocenter::api
