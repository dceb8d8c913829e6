#include "fhir/mapping/date_time.h"

#include <unicode/timezone.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <memory>

#include "base/ascii.h"
#include "fhir/mapping/options.h"

namespace isocenter::fhir {

namespace {

int to_int(std::string_view digits) {
    int value = 0;
    for (const char digit : digits)
        value = value * 10 + (digit - '0');
    return value;
}

/// The digits of a value whose parts may be joined by `separators`, one kind throughout; nothing for others.
std::optional<std::string> digits_of(std::string_view text, std::string_view separators, std::size_t first) {
    std::string digits;
    char used = 0;
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (is_digit(text[at])) {
            digits += text[at];
            continue;
        }
        const bool at_joint = digits.size() >= first && (digits.size() - first) % 2 == 0 &&
                              at + 1 < text.size() && is_digit(text[at - 1]);
        if (separators.find(text[at]) == separators.npos || !at_joint || (used != 0 && used != text[at]))
            return {};
        used = text[at];
    }
    return digits;
}

struct TimeOfDay {
    int hour = 0;
    int minute = 0;
    int second = 0;
    std::string fraction;  ///< with its point, or empty
};

std::optional<TimeOfDay> parse_time(std::string_view tm) {
    TimeOfDay time;
    if (const auto point = tm.find('.'); point != tm.npos) {
        const auto fraction = tm.substr(point + 1);
        if (fraction.empty() || fraction.size() > 6 || !all_digits(fraction)) return {};
        auto kept = std::string{fraction.substr(0, 3)};
        while (!kept.empty() && kept.back() == '0')
            kept.pop_back();
        if (!kept.empty()) time.fraction = "." + kept;
        tm = tm.substr(0, point);
        if (tm.size() < 6) return {};
    }
    const auto digits = digits_of(tm, ":", 2);
    if (!digits || digits->size() < 2 || digits->size() > 6 || digits->size() % 2 != 0) return {};
    const std::string_view view = *digits;
    time.hour = to_int(view.substr(0, 2));
    if (view.size() >= 4) time.minute = to_int(view.substr(2, 2));
    if (view.size() == 6) time.second = to_int(view.substr(4, 2));
    // Second 60 is a leap second in DICOM; FHIR's dateTime knows it too.
    if (time.hour > 23 || time.minute > 59 || time.second > 60) return {};
    return time;
}

bool has_form_of_offset(std::string_view text) {
    return text.size() == 5 && (text[0] == '+' || text[0] == '-') && all_digits(text.substr(1));
}

/// The parts of a DT; what its date lacks has no time either.
struct DateTime {
    std::string_view date;
    std::string_view time;
    std::string_view offset;  ///< with its sign, or empty
};

DateTime split_date_time(std::string_view dt) {
    const auto sign = std::min(dt.find_first_of("+-"), dt.size());
    const auto moment = dt.substr(0, sign);
    return {moment.substr(0, 8), moment.substr(std::min<std::size_t>(8, moment.size())), dt.substr(sign)};
}

std::string format_offset(int minutes) {
    char text[16];
    const int absolute = std::abs(minutes);
    std::snprintf(text, sizeof text, "%c%02d:%02d", minutes < 0 ? '-' : '+', absolute / 60, absolute % 60);
    return text;
}

/// The zone's offset at a wall-clock moment. Dates before zones were agreed carry seconds; FHIR has none.
std::string zone_offset(const std::string& date, const TimeOfDay& time, const std::string& zone) {
    const std::string_view view = date;
    const std::chrono::year_month_day day{
        std::chrono::year{to_int(view.substr(0, 4))},
        std::chrono::month{static_cast<unsigned>(to_int(view.substr(5, 2)))},
        std::chrono::day{static_cast<unsigned>(to_int(view.substr(8, 2)))}};
    const auto moment = std::chrono::sys_days{day} + std::chrono::hours{time.hour} +
                        std::chrono::minutes{time.minute} + std::chrono::seconds{time.second};
    const std::unique_ptr<icu::TimeZone> rules{
        icu::TimeZone::createTimeZone(icu::UnicodeString::fromUTF8(zone))};
    std::int32_t raw = 0;
    std::int32_t summer = 0;
    UErrorCode status = U_ZERO_ERROR;
    rules->getOffset(static_cast<double>(moment.time_since_epoch().count()) * 1000.0, true, raw, summer,
                     status);
    return format_offset(U_SUCCESS(status) ? (raw + summer) / 60'000 : 0);
}

}  // namespace

bool is_time_zone(const std::string& name) {
    const std::unique_ptr<icu::TimeZone> zone{
        icu::TimeZone::createTimeZone(icu::UnicodeString::fromUTF8(name))};
    return *zone != icu::TimeZone::getUnknown();
}

std::optional<std::string> to_fhir_date(std::string_view da) {
    const auto digits = digits_of(da, "./", 4);
    if (!digits || (digits->size() != 4 && digits->size() != 6 && digits->size() != 8)) return {};
    const std::string_view view = *digits;
    const int year = to_int(view.substr(0, 4));
    const int month = view.size() >= 6 ? to_int(view.substr(4, 2)) : 1;
    const int day = view.size() == 8 ? to_int(view.substr(6, 2)) : 1;
    const std::chrono::year_month_day date{std::chrono::year{year},
                                           std::chrono::month{static_cast<unsigned>(month)},
                                           std::chrono::day{static_cast<unsigned>(day)}};
    if (year == 0 || !date.ok()) return {};
    std::string text{view.substr(0, 4)};
    if (view.size() >= 6) text.append("-").append(view.substr(4, 2));
    if (view.size() == 8) text.append("-").append(view.substr(6, 2));
    return text;
}

bool is_time(std::string_view tm) {
    return parse_time(tm).has_value();
}

std::optional<std::string> to_fhir_offset(std::string_view offset) {
    if (!has_form_of_offset(offset)) return {};
    const int hours = to_int(offset.substr(1, 2));
    const int minutes = to_int(offset.substr(3, 2));
    if (minutes > 59 || hours * 60 + minutes > 14 * 60) return {};
    return std::string{offset.substr(0, 3)} + ":" + std::string{offset.substr(3)};
}

std::optional<std::string> to_fhir_date_time(std::string_view da, std::string_view tm,
                                             std::string_view offset, const std::string& zone) {
    auto date = to_fhir_date(da);
    const auto time = parse_time(tm);
    if (!date || !time || date->size() != 10) return date;
    char text[16];
    std::snprintf(text, sizeof text, "T%02d:%02d:%02d", time->hour, time->minute, time->second);
    return *date + text + time->fraction +
           (offset.empty() ? zone_offset(*date, *time, zone) : std::string{offset});
}

std::optional<std::string> to_fhir_date_time(std::string_view dt, std::string_view offset,
                                             const std::string& zone) {
    const auto parts = split_date_time(dt);
    // `2024-99` is no year with an offset.
    if (!parts.offset.empty() && !has_form_of_offset(parts.offset)) return {};
    const auto own = to_fhir_offset(parts.offset);
    return to_fhir_date_time(parts.date, parts.time, own ? *own : offset, zone);
}

bool is_date_time(std::string_view dt) {
    const auto parts = split_date_time(dt);
    return to_fhir_date(parts.date) && (parts.time.empty() || is_time(parts.time)) &&
           (parts.offset.empty() || to_fhir_offset(parts.offset));
}

}  // namespace isocenter::fhir
