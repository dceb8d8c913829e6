#include "index/sql/candidates.h"

#include <algorithm>
#include <array>

#include "base/ascii.h"
#include "dicom/fold.h"
#include "dicom/name_match.h"
#include "dicom/tags.h"

namespace isocenter::index::sql {
namespace {

namespace tags = dicom::tags;
using dicom::Level;

constexpr int kFew = 0;
constexpr int kUnknown = 1;

struct IndexedText {
    dicom::Tag tag;
    Level level;
    std::string_view prefix;  // of the statement, up to the expression
    std::string_view expression;
    int rank;
};

// Served by an index on the folded value.
constexpr std::array kTexts{
    IndexedText{tags::PatientID, Level::study, "SELECT id FROM study WHERE partition_id = ? AND ",
                "patient_id_fold", kFew},
    IndexedText{tags::AccessionNumber, Level::study, "SELECT id FROM study WHERE partition_id = ? AND ",
                "accession_number_fold", kFew},
    IndexedText{tags::StudyID, Level::study, "SELECT id FROM study WHERE partition_id = ? AND ",
                "study_id_fold", kUnknown},
    IndexedText{tags::ModalitiesInStudy, Level::study,
                "SELECT DISTINCT study_id AS id FROM series WHERE partition_id = ? AND ", "modality_fold",
                kUnknown},
    IndexedText{tags::Modality, Level::series, "SELECT id FROM series WHERE partition_id = ? AND ",
                "modality_fold", kUnknown},
};

Candidates start(Level level, int rank) {
    Candidates candidates;
    candidates.level = level;
    candidates.rank = rank;
    return candidates;
}

// The part of a prefix whose folded form certainly begins the folded form of the whole: a letter may yet
// combine with what follows it.
std::string stable_prefix(std::string_view prefix) {
    if (!prefix.empty() && !is_digit(prefix.back())) {
        do {
            const bool continuation = (static_cast<unsigned char>(prefix.back()) & 0xC0U) == 0x80U;
            prefix.remove_suffix(1);
            if (!continuation) break;
        } while (!prefix.empty());
    }
    return dicom::fold_case(prefix);
}

std::optional<Candidates> of_uid(const dicom::Matcher& matcher, std::int64_t partition) {
    const auto* uids = std::get_if<dicom::MatchUid>(&matcher.match);
    if (uids == nullptr) return std::nullopt;
    Candidates found = start(Level::study, kFew);
    if (matcher.tag == tags::StudyInstanceUID) {
        found.select.add("SELECT id FROM study WHERE partition_id = ? AND ").value(partition);
    } else if (matcher.tag == tags::SeriesInstanceUID) {
        found.level = Level::series;
        found.select.add("SELECT id FROM series WHERE ");
    } else if (matcher.tag == tags::SOPInstanceUID) {
        found.level = Level::instance;
        found.select.add("SELECT id FROM instance WHERE ");
    } else if (matcher.tag == tags::SOPClassesInStudy) {
        found.rank = kUnknown;
        found.select.add("SELECT DISTINCT study_id AS id FROM study_sop_class WHERE ");
    } else {
        return std::nullopt;
    }
    found.select.add(equals_any("uid", uids->any_of));
    return found;
}

std::optional<Candidates> of_text(const dicom::Matcher& matcher, std::int64_t partition) {
    const auto* row = std::find_if(kTexts.begin(), kTexts.end(),
                                   [&](const IndexedText& one) { return one.tag == matcher.tag; });
    if (row == kTexts.end()) return std::nullopt;
    Candidates found = start(row->level, row->rank);
    found.select.add(row->prefix).value(partition);
    if (const auto* text = std::get_if<dicom::MatchText>(&matcher.match)) {
        found.select.add(equals_any(row->expression, folded(text->any_of)));
        found.exact = !text->case_sensitive;
        if (text->case_sensitive && row->expression == "modality_fold") {
            // The index holds the value as stored as well.
            found.select.add(" AND ").add(equals_any("modality", text->any_of));
            found.exact = true;
        }
        return found;
    }
    if (const auto* wildcard = std::get_if<dicom::MatchWildcard>(&matcher.match)) {
        if (wildcard->any_of.size() > kMostSpelledOut) return std::nullopt;
        std::vector<Fragment> ranges;
        for (const std::string& pattern : wildcard->any_of) {
            const std::string prefix = stable_prefix(literal_prefix(pattern));
            if (prefix.empty()) return std::nullopt;
            ranges.push_back(begins_with(row->expression, prefix));
        }
        found.rank = kUnknown;
        found.select.add(join(ranges, "OR"));
        return found;
    }
    return std::nullopt;
}

std::optional<Candidates> of_date(const dicom::Matcher& matcher, std::int64_t partition) {
    std::string expression;
    Candidates found = start(Level::study, kUnknown);
    if (matcher.tag == tags::StudyDate) expression = "study_date_sort";
    if (matcher.tag == tags::PatientBirthDate) expression = "patient_birth_date_sort";
    if (matcher.tag == tags::PerformedProcedureStepStartDate) {
        expression = "performed_start_date_sort";
        found.level = Level::series;
    }
    if (expression.empty()) return std::nullopt;
    found.select.add("SELECT id FROM ").add(found.level == Level::study ? "study" : "series");
    found.select.add(" WHERE partition_id = ? AND ").value(partition);
    const auto bounded = [&](const std::string& from, const std::string& to) {
        found.select.add(expression).add(" >= ?").value(from);
        if (!to.empty()) found.select.add(" AND ").add(expression).add(" <= ?").value(to);
        return found;
    };
    if (const auto* range = std::get_if<dicom::MatchRange>(&matcher.match)) {
        found.exact = true;
        return bounded(range->from, range->to);
    }
    if (const auto* moment = std::get_if<dicom::MatchMoment>(&matcher.match)) {
        return bounded(moment->from.substr(0, 8), moment->to.substr(0, 8));
    }
    if (const auto* text = std::get_if<dicom::MatchText>(&matcher.match)) {
        found.exact = true;
        found.select.add(equals_any(expression, text->any_of));
        return found;
    }
    return std::nullopt;
}

std::optional<Candidates> of_request(const dicom::Matcher& matcher) {
    const auto* text = std::get_if<dicom::MatchText>(&matcher.match);
    if (text == nullptr) return std::nullopt;
    Candidates found = start(Level::series, kUnknown);
    const bool step = matcher.tag == tags::ScheduledProcedureStepID;
    found.select.add("SELECT DISTINCT series_id AS id FROM series_request WHERE ");
    found.select.add(equals_any(step ? "scheduled_procedure_step_id_fold" : "requested_procedure_id_fold",
                                folded(text->any_of)));
    return found;
}

std::optional<Candidates> of_pattern(dicom::Tag tag, std::int64_t partition, std::string pattern) {
    const bool by_group = pattern.find('=') != std::string::npos;
    if (by_group) {
        const auto groups = pattern_groups(pattern);
        const auto longest = std::max_element(groups.begin(), groups.end(), [](const auto& a, const auto& b) {
            return literal_prefix(a).size() < literal_prefix(b).size();
        });
        pattern = *longest;
    }
    const std::string_view whole = dicom::without_carets(pattern);
    const std::string prefix(dicom::without_carets(literal_prefix(whole)));
    Candidates found = start(Level::study, kUnknown);
    if (!prefix.empty()) {
        found.select
            .add("SELECT DISTINCT owner_id AS id FROM name_group WHERE partition_id = ? AND tag = ? AND ")
            .value(partition)
            .value(tag_number(tag));
        found.select.add(has_wildcard(whole) ? begins_with("folded", prefix)
                                             : equals_any("folded", {prefix}));
        found.exact = !by_group && (whole == prefix || whole == prefix + "*");
        return found;
    }
    const bool patient = tag == tags::PatientName;
    const std::string expression =
        trigram_expression(patient ? "patient_name" : "referring_physician_name", whole);
    if (expression.empty()) return std::nullopt;
    found.newest_first = true;
    found.select.add("SELECT rowid AS id FROM study_name_trigram WHERE study_name_trigram MATCH ?");
    found.select.value(expression);
    return found;
}

std::optional<Candidates> of_name(const dicom::Matcher& matcher, std::int64_t partition) {
    if (matcher.tag != tags::PatientName && matcher.tag != tags::ReferringPhysicianName) return std::nullopt;
    if (const auto* name = std::get_if<dicom::MatchName>(&matcher.match)) {
        if (name->any_of.size() != 1) return std::nullopt;
        const std::string pattern = dicom::fold_name(name->any_of.front());
        if (!name->whole_value) return of_pattern(matcher.tag, partition, pattern);
        const std::string group = dicom::bare_groups(pattern).front();
        if (group.empty()) return std::nullopt;
        Candidates found = start(Level::study, kUnknown);
        found.select.add(
            "SELECT DISTINCT owner_id AS id FROM name_group WHERE partition_id = ? AND tag = ? AND folded = "
            "?");
        found.select.value(partition).value(tag_number(matcher.tag)).value(group);
        return found;
    }
    const auto* fuzzy = std::get_if<dicom::MatchNameWords>(&matcher.match);
    if (fuzzy == nullptr) return std::nullopt;
    std::string longest;
    for (const std::string& word : folded_names(fuzzy->words)) {
        const std::string prefix(literal_prefix(word));
        if (prefix.size() > longest.size()) longest = prefix;
    }
    if (longest.empty()) return std::nullopt;
    Candidates found = start(Level::study, kUnknown);
    found.select.add("SELECT DISTINCT owner_id AS id FROM name_word WHERE partition_id = ? AND tag = ? AND ");
    found.select.value(partition).value(tag_number(matcher.tag)).add(begins_with("word", longest));
    found.exact = fuzzy->words.size() == 1 && !has_wildcard(fuzzy->words.front());
    return found;
}

}  // namespace

std::string trigram_expression(std::string_view column, std::string_view pattern) {
    std::string expression;
    while (!pattern.empty()) {
        const std::string_view piece = literal_prefix(pattern);
        pattern.remove_prefix(std::min(pattern.size(), piece.size() + 1));
        const auto characters = std::count_if(piece.begin(), piece.end(), [](char c) {
            return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
        });
        if (characters < 3) continue;
        expression.append(expression.empty() ? std::string(column) + " : (\"" : " AND \"");
        for (const char c : piece)
            expression.append(c == '"' ? 2 : 1, c);
        expression += '"';
    }
    return expression.empty() ? expression : expression + ")";
}

std::optional<Candidates> candidates_of(const dicom::Matcher& matcher, std::int64_t partition) {
    if (matcher.sequence) return of_request(matcher);
    if (auto found = of_uid(matcher, partition)) return found;
    if (auto found = of_text(matcher, partition)) return found;
    if (auto found = of_date(matcher, partition)) return found;
    return of_name(matcher, partition);
}

Candidates raised_to(Candidates candidates, Level level) {
    if (candidates.level <= level) return candidates;
    Candidates raised = start(level, candidates.rank);
    const bool instance = candidates.level == Level::instance;
    raised.select.add(level == Level::series ? "SELECT DISTINCT n.series_id AS id FROM ("
                                             : "SELECT DISTINCT p.study_id AS id FROM (");
    raised.select.add(candidates.select).add(") x ");
    if (instance) raised.select.add("CROSS JOIN instance n ON n.id = x.id ");
    if (level == Level::study) {
        raised.select.add(instance ? "CROSS JOIN series p ON p.id = n.series_id"
                                   : "CROSS JOIN series p ON p.id = x.id");
    }
    return raised;
}

}  // namespace isocenter::index::sql
