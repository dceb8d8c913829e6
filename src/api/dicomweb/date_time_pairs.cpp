#include "api/dicomweb/date_time_pairs.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <string>

#include "dicom/tags.h"

namespace isocenter::api {
namespace {

using dicom::Tag;
namespace tags = dicom::tags;

struct Pair {
    Tag date;
    Tag time;
};

// PS3.3 C.12.1.1.8: from -1200 to +1400.
constexpr int kLeastZoneMinutes = -12 * 60;
constexpr int kGreatestZoneMinutes = 14 * 60;

constexpr std::array kPairs{
    Pair{tags::StudyDate, tags::StudyTime},
    Pair{tags::SeriesDate, tags::SeriesTime},
    Pair{tags::PerformedProcedureStepStartDate, tags::PerformedProcedureStepStartTime},
};

int digits(std::string_view text, std::size_t at, std::size_t count) {
    int value = 0;
    std::from_chars(text.data() + at, text.data() + at + count, value);
    return value;
}

/// The condition of single values or a range of them on `tag`.
dicom::Matcher* find_matcher(std::vector<dicom::Matcher>& matchers, Tag tag) {
    const auto at = std::ranges::find_if(matchers, [&](const dicom::Matcher& matcher) {
        return matcher.tag == tag && !matcher.sequence &&
               (std::holds_alternative<dicom::MatchRange>(matcher.match) ||
                std::holds_alternative<dicom::MatchText>(matcher.match));
    });
    return at == matchers.end() ? nullptr : &*at;
}

/// The least and the greatest value that `match` lets through.
dicom::MatchRange bounds_of(const dicom::Match& match) {
    if (const auto* list = std::get_if<dicom::MatchText>(&match)) {
        const auto [least, greatest] = std::ranges::minmax(list->any_of);
        return {least, greatest};
    }
    return std::get<dicom::MatchRange>(match);
}

bool same_form(const dicom::MatchRange& a, const dicom::MatchRange& b) {
    return a.from.empty() == b.from.empty() && a.to.empty() == b.to.empty();
}

bool is_single(const dicom::MatchRange& range) {
    return range.from == range.to;
}

/// Whether the two are the ends of one span (PS3.18 8.3.4.1.1), which single ones are as well.
bool are_one_span(const dicom::Match& date, const dicom::Match& time) {
    const auto* dates = std::get_if<dicom::MatchRange>(&date);
    const auto* times = std::get_if<dicom::MatchRange>(&time);
    if (dates == nullptr || times == nullptr || !same_form(*dates, *times)) return false;
    return !is_single(*times) || is_single(*dates);
}

ZonedSpan span_of(const Pair& pair, const dicom::MatchRange& dates, const dicom::MatchRange& times) {
    return {pair.date, pair.time, dates.from.empty() ? "" : dates.from + times.from,
            dates.to.empty() ? "" : dates.to + times.to};
}

/// The moments of `span`, which is in UTC, as they may be written in the index, which knows no zones.
dicom::MatchMoment in_any_zone(const ZonedSpan& span) {
    return {span.time, shift_moment(span.from, kLeastZoneMinutes),
            shift_moment(span.to, kGreatestZoneMinutes)};
}

/// From the first moment of the first day to the last of the last one.
ZonedSpan widest_span(const Pair& pair, const dicom::Match& dates) {
    return span_of(pair, bounds_of(dates), {"000000.000000", "235959.999999"});
}

ZonedSpan in_utc(ZonedSpan span, int zone_minutes) {
    span.from = shift_moment(span.from, -zone_minutes);
    span.to = shift_moment(span.to, -zone_minutes);
    return span;
}

}  // namespace

std::string shift_moment(const std::string& moment, int minutes) {
    if (moment.empty() || minutes == 0) return moment;
    using namespace std::chrono;
    const int year_number = (moment.front() - '0') * 1000 + digits(moment, 1, 3);
    const year_month_day date{year{year_number}, month{static_cast<unsigned>(digits(moment, 4, 2))},
                              day{static_cast<unsigned>(digits(moment, 6, 2))}};
    const int minute = digits(moment, 8, 2) * 60 + digits(moment, 10, 2) + minutes;
    const auto total = sys_days(date).time_since_epoch().count() * 1440 + minute;
    const auto day_number = total >= 0 ? total / 1440 : -((-total + 1439) / 1440);
    const auto rest = total - day_number * 1440;
    const year_month_day moved{sys_days{days{static_cast<int>(day_number)}}};
    // One day before year 0 and one after 9999 at most: years of four places that sort as they should.
    const int moved_year = static_cast<int>(moved.year());
    const int moved_thousands = moved_year < 0 ? -1 : moved_year / 1000;
    return fmt::format("{}{:03}{:02}{:02}{:02}{:02}{}", static_cast<char>('0' + moved_thousands),
                       moved_year - moved_thousands * 1000, static_cast<unsigned>(moved.month()),
                       static_cast<unsigned>(moved.day()), rest / 60, rest % 60, moment.substr(12));
}

std::optional<int> read_zone(std::string_view text) {
    while (text.size() > 5 && text.back() == ' ')
        text.remove_suffix(1);
    if (text.size() != 5 || (text[0] != '+' && text[0] != '-' && text[0] != ' ')) return std::nullopt;
    if (text.substr(1).find_first_not_of("0123456789") != std::string_view::npos) return std::nullopt;
    const int hours = digits(text, 1, 2);
    const int minutes = digits(text, 3, 2);
    const int total = (text[0] == '-' ? -1 : 1) * (hours * 60 + minutes);
    // -0000 is not allowed.
    if (minutes > 59 || total < kLeastZoneMinutes || total > kGreatestZoneMinutes ||
        (text[0] == '-' && total == 0))
        return std::nullopt;
    return total;
}

std::optional<Tag> find_time_over_midnight(std::vector<dicom::Matcher>& matchers) {
    for (const Pair& pair : kPairs) {
        const dicom::Matcher* time = find_matcher(matchers, pair.time);
        if (time == nullptr) continue;
        const dicom::MatchRange times = bounds_of(time->match);
        if (times.from.empty() || times.to.empty() || times.from <= times.to) continue;
        const dicom::Matcher* date = find_matcher(matchers, pair.date);
        const bool means_a_span =
            date != nullptr && are_one_span(date->match, time->match) && !is_single(bounds_of(date->match));
        if (!means_a_span) return pair.time;
    }
    return std::nullopt;
}

std::vector<RowCheck> combine_dates_and_times(std::vector<dicom::Matcher>& matchers,
                                              std::optional<int> request_zone_minutes) {
    std::vector<RowCheck> checks;
    for (const Pair& pair : kPairs) {
        dicom::Matcher* date = find_matcher(matchers, pair.date);
        dicom::Matcher* time = find_matcher(matchers, pair.time);
        if (date == nullptr || time == nullptr) continue;
        const bool one_span = are_one_span(date->match, time->match);
        if (!request_zone_minutes) {
            // Of one day the two conditions by themselves mean the same.
            if (!one_span || is_single(bounds_of(date->match))) continue;
            ZonedSpan span = span_of(pair, bounds_of(date->match), bounds_of(time->match));
            date->match = dicom::MatchMoment{pair.time, std::move(span.from), std::move(span.to)};
        } else if (one_span) {
            ZonedSpan span =
                in_utc(span_of(pair, bounds_of(date->match), bounds_of(time->match)), *request_zone_minutes);
            date->match = in_any_zone(span);
            checks.emplace_back(std::move(span));
        } else {
            const ZonedSpan span = in_utc(widest_span(pair, date->match), *request_zone_minutes);
            checks.emplace_back(ZonedPair{pair.date, pair.time, std::move(date->match),
                                          std::move(time->match), *request_zone_minutes});
            date->match = in_any_zone(span);
        }
        matchers.erase(matchers.begin() + (time - matchers.data()));
    }
    return checks;
}

}  // namespace isocenter::api
