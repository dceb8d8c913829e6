#include "fhir/cohort/moments.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace isocenter::fhir::cohort {
namespace {

using std::chrono::day;
using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::month;
using std::chrono::months;
using std::chrono::seconds;
using std::chrono::sys_days;
using std::chrono::sys_seconds;
using std::chrono::year;
using std::chrono::year_month_day;

// Far from what any date reaches, near enough that sums do not overflow.
constexpr sys_days kFirstDay{year{-20000} / 1 / 1};
constexpr sys_days kLastDay{year{20000} / 1 / 1};
/// What FHIR can write.
constexpr sys_days kFirstWritten{year{1} / 1 / 1};
constexpr sys_days kLastWritten{year{9999} / 12 / 31};

/// Exactly `size` digits from the front of `text`, which loses them.
std::optional<int> take_digits(std::string_view& text, std::size_t size) {
    if (text.size() < size) return std::nullopt;
    int value = 0;
    for (const char c : text.substr(0, size)) {
        if (c < '0' || c > '9') return std::nullopt;
        value = value * 10 + (c - '0');
    }
    text.remove_prefix(size);
    return value;
}

bool take(std::string_view& text, char c) {
    if (!text.starts_with(c)) return false;
    text.remove_prefix(1);
    return true;
}

std::optional<seconds> take_zone(std::string_view& text) {
    if (take(text, 'Z')) return seconds{0};
    const bool west = text.starts_with('-');
    if (!west && !text.starts_with('+')) return std::nullopt;
    text.remove_prefix(1);
    const auto hour = take_digits(text, 2);
    if (!hour || !take(text, ':')) return std::nullopt;
    const auto minute = take_digits(text, 2);
    if (!minute || *hour > 14 || *minute > 59) return std::nullopt;
    const seconds offset = hours{*hour} + minutes{*minute};
    return west ? -offset : offset;
}

/// `hh:mm[:ss[.f]]` and a zone, to the end of the text: seconds of the day in UTC.
std::optional<seconds> read_time(std::string_view text) {
    const auto hour = take_digits(text, 2);
    if (!hour || *hour > 23 || !take(text, ':')) return std::nullopt;
    const auto minute = take_digits(text, 2);
    if (!minute || *minute > 59) return std::nullopt;
    seconds time = hours{*hour} + minutes{*minute};
    if (take(text, ':')) {
        const auto second = take_digits(text, 2);
        if (!second || *second > 60) return std::nullopt;
        time += seconds{*second};
        if (take(text, '.')) text.remove_prefix(std::min(text.size(), text.find_first_not_of("0123456789")));
    }
    const auto zone = take_zone(text);
    if (!zone || !text.empty()) return std::nullopt;
    return time - *zone;
}

Span span_of_days(sys_days first, sys_days last) {
    return {first, last, first, sys_seconds{last} + hours{24} - seconds{1}, false};
}

sys_days shifted_day(sys_days at, int by_months, int by_days) {
    if (at == kFirstDay || at == kLastDay) return at;
    // Years of the library wrap around long before durations end.
    constexpr int kMonthsOfCalendar = 12 * 9999;
    if (by_months < -kMonthsOfCalendar) return kFirstWritten;
    if (by_months > kMonthsOfCalendar) return kLastWritten;
    const year_month_day date = year_month_day{at} + months{by_months};
    const sys_days moved =
        date.ok() ? sys_days{date} : sys_days{date.year() / date.month() / std::chrono::last};
    return std::clamp(moved + days{by_days}, kFirstWritten, kLastWritten);
}

sys_seconds shifted_moment(sys_seconds at, const Duration& by) {
    const auto date = std::chrono::floor<days>(at);
    return sys_seconds{shifted_day(date, by.months, by.days)} + (at - date) + by.time;
}

int completed_years(sys_days birth, sys_days at) {
    const year_month_day from{birth};
    const year_month_day to{at};
    const bool before_birthday = std::pair(to.month(), to.day()) < std::pair(from.month(), from.day());
    return static_cast<int>(to.year()) - static_cast<int>(from.year()) - (before_birthday ? 1 : 0);
}

/// Adds `number` of the unit; false when the unit is unknown here.
bool add_part(Duration& duration, char unit, int number, bool in_time) {
    if (in_time) {
        if (unit == 'H') duration.time += hours{number};
        if (unit == 'M') duration.time += minutes{number};
        if (unit == 'S') duration.time += seconds{number};
        return unit == 'H' || unit == 'M' || unit == 'S';
    }
    if (unit == 'Y') duration.months += 12 * number;
    if (unit == 'M') duration.months += number;
    if (unit == 'W') duration.days += 7 * number;
    if (unit == 'D') duration.days += number;
    return unit == 'Y' || unit == 'M' || unit == 'W' || unit == 'D';
}

}  // namespace

std::optional<Span> read_span(std::string_view text) {
    const auto a_year = take_digits(text, 4);
    if (!a_year || *a_year < 1000) return std::nullopt;
    const year y{*a_year};
    if (text.empty()) return span_of_days(sys_days{y / 1 / 1}, sys_days{y / 12 / 31});
    if (!take(text, '-')) return std::nullopt;
    const auto a_month = take_digits(text, 2);
    if (!a_month || *a_month < 1 || *a_month > 12) return std::nullopt;
    const auto ym = y / month{static_cast<unsigned>(*a_month)};
    if (text.empty()) return span_of_days(sys_days{ym / 1}, sys_days{ym / std::chrono::last});
    if (!take(text, '-')) return std::nullopt;
    const auto a_day = take_digits(text, 2);
    if (!a_day) return std::nullopt;
    const year_month_day date = ym / day{static_cast<unsigned>(*a_day)};
    if (!date.ok()) return std::nullopt;
    if (text.empty()) return span_of_days(sys_days{date}, sys_days{date});
    if (!take(text, 'T')) return std::nullopt;
    const auto time = read_time(text);
    if (!time) return std::nullopt;
    const sys_seconds moment = sys_seconds{sys_days{date}} + *time;
    return Span{sys_days{date}, sys_days{date}, moment, moment, true};
}

std::optional<Span> read_span(const boost::json::value& value) {
    if (value.is_string()) return read_span(std::string_view(value.get_string()));
    if (!value.is_object()) return std::nullopt;
    const auto end = [&](std::string_view name) -> std::optional<Span> {
        const auto* member = value.get_object().if_contains(name);
        if (member == nullptr || !member->is_string()) return std::nullopt;
        return read_span(std::string_view(member->get_string()));
    };
    const auto start = end("start");
    const auto stop = end("end");
    if (!start && !stop) return std::nullopt;
    Span span = span_of_days(kFirstDay, kLastDay);
    span.timed = (!start || start->timed) && (!stop || stop->timed);
    if (start) {
        span.first_day = start->first_day;
        span.first = start->first;
    }
    if (stop) {
        span.last_day = stop->last_day;
        span.last = stop->last;
    }
    return span;
}

std::optional<Duration> read_duration(std::string_view text) {
    const bool negative = text.starts_with('-');
    if (negative || text.starts_with('+')) text.remove_prefix(1);
    if (!take(text, 'P') || text.empty()) return std::nullopt;
    Duration duration;
    while (!text.empty()) {
        if (take(text, 'T')) {
            if (duration.timed || text.empty()) return std::nullopt;
            duration.timed = true;
            continue;
        }
        const std::size_t size = text.find_first_not_of("0123456789");
        if (size == 0 || size > 5) return std::nullopt;
        const auto number = take_digits(text, size);
        if (!number || !add_part(duration, text.front(), negative ? -*number : *number, duration.timed))
            return std::nullopt;
        text.remove_prefix(1);
    }
    return duration;
}

Span shifted(const Span& span, const Duration& by) {
    Span moved{shifted_day(span.first_day, by.months, by.days),
               shifted_day(span.last_day, by.months, by.days), shifted_moment(span.first, by),
               shifted_moment(span.last, by), span.timed && by.timed};
    if (!by.timed || span.timed) return moved;
    // Hours from a day without time: the days that the result touches.
    moved.first_day = std::chrono::floor<days>(moved.first);
    moved.last_day = std::chrono::floor<days>(moved.last);
    return moved;
}

bool overlaps(const Span& span, const Window& window) {
    if (const auto& from = window.from) {
        const bool timed = span.timed && from->timed;
        if (timed ? span.last < from->first : span.last_day < from->first_day) return false;
    }
    if (const auto& to = window.to) {
        const bool timed = span.timed && to->timed;
        if (timed ? span.first > to->last : span.first_day > to->last_day) return false;
    }
    return true;
}

Ages ages_at(const Span& birth, sys_days at) {
    return {completed_years(birth.last_day, at), completed_years(birth.first_day, at)};
}

std::string to_text(sys_days at) {
    const year_month_day date{std::clamp(at, kFirstWritten, kLastWritten)};
    return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(date.year()),
                       static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
}

}  // namespace isocenter::fhir::cohort
