#include "api/dicomweb/match_value.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <span>

#include "api/messages.h"
#include "dicom/fold.h"
#include "dicom/value_rules.h"

namespace isocenter::api {
namespace {

using dicom::AttributePath;
using dicom::Vr;

// More would only fit into a request that was made to be expensive.
constexpr std::size_t kMaxListValues = 4096;
// Longer ones only make the comparison expensive: the index takes no more than 2,000 bytes.
constexpr std::size_t kMaxPatternBytes = 1000;
// Each of them is compared with each row; values without wildcards are looked up together.
constexpr std::ptrdiff_t kMaxListPatterns = 256;

std::string_view trim_blanks(std::string_view text, bool keep_leading) {
    while (!text.empty() && (text.back() == ' ' || text.back() == '\0' || text.back() == '\t'))
        text.remove_suffix(1);
    while (!keep_leading && !text.empty() && (text.front() == ' ' || text.front() == '\t'))
        text.remove_prefix(1);
    return text;
}

bool has_wildcard(std::string_view text) {
    return text.find_first_of("*?") != std::string_view::npos;
}

bool only_stars(std::string_view text) {
    return !text.empty() && text.find_first_not_of('*') == std::string_view::npos;
}

bool knows_wildcards(Vr vr) {
    switch (vr) {
        case Vr::AE:
        case Vr::CS:
        case Vr::LO:
        case Vr::LT:
        case Vr::PN:
        case Vr::SH:
        case Vr::ST:
        case Vr::UC:
        case Vr::UR:
        case Vr::UT:
            return true;
        default:
            return false;
    }
}

bool is_number(Vr vr) {
    switch (vr) {
        case Vr::IS:
        case Vr::DS:
        case Vr::US:
        case Vr::UL:
        case Vr::SS:
        case Vr::SL:
        case Vr::FL:
        case Vr::FD:
        case Vr::SV:
        case Vr::UV:
            return true;
        default:
            return false;
    }
}

/// AE AS AT CS LO PN SH UC: the VRs of PS3.4 C.2.2.2.8.
bool knows_multiple_values(Vr vr) {
    switch (vr) {
        case Vr::AE:
        case Vr::AS:
        case Vr::AT:
        case Vr::CS:
        case Vr::LO:
        case Vr::PN:
        case Vr::SH:
        case Vr::UC:
            return true;
        default:
            return false;
    }
}

Error bad_value(std::string_view name, std::string_view reason) {
    return fail(ErrorCode::invalid_request,
                "The value of " + std::string(name) + " cannot be used: " + std::string(reason) + ".");
}

std::vector<std::string> split_list(std::string_view text, std::string_view separators, bool keep_leading) {
    std::vector<std::string> parts;
    for (;;) {
        const std::size_t end = text.find_first_of(separators);
        parts.emplace_back(trim_blanks(text.substr(0, end), keep_leading));
        if (end == std::string_view::npos) return parts;
        text.remove_prefix(end + 1);
    }
}

std::optional<double> read_number(std::string_view text) {
    if (!text.empty() && text.front() == '+') text.remove_prefix(1);
    double value = 0;
    const char* end = text.data() + text.size();
    const auto [stopped, error] = std::from_chars(text.data(), end, value);
    if (error != std::errc{} || stopped != end || !std::isfinite(value)) return std::nullopt;
    return value;
}

/// `patterns` in the form in which they are compared; the index writes a '[' with three bytes.
Status check_patterns(std::string_view name, std::span<const std::string> patterns) {
    const bool too_long = std::ranges::any_of(patterns, [](const std::string& pattern) {
        const auto brackets = static_cast<std::size_t>(std::ranges::count(pattern, '['));
        return has_wildcard(pattern) && pattern.size() + 2 * brackets > kMaxPatternBytes;
    });
    if (too_long) return bad_value(name, "a value with wildcards is too long");
    const auto wild = [](const std::string& pattern) { return has_wildcard(pattern); };
    if (std::ranges::count_if(patterns, wild) > kMaxListPatterns)
        return bad_value(name, "it has too many values with wildcards");
    return {};
}

/// The words of a fuzzy query. A word with wildcards is kept whole, so that they survive the split at
/// punctuation.
std::vector<std::string> query_words(std::string_view folded) {
    std::vector<std::string> words;
    while (!folded.empty()) {
        const std::size_t end = std::min(folded.find_first_of("^=,.-\\ \t"), folded.size());
        const std::string_view piece = folded.substr(0, end);
        folded.remove_prefix(std::min(end + 1, folded.size()));
        if (piece.empty() || only_stars(piece)) continue;
        if (has_wildcard(piece)) {
            words.emplace_back(piece);
            continue;
        }
        for (std::string& word : dicom::name_words(piece))
            words.push_back(std::move(word));
    }
    return words;
}

std::string date_message(std::string_view name, std::string_view value) {
    return fill_message(messages().invalid_date, {}, name, value);
}

/// `text` as `yyyyMMdd`, a real date, or empty for an open end.
bool is_date_end(std::string_view text) {
    return text.empty() || dicom::is_valid_date(text);
}

/// HH[MM[SS[.F{1,6}]]] filled up to `HHMMSS.FFFFFF`: with zeros, or with the last moment of the unit given.
std::optional<std::string> fill_time(std::string_view text, bool to_the_end) {
    constexpr std::string_view kFirst = "000000.000000";
    constexpr std::string_view kLast = "235959.999999";
    const std::size_t whole = std::min(text.size(), text.find('.'));
    if ((whole != 2 && whole != 4 && whole != 6) || text.size() > kFirst.size()) return std::nullopt;
    if (text.size() > whole && (whole != 6 || text.size() == whole + 1)) return std::nullopt;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (i != 6 && (text[i] < '0' || text[i] > '9')) return std::nullopt;
    }
    // 60 is a leap second (PS3.5 table 6.2-1).
    if (text.substr(0, 2) > "23" || (whole >= 4 && text.substr(2, 2) > "59") ||
        (whole == 6 && text.substr(4, 2) > "60")) {
        return std::nullopt;
    }
    return std::string(text) + std::string((to_the_end ? kLast : kFirst).substr(text.size()));
}

Result<Conditions> read_names(std::string_view name, std::string_view value, const MatchOptions& options) {
    if (options.fuzzy) {
        dicom::MatchNameWords match;
        const std::string folded = dicom::fold_name(value);
        match.words = options.standard ? query_words(folded) : dicom::name_words(folded);
        match.adjacent_in_order = !options.standard;
        if (match.words.empty()) return Conditions{};
        ISO_CHECK(check_patterns(name, match.words));
        return Conditions{std::move(match)};
    }
    dicom::MatchName match;
    match.whole_value = !options.standard && !has_wildcard(value);
    const std::vector<std::string> parts =
        options.standard ? split_list(value, ",\\", true) : std::vector<std::string>{std::string(value)};
    for (const std::string& part : parts) {
        if (part.empty()) continue;
        if (only_stars(part)) return Conditions{};
        match.any_of.push_back(dicom::fold_name(part));
    }
    if (match.any_of.empty()) return Conditions{};
    if (match.any_of.size() > kMaxListValues)
        return fail(ErrorCode::too_large, "The list of values is too long.");
    if (!match.whole_value) ISO_CHECK(check_patterns(name, match.any_of));
    return Conditions{std::move(match)};
}

bool is_list(std::string_view value) {
    return value.find_first_of(",\\") != std::string_view::npos;
}

/// A list of single dates or times (standard-face.md D9) in the form in which they are compared.
template <class ReadOne>
Result<Conditions> read_list(std::string_view name, std::string_view value, std::string_view complaint,
                             ReadOne read_one) {
    dicom::MatchText match;
    for (const std::string& part : split_list(value, ",\\", false)) {
        auto read = read_one(part);
        if (!read) return bad_value(name, complaint);
        match.any_of.push_back(*std::move(read));
    }
    if (match.any_of.size() > kMaxListValues)
        return fail(ErrorCode::too_large, "The list of values is too long.");
    return Conditions{std::move(match)};
}

Result<Conditions> read_times(std::string_view name, std::string_view value, const MatchOptions& options) {
    if (options.standard && is_list(value)) {
        return read_list(name, value, "a list of times has times of the form HHMMSS and no ranges",
                         [](const std::string& part) { return fill_time(part, false); });
    }
    const auto range = read_time_range(value);
    if (!range) return bad_value(name, "a time has the form HHMMSS");
    return Conditions{dicom::MatchRange{range->from, range->to}};
}

Result<Conditions> read_dates(std::string_view name, std::string_view value, const MatchOptions& options) {
    if (options.standard && is_list(value)) {
        return read_list(name, value, "a list of dates has dates of the form yyyyMMdd and no ranges",
                         [](const std::string& part) {
                             return dicom::is_valid_date(part) ? std::optional(part) : std::nullopt;
                         });
    }
    const auto range = read_date_range(value);
    if (!range) {
        return options.standard
                   ? bad_value(name,
                               "a date has the form yyyyMMdd, a range runs from the earlier to the later one")
                   : fail(ErrorCode::invalid_request, date_message(name, value));
    }
    return Conditions{dicom::MatchRange{range->from, range->to}};
}

Result<Conditions> read_numbers(std::string_view name, const std::vector<std::string>& parts) {
    dicom::MatchNumber match;
    for (const std::string& part : parts) {
        const auto number = read_number(part);
        if (!number) return bad_value(name, "it is not a number");
        match.any_of.push_back(*number);
    }
    return Conditions{std::move(match)};
}

Result<Conditions> read_uids(std::string_view name, const std::vector<std::string>& parts, bool standard) {
    dicom::MatchUid match;
    for (const std::string& part : parts) {
        // The compatibility faces compare whatever was sent; it then finds nothing.
        if (standard && !dicom::is_valid_uid(part)) return bad_value(name, "it is not a UID");
        match.any_of.emplace_back(dicom::bare_uid(part));
    }
    return Conditions{std::move(match)};
}

Conditions read_texts(std::vector<std::string> parts, const AttributePath& path,
                      const MatchOptions& options) {
    const bool pattern =
        knows_wildcards(path.vr) &&
        std::any_of(parts.begin(), parts.end(), [](const auto& p) { return has_wildcard(p); });
    if (pattern) return {dicom::MatchWildcard{std::move(parts), options.standard}};
    const auto text = [&](std::vector<std::string> any_of) {
        return dicom::MatchText{std::move(any_of), options.standard};
    };
    if (options.multiple_values && path.multi_valued && knows_multiple_values(path.vr)) {
        Conditions all;
        for (std::string& part : parts)
            all.emplace_back(text({std::move(part)}));
        return all;
    }
    return {text(std::move(parts))};
}

}  // namespace

std::optional<RangeText> read_date_range(std::string_view text) {
    const std::size_t dash = text.find('-');
    if (dash == std::string_view::npos) {
        if (!dicom::is_valid_date(text)) return std::nullopt;
        return RangeText{std::string(text), std::string(text), false};
    }
    RangeText range{std::string(trim_blanks(text.substr(0, dash), false)),
                    std::string(trim_blanks(text.substr(dash + 1), false)), true};
    if (range.from.empty() && range.to.empty()) return std::nullopt;
    if (!is_date_end(range.from) || !is_date_end(range.to)) return std::nullopt;
    if (!range.from.empty() && !range.to.empty() && range.from > range.to) return std::nullopt;
    return range;
}

std::optional<RangeText> read_time_range(std::string_view text) {
    const std::size_t dash = text.find('-');
    if (dash == std::string_view::npos) {
        auto time = fill_time(text, false);
        if (!time) return std::nullopt;
        return RangeText{*time, *time, false};
    }
    RangeText range;
    range.is_range = true;
    const std::string_view from = trim_blanks(text.substr(0, dash), false);
    const std::string_view to = trim_blanks(text.substr(dash + 1), false);
    if (from.empty() && to.empty()) return std::nullopt;
    if (!from.empty()) {
        auto time = fill_time(from, false);
        if (!time) return std::nullopt;
        range.from = *std::move(time);
    }
    if (!to.empty()) {
        auto time = fill_time(to, true);
        if (!time) return std::nullopt;
        range.to = *std::move(time);
    }
    return range;
}

Result<Conditions> read_match_value(const AttributePath& path, std::string_view name, std::string_view value,
                                    const MatchOptions& options) {
    const bool keep_leading =
        path.vr == Vr::ST || path.vr == Vr::LT || path.vr == Vr::UT || path.vr == Vr::UR;
    value = trim_blanks(value, options.standard && keep_leading);
    if (value.empty() || (options.standard && only_stars(value))) return Conditions{};
    if (options.empty_value && value == "\"\"") return Conditions{dicom::MatchEmpty{}};
    if (path.vr == Vr::PN) {
        if (!options.standard && options.fuzzy && value.find('"') != std::string_view::npos)
            return bad_value(name, "it holds a quotation mark");
        return read_names(name, value, options);
    }
    if (path.vr == Vr::DA) return read_dates(name, value, options);
    if (path.vr == Vr::TM) return read_times(name, value, options);
    const bool list = options.standard || path.vr == Vr::UI;
    std::vector<std::string> parts =
        list ? split_list(value, ",\\", keep_leading) : std::vector{std::string(value)};
    std::erase_if(parts, [](const std::string& part) { return part.empty(); });
    if (parts.empty()) return Conditions{};
    if (parts.size() > kMaxListValues) return fail(ErrorCode::too_large, "The list of values is too long.");
    if (path.vr == Vr::UI) return read_uids(name, parts, options.standard);
    if (is_number(path.vr)) return read_numbers(name, parts);
    if (options.standard &&
        std::any_of(parts.begin(), parts.end(), [](const auto& p) { return only_stars(p); })) {
        if (knows_wildcards(path.vr)) return Conditions{};
        return bad_value(name, "wildcards are not defined for its value representation");
    }
    if (options.standard && !knows_wildcards(path.vr) && has_wildcard(value))
        return bad_value(name, "wildcards are not defined for its value representation");
    if (!options.standard) {
        for (std::string& part : parts)
            part = dicom::fold_case(part);
    }
    if (knows_wildcards(path.vr)) ISO_CHECK(check_patterns(name, parts));
    return read_texts(std::move(parts), path, options);
}

}  // namespace isocenter::api
