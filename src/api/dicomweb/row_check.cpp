#include "api/dicomweb/row_check.h"

#include <algorithm>

#include "api/dicomweb/date_time_pairs.h"
#include "api/dicomweb/search_response.h"
#include "dicom/charset.h"
#include "dicom/fold.h"
#include "dicom/json_filter.h"
#include "dicom/json_reader.h"
#include "dicom/name_match.h"
#include "dicom/tags.h"
#include "dicom/value_keys.h"
#include "dicom/value_rules.h"
#include "dicom/value_text.h"
#include "http/ascii.h"

namespace isocenter::api {
namespace {

using dicom::Tag;

const std::string* find_value(const index::SearchRow& row, Tag tag) {
    for (const index::AttributeValues* values : {&row.study, &row.series, &row.instance}) {
        const auto at = std::find_if(values->begin(), values->end(),
                                     [tag](const auto& value) { return value.first == tag; });
        if (at != values->end()) return &at->second;
    }
    return nullptr;
}

/// The values of one attribute of a stored document.
struct StoredValues {
    dicom::Vr vr = dicom::Vr::UN;
    std::vector<std::string> texts;  ///< trimmed
    bool known = false;              ///< it has a value, of whatever kind
};

StoredValues values_of(Tag tag, std::string_view json) {
    StoredValues values;
    const auto sets = dicom::read_json("{\"" + dicom::to_hex8(tag) + "\":" + std::string(json) + "}");
    if (!sets || sets->size() != 1) return values;
    const dicom::Element* element = sets->front().find(tag);
    if (element == nullptr) return values;
    values.vr = element->vr;
    values.known = element->has_value();
    if (dicom::is_binary_number(element->vr)) {
        values.texts = dicom::number_texts(*element);
    } else if (dicom::is_text(element->vr)) {
        const bool keep_leading = !dicom::is_multi_valued_text(element->vr);
        values.known = !element->bulk_uri.empty();
        for (const std::string& text : dicom::text_values(*element, dicom::Charset("ISO_IR 192"))) {
            const std::string_view bare = dicom::trim_padding(text);
            values.texts.emplace_back(keep_leading ? bare : http::trim(bare));
            values.known = values.known || !values.texts.back().empty();
        }
    }
    return values;
}

int zone_of(const index::SearchRow& row, int site_zone_minutes) {
    const Tag tag = dicom::tags::TimezoneOffsetFromUTC;
    const std::string_view json = dicom::find_attribute(row.document->json, tag);
    if (json.empty()) return site_zone_minutes;
    const auto values = values_of(tag, json);
    const auto zone = values.texts.empty() ? std::nullopt : read_zone(values.texts.front());
    return zone.value_or(site_zone_minutes);
}

/// The row's moment in UTC, by the zone of its object; empty when what is stored is no single one. Only of a
/// row that has both attributes.
std::string moment_of(const std::string& date, const std::string& time, const index::SearchRow& row,
                      const RowCheckRules& rules) {
    const auto day = dicom::date_key(date);
    const auto clock = dicom::time_key(time);
    if (!day || !clock) return {};
    return shift_moment(*day + *clock, -zone_of(row, rules.site_zone_minutes));
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

/// The member of kComparedAs that stands for `vr`.
std::optional<dicom::Vr> compared_as(dicom::Vr vr) {
    using dicom::Vr;
    switch (vr) {
        case Vr::PN:
        case Vr::DA:
        case Vr::TM:
        case Vr::UI:
        case Vr::AT:
        case Vr::AS:
            return vr;
        case Vr::IS:
        case Vr::DS:
            return Vr::IS;
        default:
            break;
    }
    if (dicom::is_binary_number(vr)) return Vr::IS;
    if (!dicom::is_text(vr)) return std::nullopt;
    return dicom::is_multi_valued_text(vr) ? Vr::LO : Vr::LT;
}

/// `text` in the form in which values of its kind are compared.
std::optional<std::string> comparable(dicom::Vr kind, const std::string& text) {
    if (text.empty()) return std::nullopt;
    if (kind == dicom::Vr::DA) return dicom::date_key(text);
    if (kind == dicom::Vr::TM) return dicom::time_key(text);
    if (kind == dicom::Vr::PN) return dicom::fold_name(text);
    if (kind == dicom::Vr::UI) return std::string(dicom::bare_uid(text));
    if (kind == dicom::Vr::AT) return http::to_lower(text);
    return text;
}

bool meets_all(const Conditions& conditions, dicom::Vr kind, const std::vector<std::string>& texts) {
    return std::ranges::all_of(conditions, [&](const dicom::Match& match) {
        return std::ranges::any_of(texts, [&](const std::string& text) {
            const auto value = comparable(kind, text);
            return value && meets(match, *value);
        });
    });
}

bool asks_for_none(const PrivateValue& wanted) {
    return std::ranges::any_of(wanted.readings, [](const PrivateValue::Reading& reading) {
        return reading.conditions.size() == 1 &&
               std::holds_alternative<dicom::MatchEmpty>(reading.conditions.front());
    });
}

bool holds(const PrivateValue& wanted, const index::SearchRow& row, const RowCheckRules& rules) {
    bool known = false;
    for (const auto& [creator, tag] : find_private(row.document->json, wanted.attribute)) {
        const StoredValues values = values_of(tag, dicom::find_attribute(row.document->json, tag));
        known = known || values.known;
        const auto kind = compared_as(values.vr);
        if (!kind || !values.known) continue;
        const auto reading = std::ranges::find(wanted.readings, *kind, &PrivateValue::Reading::vr);
        if (reading == wanted.readings.end()) continue;
        if (meets_all(reading->conditions, *kind, values.texts)) return true;
    }
    return !known && (rules.unknown_matches || asks_for_none(wanted));
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
    if (const auto* range = std::get_if<dicom::MatchRange>(&match))
        return (range->from.empty() || value >= range->from) && (range->to.empty() || value <= range->to);
    if (value.empty()) return std::holds_alternative<dicom::MatchEmpty>(match);
    if (const auto* pattern = std::get_if<dicom::MatchWildcard>(&match))
        return any(pattern->any_of, dicom::fits_pattern);
    if (const auto* name = std::get_if<dicom::MatchName>(&match)) return dicom::fits_name(*name, value);
    if (const auto* words = std::get_if<dicom::MatchNameWords>(&match))
        return dicom::fits_name_words(*words, value);
    if (const auto* numbers = std::get_if<dicom::MatchNumber>(&match)) {
        const auto number = dicom::number_key(value);
        return number && std::ranges::find(numbers->any_of, *number) != numbers->any_of.end();
    }
    return false;
}

std::vector<std::pair<Tag, Tag>> find_private(std::string_view document, const PrivateAttribute& attribute) {
    std::vector<std::pair<Tag, Tag>> found;
    const auto attributes = split_attributes(document);
    for (const auto& [creator, json] : attributes) {
        const bool reserves =
            creator.group == attribute.tag.group && creator.element >= 0x10 && creator.element <= 0xFF;
        if (!reserves) continue;
        const StoredValues names = values_of(creator, json);
        if (names.texts.empty() || names.texts.front() != attribute.creator) continue;
        const Tag tag{creator.group,
                      static_cast<std::uint16_t>((creator.element << 8U) | (attribute.tag.element & 0xFFU))};
        const auto there = [tag](const auto& each) { return each.first == tag; };
        if (std::ranges::any_of(attributes, there)) found.emplace_back(creator, tag);
    }
    return found;
}

}  // namespace isocenter::api
