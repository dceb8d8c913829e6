#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "archive/archive.h"
#include "dicom/query.h"

namespace isocenter::api {

/// A span of moments in UTC over a date and a time attribute; the stored ones are in the zone of their object
/// (PS3.18 8.3.4.1.1). Ends are `yyyyMMddHHMMSS.FFFFFF`, inclusive, empty when open.
struct ZonedSpan {
    dicom::Tag date;
    dicom::Tag time;
    std::string from;
    std::string to;
};
/// Conditions on a date and a time attribute that are no one span (a list of either, or a range of one of
/// them), by a clock in the zone of the request; the stored ones are in the zone of their object.
struct ZonedPair {
    dicom::Tag date;
    dicom::Tag time;
    dicom::Match date_match;  ///< MatchText or MatchRange, as time_match
    dicom::Match time_match;
    int zone_minutes = 0;
};
/// One of the values of a private attribute, in whatever block its creator has reserved
/// (standard-face.md 5.1).
struct PrivateValue {
    std::string creator;
    dicom::Tag tag;  ///< the low byte of the element counts
    dicom::Match match;
};

/// What the index cannot compare: looked up in the stored document of each row that the index finds.
using RowCheck = std::variant<ZonedSpan, ZonedPair, PrivateValue>;

struct RowCheckRules {
    int site_zone_minutes = 0;     ///< zone of objects that name none
    bool unknown_matches = false;  ///< an absent or empty value passes
};
/// Whether `row`, which carries its document, passes.
bool passes(const RowCheck& check, const index::SearchRow& row, const RowCheckRules& rules);

/// Whether one stored value (UTF-8, trimmed; dates and times in the form of MatchRange) meets a condition of
/// text, UIDs, a range or emptiness; other conditions are never met.
bool meets(const dicom::Match& match, std::string_view value);

}  // namespace isocenter::api
