#pragma once

#include <array>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "api/dicomweb/match_value.h"
#include "archive/archive.h"
#include "dicom/query.h"
#include "dicom/vr.h"

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
/// A private attribute, in whatever block its creator has reserved (standard-face.md 5.1).
struct PrivateAttribute {
    std::string creator;
    dicom::Tag tag;  ///< the low byte of the element counts
};
/// A condition on the values of one. Which VR they have only the object says, so the value that is asked for
/// has been read in every way.
struct PrivateValue {
    PrivateAttribute attribute;
    struct Reading {
        dicom::Vr vr;  ///< as of kComparedAs
        Conditions conditions;
    };
    std::vector<Reading> readings;  ///< in which the value makes sense; none by a VR: it matches nothing
};
/// One VR of each kind of comparison. Values of no such kind (binary ones and sequences) meet no condition.
inline constexpr std::array kComparedAs{dicom::Vr::LO, dicom::Vr::LT, dicom::Vr::PN,
                                        dicom::Vr::DA, dicom::Vr::TM, dicom::Vr::IS,
                                        dicom::Vr::UI, dicom::Vr::AT, dicom::Vr::AS};

/// What the index cannot compare: looked up in the stored document of each row that the index finds.
using RowCheck = std::variant<ZonedSpan, ZonedPair, PrivateValue>;

struct RowCheckRules {
    int site_zone_minutes = 0;     ///< zone of objects that name none
    bool unknown_matches = false;  ///< an absent or empty value passes
};
/// Whether `row`, which carries its document, passes.
bool passes(const RowCheck& check, const index::SearchRow& row, const RowCheckRules& rules);

/// Whether one stored value (UTF-8, trimmed; dates and times in the form of MatchRange, names folded) meets a
/// condition; one of moments is never met.
bool meets(const dicom::Match& match, std::string_view value);

/// Where a stored document has the attribute, ascending: the tag of the block's creator and that of the
/// attribute.
std::vector<std::pair<dicom::Tag, dicom::Tag>> find_private(std::string_view document,
                                                            const PrivateAttribute& attribute);

}  // namespace isocenter::api
