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

/// `moment` is `yyyyMMddHHMMSS.FFFFFF`, well-formed.
std::string shift(const std::string& moment, int minutes) {
    if (moment.empty() || minutes == 0) return moment;
    using namespace std::chrono;
    const year_month_day date{year{digits(moment, 0, 4)}, month{static_cast<unsigned>(digits(moment, 4, 2))},
                              day{static_cast<unsigned>(digits(moment, 6, 2))}};
    const int minute = digits(moment, 8, 2) * 60 + digits(moment, 10, 2) + minutes;
    const auto total = sys_days(date).time_since_epoch().count() * 1440 + minute;
    const auto day_number = total >= 0 ? total / 1440 : -((-total + 1439) / 1440);
    const auto rest = total - day_number * 1440;
    const year_month_day moved{sys_days{days{static_cast<int>(day_number)}}};
    return fmt::format("{:04}{:02}{:02}{:02}{:02}{}", static_cast<int>(moved.year()),
                       static_cast<unsigned>(moved.month()), static_cast<unsigned>(moved.day()), rest / 60,
                       rest % 60, moment.substr(12));
}

dicom::Matcher* find_range(std::vector<dicom::Matcher>& matchers, Tag tag) {
    const auto at = std::find_if(matchers.begin(), matchers.end(), [&](const dicom::Matcher& matcher) {
        return matcher.tag == tag && !matcher.sequence && std::holds_alternative<dicom::MatchRange>(matcher.match);
    });
    return at == matchers.end() ? nullptr : &*at;
}

bool same_form(const dicom::MatchRange& a, const dicom::MatchRange& b) {
    return a.from.empty() == b.from.empty() && a.to.empty() == b.to.empty();
}

bool is_single(const dicom::MatchRange& range) {
    return range.from == range.to;
}

}  // namespace

std::optional<int> read_zone(std::string_view text) {
    while (text.size() > 5 && text.back() == ' ')
        text.remove_suffix(1);
    if (text.size() != 5 || (text[0] != '+' && text[0] != '-' && text[0] != ' ')) return std::nullopt;
    if (text.substr(1).find_first_not_of("0123456789") != std::string_view::npos) return std::nullopt;
    const int hours = digits(text, 1, 2);
    const int minutes = digits(text, 3, 2);
    const int total = (text[0] == '-' ? -1 : 1) * (hours * 60 + minutes);
    // PS3.3 C.12.1.1.8: from -1200 to +1400, and -0000 is not allowed.
    if (minutes > 59 || total < -12 * 60 || total > 14 * 60 || (text[0] == '-' && total == 0)) return std::nullopt;
    return total;
}

void combine_dates_and_times(std::vector<dicom::Matcher>& matchers, std::optional<int> request_zone_minutes,
                             int stored_zone_minutes) {
    const int minutes = request_zone_minutes ? stored_zone_minutes - *request_zone_minutes : 0;
    for (const Pair& pair : kPairs) {
        dicom::Matcher* date = find_range(matchers, pair.date);
        dicom::Matcher* time = find_range(matchers, pair.time);
        if (date == nullptr || time == nullptr) continue;
        const auto& dates = std::get<dicom::MatchRange>(date->match);
        const auto& times = std::get<dicom::MatchRange>(time->match);
        const bool single = is_single(dates) && is_single(times);
        if (is_single(dates) != is_single(times) || !same_form(dates, times) || (single && minutes == 0)) continue;
        dicom::MatchMoment moment{pair.time, dates.from.empty() ? "" : shift(dates.from + times.from, minutes),
                                  dates.to.empty() ? "" : shift(dates.to + times.to, minutes)};
        date->match = std::move(moment);
        matchers.erase(matchers.begin() + (time - matchers.data()));
    }
}

}  // namespace isocenter::api
