#include "api/dicomweb/row_check.h"

#include <algorithm>

#include "api/dicomweb/date_time_pairs.h"
#include "api/dicomweb/match_value.h"
#include "api/dicomweb/search_response.h"
#include "dicom/json_filter.h"
#include "dicom/json_reader.h"
#include "dicom/tags.h"
#include "dicom/vr.h"
#include "http/ascii.h"

namespace isocenter::api {
namespace {

using dicom::Tag;

std::size_t character_bytes(std::string_view text) {
    std::size_t n = 1;
    while (n < text.size() && (static_cast<unsigned char>(text[n]) & 0xC0U) == 0x80U)
        ++n;
    return n;
}

/// `*` any run, `?` one character of UTF-8. Goes back to the last star only, so the time is at most the
/// product of the lengths.
bool fits_pattern(std::string_view pattern, std::string_view text) {
    std::string_view after_star;
    std::string_view retry;
    bool star = false;
    while (!text.empty()) {
        if (!pattern.empty() && pattern.front() == '*') {
            pattern.remove_prefix(1);
            after_star = pattern;
            retry = text;
            star = true;
        } else if (!pattern.empty() && (pattern.front() == '?' || pattern.front() == text.front())) {
            text.remove_prefix(pattern.front() == '?' ? character_bytes(text) : 1);
            pattern.remove_prefix(1);
        } else if (star) {
            retry.remove_prefix(character_bytes(retry));
            pattern = after_star;
            text = retry;
        } else {
            return false;
        }
    }
    return pattern.find_first_not_of('*') == std::string_view::npos;
}

const std::string* find_value(const index::SearchRow& row, Tag tag) {
    for (const index::AttributeValues* values : {&row.study, &row.series, &row.instance}) {
        const auto at = std::find_if(values->begin(), values->end(),
                                     [tag](const auto& value) { return value.first == tag; });
        if (at != values->end()) return &at->second;
    }
    return nullptr;
}

/// The values of one attribute of a stored document, trimmed.
std::vector<std::string> values_of(Tag tag, std::string_view json) {
    std::vector<std::string> values;
    const auto sets = dicom::read_json("{\"" + dicom::to_hex8(tag) + "\":" + std::string(json) + "}");
    if (!sets || sets->size() != 1) return values;
    const dicom::Element* element = sets->front().find(tag);
    if (element == nullptr || dicom::is_bulk(element->vr)) return values;
    if (dicom::unit_bytes(element->vr) > 1) {
        if (const auto number = sets->front().integer(tag)) values.push_back(std::to_string(*number));
        return values;
    }
    std::string_view rest = element->bytes;
    while (values.empty() || !rest.empty()) {
        const std::size_t end = std::min(rest.find('\\'), rest.size());
        std::string_view value = rest.substr(0, end);
        while (!value.empty() && value.back() == '\0')
            value.remove_suffix(1);
        values.emplace_back(http::trim(value));
        rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    return values;
}

int zone_of(const index::SearchRow& row, int site_zone_minutes) {
    const Tag tag = dicom::tags::TimezoneOffsetFromUTC;
    const std::string_view json = dicom::find_attribute(row.document->json, tag);
    if (json.empty()) return site_zone_minutes;
    const auto values = values_of(tag, json);
    const auto zone = values.empty() ? std::nullopt : read_zone(values.front());
    return zone.value_or(site_zone_minutes);
}

/// The row's moment in UTC, by the zone of its object; empty when what is stored is no single one. Only of a
/// row that has both attributes.
std::string moment_of(const std::string& date, const std::string& time, const index::SearchRow& row,
                      const RowCheckRules& rules) {
    const auto day = read_date_range(date);
    const auto clock = read_time_range(time);
    if (!day || !clock || day->is_range || clock->is_range) return {};
    return shift_moment(day->from + clock->from, -zone_of(row, rules.site_zone_minutes));
}

/// Whether `fits` holds for the row's moment in UTC. The index has looked at the date that is there.
template <class Fits>
bool moment_holds(const index::SearchRow& row, Tag date_tag, Tag time_tag, const RowCheckRules& rules,
                  Fits fits) {
    const std::string* date = find_value(row, date_tag);
    const std::string* time = find_value(row, time_tag);
    if (date == nullptr || time == nullptr) return rules.unknown_matches;
    const std::string moment = moment_of(*date, *time, row, rules);
    return !moment.empty() && fits(moment);
}

bool holds(const ZonedSpan& span, const index::SearchRow& row, const RowCheckRules& rules) {
    return moment_holds(row, span.date, span.time, rules, [&span](const std::string& moment) {
        return (span.from.empty() || moment >= span.from) && (span.to.empty() || moment <= span.to);
    });
}

bool holds(const ZonedPair& pair, const index::SearchRow& row, const RowCheckRules& rules) {
    return moment_holds(row, pair.date, pair.time, rules, [&pair](const std::string& utc) {
        constexpr std::size_t kDateLength = 8;
        const std::string moment = shift_moment(utc, pair.zone_minutes);
        return meets(pair.date_match, std::string_view(moment).substr(0, kDateLength)) &&
               meets(pair.time_match, std::string_view(moment).substr(kDateLength));
    });
}

bool holds(const PrivateValue& wanted, const index::SearchRow& row, const RowCheckRules& rules) {
    bool known = false;
    const auto attributes = split_attributes(row.document->json);
    for (const auto& [creator, creator_json] : attributes) {
        const bool reserves =
            creator.group == wanted.tag.group && creator.element >= 0x10 && creator.element <= 0xFF;
        if (!reserves) continue;
        const auto names = values_of(creator, creator_json);
        if (names.empty() || names.front() != wanted.creator) continue;
        const Tag tag{creator.group,
                      static_cast<std::uint16_t>((creator.element << 8U) | (wanted.tag.element & 0xFFU))};
        const std::string_view json = dicom::find_attribute(row.document->json, tag);
        if (json.empty()) continue;
        const auto values = values_of(tag, json);
        if (std::any_of(values.begin(), values.end(), [&](const auto& v) { return meets(wanted.match, v); }))
            return true;
        known = known || std::any_of(values.begin(), values.end(), [](const auto& v) { return !v.empty(); });
    }
    return rules.unknown_matches && !known;
}

}  // namespace

bool passes(const RowCheck& check, const index::SearchRow& row, const RowCheckRules& rules) {
    if (!row.document) return false;
    return std::visit([&](const auto& kind) { return holds(kind, row, rules); }, check);
}

bool meets(const dicom::Match& match, std::string_view value) {
    const auto any = [value](const std::vector<std::string>& list, auto fits) {
        return std::any_of(list.begin(), list.end(),
                           [&](const std::string& wanted) { return fits(wanted, value); });
    };
    const auto equal = [](std::string_view wanted, std::string_view stored) { return wanted == stored; };
    if (const auto* text = std::get_if<dicom::MatchText>(&match)) return any(text->any_of, equal);
    if (const auto* uid = std::get_if<dicom::MatchUid>(&match)) return any(uid->any_of, equal);
    if (const auto* pattern = std::get_if<dicom::MatchWildcard>(&match))
        return !value.empty() && any(pattern->any_of, fits_pattern);
    if (const auto* range = std::get_if<dicom::MatchRange>(&match))
        return (range->from.empty() || value >= range->from) && (range->to.empty() || value <= range->to);
    return std::holds_alternative<dicom::MatchEmpty>(match) && value.empty();
}

}  // namespace isocenter::api
