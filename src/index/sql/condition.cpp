#include "index/sql/condition.h"

#include <algorithm>

#include "dicom/fold.h"
#include "dicom/tags.h"
#include "index/sql/documents.h"

namespace isocenter::index::sql {
namespace {

namespace tags = dicom::tags;
using dicom::Level;

const Error kNotPossible =
    fail(ErrorCode::unsupported, "this kind of matching is not possible for one of the attributes");

enum class Shape { plain, uid, count };

// The columns of one attribute as they stand in a statement.
struct Field {
    std::string stored;
    std::string derived;
    Kind kind = Kind::text;
    Shape shape = Shape::plain;
};

Field field_of(const Column& column, const std::string& table) {
    return {table + "." + std::string(column.name), table + "." + derived_name(column), column.kind};
}

// The value that is compared: of several the first.
std::string compared(const Field& field) {
    if (field.shape != Shape::plain || (field.kind != Kind::text && field.kind != Kind::name))
        return field.stored;
    return "iif(instr(" + field.stored + ", '\\') = 0, " + field.stored + ", substr(" + field.stored +
           ", 1, instr(" + field.stored + ", '\\') - 1))";
}

// Whether the derived column has the value folded.
bool has_folded(const Field& field) {
    return field.shape == Shape::plain && (field.kind == Kind::text || field.kind == Kind::name);
}

std::vector<std::string> folded_as(const Field& field, const std::vector<std::string>& texts) {
    return field.kind == Kind::name ? folded_names(texts) : folded(texts);
}

Result<Fragment> compare(const Field& field, const dicom::MatchText& match) {
    // Dates and times are compared by what they mean, however they were written.
    if (field.kind == Kind::date || field.kind == Kind::time) return equals_any(field.derived, match.any_of);
    if (match.case_sensitive || !has_folded(field)) return equals_any(compared(field), match.any_of);
    return equals_any(field.derived, folded_as(field, match.any_of));
}

Result<Fragment> compare(const Field& field, const dicom::MatchWildcard& match) {
    const bool folds = !match.case_sensitive && has_folded(field);
    const std::string stored = folds ? field.derived : compared(field);
    const auto patterns = folds ? folded_as(field, match.any_of) : match.any_of;
    if (patterns.size() > kMostSpelledOut) {
        Fragment any;
        any.add("EXISTS (SELECT 1 FROM json_each(?) p WHERE ").add(stored).add(" GLOB p.value)");
        return any.value(json_list(globs(patterns)));
    }
    std::vector<Fragment> parts;
    for (const std::string& pattern : patterns) {
        Fragment part;
        part.add(stored).add(has_wildcard(pattern) ? " GLOB ?" : " = ?");
        parts.push_back(part.value(has_wildcard(pattern) ? to_glob(pattern) : pattern));
    }
    return join(parts, "OR");
}

Result<Fragment> compare(const Field& field, const dicom::MatchRange& match) {
    if (field.shape == Shape::count || field.kind == Kind::number) return kNotPossible;
    const bool sorted = field.kind == Kind::date || field.kind == Kind::time;
    const std::string& expression = sorted ? field.derived : field.stored;
    Fragment range;
    range.add(expression).add(" IS NOT NULL");
    if (!match.from.empty()) range.add(" AND ").add(expression).add(" >= ?").value(match.from);
    if (!match.to.empty()) range.add(" AND ").add(expression).add(" <= ?").value(match.to);
    return range;
}

Result<Fragment> compare(const Field& field, const dicom::MatchNumber& match) {
    if (field.shape == Shape::uid || (field.shape == Shape::plain && field.kind != Kind::number)) {
        return kNotPossible;
    }
    const std::string& expression = field.shape == Shape::count ? field.stored : field.derived;
    Fragment fragment;
    if (match.any_of.empty()) return fragment.add("0");
    if (match.any_of.size() == 1) return fragment.add(expression).add(" = ?").value(match.any_of.front());
    fragment.add(expression).add(" IN (SELECT value FROM json_each(?))");
    return fragment.value(json_list(std::span<const double>(match.any_of)));
}

Result<Fragment> compare(const Field& field, const dicom::MatchUid& match) {
    return equals_any(field.stored, match.any_of);
}

Result<Fragment> compare(const Field& field, const dicom::MatchEmpty&) {
    Fragment fragment;
    return fragment.add(field.stored).add(" IS NULL");
}

// Names and moments need more than one field; elsewhere they cannot be asked.
Result<Fragment> compare(const Field&, const dicom::MatchName&) {
    return kNotPossible;
}
Result<Fragment> compare(const Field&, const dicom::MatchNameWords&) {
    return kNotPossible;
}
Result<Fragment> compare(const Field&, const dicom::MatchMoment&) {
    return kNotPossible;
}

Result<Fragment> compare(const Field& field, const dicom::Match& match) {
    return std::visit([&](const auto& kind) { return compare(field, kind); }, match);
}

// Date and time as one moment. The bounds on the date alone come first, for the index.
Result<Fragment> compare_moment(const Field& date, const Field& time, const dicom::MatchMoment& match) {
    if (date.kind != Kind::date || time.kind != Kind::time) return kNotPossible;
    Fragment span;
    span.add(date.derived).add(" IS NOT NULL AND ").add(time.derived).add(" IS NOT NULL");
    if (!match.from.empty()) {
        span.add(" AND ").add(date.derived).add(" >= ?").value(match.from.substr(0, 8));
        span.add(" AND ").add(date.derived).add(" || ").add(time.derived).add(" >= ?").value(match.from);
    }
    if (!match.to.empty()) {
        span.add(" AND ").add(date.derived).add(" <= ?").value(match.to.substr(0, 8));
        span.add(" AND ").add(date.derived).add(" || ").add(time.derived).add(" <= ?").value(match.to);
    }
    return span;
}

// What cannot be placed in the span: no date, or the date fits and there is no time.
Fragment unknown_moment(const Field& date, const Field& time, const dicom::MatchMoment& match) {
    Fragment unknown;
    unknown.add(date.stored).add(" IS NULL OR (").add(time.stored).add(" IS NULL");
    if (!match.from.empty())
        unknown.add(" AND ").add(date.derived).add(" >= ?").value(match.from.substr(0, 8));
    if (!match.to.empty()) unknown.add(" AND ").add(date.derived).add(" <= ?").value(match.to.substr(0, 8));
    return unknown.add(")");
}

const Column* find_column(Level level, dicom::Tag tag) {
    const auto columns = columns_of(level);
    const auto found =
        std::find_if(columns.begin(), columns.end(), [&](const Column& c) { return c.tag == tag; });
    return found == columns.end() ? nullptr : &*found;
}

std::optional<Field> special_field(dicom::Tag tag) {
    if (tag == tags::StudyInstanceUID) return Field{"s.uid", {}, Kind::text, Shape::uid};
    if (tag == tags::SeriesInstanceUID) return Field{"e.uid", {}, Kind::text, Shape::uid};
    if (tag == tags::SOPInstanceUID) return Field{"i.uid", {}, Kind::text, Shape::uid};
    if (tag == tags::SOPClassUID) return Field{"i.sop_class_uid", {}, Kind::text, Shape::uid};
    if (tag == tags::NumberOfStudyRelatedSeries)
        return Field{"s.series_count", {}, Kind::number, Shape::count};
    if (tag == tags::NumberOfStudyRelatedInstances) {
        return Field{"s.instance_count", {}, Kind::number, Shape::count};
    }
    if (tag == tags::NumberOfSeriesRelatedInstances) {
        return Field{"e.instance_count", {}, Kind::number, Shape::count};
    }
    return std::nullopt;
}

// Values that a study has through its members: some member must match.
Result<Fragment> member_condition(std::string_view members, const Field& field, const dicom::Match& match) {
    Fragment exists;
    if (std::holds_alternative<dicom::MatchEmpty>(match)) {
        exists.add("NOT EXISTS (SELECT 1 FROM ").add(members).add(" AND ").add(field.stored);
        return exists.add(" IS NOT NULL)");
    }
    ISO_TRY(const Fragment inner, compare(field, match));
    return exists.add("EXISTS (SELECT 1 FROM ").add(members).add(" AND (").add(inner).add("))");
}

Result<Fragment> known_condition(const dicom::Matcher& matcher, Level level) {
    if (matcher.tag == tags::ModalitiesInStudy) {
        return member_condition("series m WHERE m.study_id = s.id", {"m.modality", "m.modality_fold"},
                                matcher.match);
    }
    if (matcher.tag == tags::SOPClassesInStudy) {
        return member_condition("study_sop_class k WHERE k.study_id = s.id",
                                {"k.uid", {}, Kind::text, Shape::uid}, matcher.match);
    }
    if (const auto field = special_field(matcher.tag)) return compare(*field, matcher.match);
    const Column* column = find_column(level, matcher.tag);
    if (column == nullptr) return kNotPossible;
    const std::string table = table_alias(level);
    if (column->kind == Kind::name) {
        if (const auto* name = std::get_if<dicom::MatchName>(&matcher.match)) {
            return name_condition(*column, table, *name);
        }
        if (const auto* words = std::get_if<dicom::MatchNameWords>(&matcher.match)) {
            return name_words_condition(*column, table, *words);
        }
    }
    if (const auto* moment = std::get_if<dicom::MatchMoment>(&matcher.match)) {
        const Column* time = find_column(level, moment->time_tag);
        if (time == nullptr) return kNotPossible;
        return compare_moment(field_of(*column, table), field_of(*time, table), *moment);
    }
    return compare(field_of(*column, table), matcher.match);
}

Result<Fragment> unknown_condition(const dicom::Matcher& matcher, Level level) {
    if (const auto* moment = std::get_if<dicom::MatchMoment>(&matcher.match)) {
        const Column* date = find_column(level, matcher.tag);
        const Column* time = find_column(level, moment->time_tag);
        if (date == nullptr || time == nullptr) return kNotPossible;
        const std::string table = table_alias(level);
        return unknown_moment(field_of(*date, table), field_of(*time, table), *moment);
    }
    return known_condition({matcher.tag, std::nullopt, dicom::MatchEmpty{}}, level);
}

Result<Fragment> plain_condition(const dicom::Matcher& matcher, Level level) {
    ISO_TRY(Fragment known, known_condition(matcher, level));
    if (!matcher.or_unknown) return known;
    ISO_TRY(Fragment unknown, unknown_condition(matcher, level));
    const std::vector<Fragment> either{std::move(known), std::move(unknown)};
    return join(either, "OR");
}

// One item of RequestAttributesSequence has to satisfy all members.
Result<Fragment> request_condition(std::span<const dicom::Matcher> matchers) {
    std::vector<Fragment> parts;
    bool none_will_do = true;
    for (const dicom::Matcher& matcher : matchers) {
        const bool step = matcher.tag == tags::ScheduledProcedureStepID;
        if (!step && matcher.tag != tags::RequestedProcedureID) return kNotPossible;
        const std::string name = step ? "r.scheduled_procedure_step_id" : "r.requested_procedure_id";
        ISO_TRY(parts.emplace_back(), compare(Field{name, name + "_fold"}, matcher.match));
        if (matcher.or_unknown) parts.back().add(" OR ").add(name).add(" IS NULL");
        none_will_do =
            none_will_do && (matcher.or_unknown || std::holds_alternative<dicom::MatchEmpty>(matcher.match));
    }
    Fragment exists;
    exists.add("EXISTS (SELECT 1 FROM series_request r WHERE r.series_id = e.id AND ")
        .add(join(parts, "AND"));
    exists.add(")");
    // Without any item its members are absent, too.
    if (none_will_do) exists.add(" OR NOT EXISTS (SELECT 1 FROM series_request r WHERE r.series_id = e.id)");
    return exists;
}

}  // namespace

void bind_all(Run& run, const Fragment& fragment) {
    for (const Value& value : fragment.values) {
        std::visit([&](const auto& typed) { run.bind(typed); }, value);
    }
}

Fragment equals_any(std::string_view expression, const std::vector<std::string>& texts) {
    Fragment fragment;
    if (texts.empty()) return fragment.add("0");
    if (texts.size() == 1) return fragment.add(expression).add(" = ?").value(texts.front());
    fragment.add(expression).add(" IN (SELECT value FROM json_each(?))");
    return fragment.value(json_list(std::span<const std::string>(texts)));
}

Fragment join(std::span<const Fragment> parts, std::string_view word) {
    Fragment joined;
    if (parts.empty()) return joined.add(word == "AND" ? "1" : "0");
    joined.add("(");
    for (std::size_t i = 0; i < parts.size(); ++i) {
        if (i > 0) joined.add(" ").add(word).add(" ");
        joined.add("(").add(parts[i]).add(")");
    }
    return joined.add(")");
}

Fragment begins_with(std::string_view expression, const std::string& prefix) {
    Fragment range;
    range.add(expression).add(" >= ? AND ").add(expression).add(" < ?");
    // U+10FFFF is no character of any text.
    return range.value(prefix).value(prefix + "\xF4\x8F\xBF\xBF");
}

std::string to_glob(std::string_view pattern) {
    std::string glob;
    for (const char c : pattern) {
        if (c == '[') {
            glob += "[[]";
        } else if (c != '*' || glob.empty() || glob.back() != '*') {
            glob += c;
        }
    }
    return glob;
}

std::vector<std::string> globs(const std::vector<std::string>& patterns) {
    std::vector<std::string> out;
    out.reserve(patterns.size());
    for (const std::string& pattern : patterns)
        out.push_back(to_glob(pattern));
    return out;
}

bool has_wildcard(std::string_view pattern) {
    return pattern.find_first_of("*?") != std::string_view::npos;
}

std::string_view literal_prefix(std::string_view pattern) {
    return pattern.substr(0, pattern.find_first_of("*?"));
}

std::vector<std::string> folded(const std::vector<std::string>& texts) {
    std::vector<std::string> out;
    out.reserve(texts.size());
    for (const std::string& text : texts)
        out.push_back(dicom::fold_case(text));
    return out;
}

std::vector<std::string> folded_names(const std::vector<std::string>& texts) {
    std::vector<std::string> out;
    out.reserve(texts.size());
    for (const std::string& text : texts)
        out.push_back(dicom::fold_name(text));
    return out;
}

std::string table_alias(Level level) {
    switch (level) {
        case Level::study:
            return "s";
        case Level::series:
            return "e";
        case Level::instance:
            return "i";
    }
    return {};
}

Result<Fragment> condition_of(std::span<const dicom::Matcher> matchers, Level level) {
    std::vector<Fragment> parts;
    std::vector<dicom::Matcher> requests;
    for (const dicom::Matcher& matcher : matchers) {
        const auto own = dicom::searchable_level(matcher.tag, matcher.sequence);
        if (!own) return fail(ErrorCode::unsupported, "one of the attributes is not searchable");
        if (*own != level) continue;
        if (matcher.sequence) {
            requests.push_back(matcher);
        } else {
            ISO_TRY(parts.emplace_back(), plain_condition(matcher, level));
        }
    }
    if (!requests.empty()) {
        ISO_TRY(parts.emplace_back(), request_condition(requests));
    }
    if (parts.empty()) return Fragment{};
    return join(parts, "AND");
}

}  // namespace isocenter::index::sql
