#pragma once

#include <boost/json.hpp>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>

/// Dates of FHIR resources compared with windows of time. Partial dates and periods are spans; a value
/// without time of day is compared by its calendar day as written, whatever its zone.
namespace isocenter::fhir::cohort {

/// What a date, dateTime, instant or Period may mean: both ends belong to it.
struct Span {
    std::chrono::sys_days first_day;
    std::chrono::sys_days last_day;
    std::chrono::sys_seconds first;  ///< UTC; meaningful when `timed`
    std::chrono::sys_seconds last;
    bool timed = false;
    friend bool operator==(const Span&, const Span&) = default;
};

/// `2024`, `2024-02`, `2024-02-29`, `2024-02-29T13:45[:01[.5]]+05:30`. Nothing for other texts, for days that
/// are not in the calendar, and for years before 1000.
std::optional<Span> read_span(std::string_view text);
/// A text as above, or a Period, whose missing end is open. Nothing when neither end is a date.
std::optional<Span> read_span(const boost::json::value& value);

/// A signed duration, `-P2Y`, `P1M15D`, `PT6H`.
struct Duration {
    int months = 0;
    int days = 0;
    std::chrono::seconds time{0};
    bool timed = false;  ///< written with a part of hours, minutes or seconds
};
/// Nothing for other texts and for numbers of more than five digits.
std::optional<Duration> read_duration(std::string_view text);

/// Months first, where a day that the month lacks becomes its last, then days, then time. What leaves the
/// years 1 to 9999 becomes the first or the last day of them.
Span shifted(const Span& span, const Duration& by);

/// Inclusive on both sides; an absent end is open.
struct Window {
    std::optional<Span> from;
    std::optional<Span> to;
};
bool overlaps(const Span& span, const Window& window);

/// Completed years of age at `day`. `birth` may be partial: the least and the greatest age it may mean.
struct Ages {
    int least = 0;
    int greatest = 0;
};
Ages ages_at(const Span& birth, std::chrono::sys_days day);

/// `2024-02-29`; the nearest day that FHIR can write.
std::string to_text(std::chrono::sys_days day);

}  // namespace isocenter::fhir::cohort
