#include "base/clock.h"

#include <fmt/format.h>

#include <chrono>

#include "base/ascii.h"

namespace isocenter {
namespace {

using Days = std::chrono::duration<std::int64_t, std::ratio<86400>>;
constexpr std::int64_t kSecondsPerDay = 86400;
// Days from 0001-01-01 to 1970-01-01.
constexpr std::int64_t kEpochDays = 719162;

/// Cuts `count` digits off the front of `text`; nothing when they are not all digits.
std::optional<int> take_digits(std::string_view& text, std::size_t count) {
    if (text.size() < count) return std::nullopt;
    int value = 0;
    for (std::size_t i = 0; i < count; ++i) {
        if (text[i] < '0' || text[i] > '9') return std::nullopt;
        value = value * 10 + (text[i] - '0');
    }
    text.remove_prefix(count);
    return value;
}

bool take(std::string_view& text, char wanted) {
    if (text.empty() || text.front() != wanted) return false;
    text.remove_prefix(1);
    return true;
}

std::optional<Ticks> take_fraction(std::string_view& text) {
    Ticks value = 0;
    int digits = 0;
    while (!text.empty() && is_digit(text.front())) {
        if (++digits > 9) return std::nullopt;
        if (digits <= 7) value = value * 10 + (text.front() - '0');
        text.remove_prefix(1);
    }
    if (digits == 0) return std::nullopt;
    for (; digits < 7; ++digits)
        value *= 10;
    return value;
}

std::optional<std::int64_t> take_zone_seconds(std::string_view& text) {
    if (take(text, 'Z') || take(text, 'z')) return 0;
    const bool negative = !text.empty() && text.front() == '-';
    if (!negative && (text.empty() || text.front() != '+')) return std::nullopt;
    text.remove_prefix(1);
    const auto hours = take_digits(text, 2);
    if (!hours || *hours > 14 || !take(text, ':')) return std::nullopt;
    const auto minutes = take_digits(text, 2);
    if (!minutes || *minutes > 59) return std::nullopt;
    const std::int64_t seconds = *hours * 3600 + *minutes * 60;
    return negative ? -seconds : seconds;
}

std::optional<std::int64_t> take_date_days(std::string_view& text) {
    const auto year = take_digits(text, 4);
    if (!year || *year < 1 || !take(text, '-')) return std::nullopt;
    const auto month = take_digits(text, 2);
    if (!month || !take(text, '-')) return std::nullopt;
    const auto day = take_digits(text, 2);
    if (!day) return std::nullopt;
    const std::chrono::year_month_day date{std::chrono::year(*year),
                                           std::chrono::month(static_cast<unsigned>(*month)),
                                           std::chrono::day(static_cast<unsigned>(*day))};
    if (!date.ok()) return std::nullopt;
    return std::chrono::sys_days(date).time_since_epoch().count() + kEpochDays;
}

}  // namespace

Ticks now_ticks() {
    using TickDuration = std::chrono::duration<std::int64_t, std::ratio<1, kTicksPerSecond>>;
    const auto since_1970 = std::chrono::system_clock::now().time_since_epoch();
    return std::chrono::duration_cast<TickDuration>(since_1970).count() +
           kEpochDays * kSecondsPerDay * kTicksPerSecond;
}

std::string to_iso8601(Ticks ticks) {
    const std::int64_t seconds = ticks / kTicksPerSecond;
    const std::chrono::sys_days day{
        std::chrono::days(static_cast<int>(seconds / kSecondsPerDay - kEpochDays))};
    const std::chrono::year_month_day date{day};
    const std::int64_t second_of_day = seconds % kSecondsPerDay;
    return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:07}+00:00", static_cast<int>(date.year()),
                       static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                       second_of_day / 3600, second_of_day / 60 % 60, second_of_day % 60,
                       ticks % kTicksPerSecond);
}

std::optional<Ticks> parse_iso8601(std::string_view text) {
    const auto days = take_date_days(text);
    if (!days || (!take(text, 'T') && !take(text, 't') && !take(text, ' '))) return std::nullopt;
    const auto hour = take_digits(text, 2);
    if (!hour || *hour > 23 || !take(text, ':')) return std::nullopt;
    const auto minute = take_digits(text, 2);
    if (!minute || *minute > 59) return std::nullopt;
    int second = 0;
    Ticks fraction = 0;
    if (take(text, ':')) {
        const auto parsed = take_digits(text, 2);
        if (!parsed || *parsed > 59) return std::nullopt;
        second = *parsed;
        if (take(text, '.')) {
            const auto parsed_fraction = take_fraction(text);
            if (!parsed_fraction) return std::nullopt;
            fraction = *parsed_fraction;
        }
    }
    const auto zone = take_zone_seconds(text);
    if (!zone || !text.empty()) return std::nullopt;
    const std::int64_t seconds = *days * kSecondsPerDay + *hour * 3600 + *minute * 60 + second - *zone;
    const Ticks ticks = seconds * kTicksPerSecond + fraction;
    if (ticks < 0 || ticks > kMaxTicks) return std::nullopt;
    return ticks;
}

}  // namespace isocenter
