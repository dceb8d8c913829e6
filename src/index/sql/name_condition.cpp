// Conditions on person names over the tables that names.cpp fills.

#include <algorithm>
#include <map>

#include "dicom/fold.h"
#include "dicom/name_match.h"
#include "index/sql/condition.h"
#include "index/sql/documents.h"

namespace isocenter::index::sql {
namespace {

// Longer ones cannot be names; this bounds statements.
constexpr std::size_t kMostWords = 32;

Fragment group_pattern(const std::string& pattern) {
    Fragment part;
    for (const std::string& form : dicom::forms_of(pattern)) {
        if (!part.sql.empty()) part.add(" OR ");
        part.add(has_wildcard(form) ? "g.folded GLOB ?" : "g.folded = ?");
        part.value(has_wildcard(form) ? to_glob(form) : form);
    }
    return part;
}

Fragment group_exists(const Column& column, const std::string& table) {
    Fragment exists;
    exists.add("EXISTS (SELECT 1 FROM name_group g WHERE g.tag = ? AND g.owner_id = ")
        .value(tag_number(column.tag));
    return exists.add(table).add(".id AND ");
}

Fragment one_pattern(const Column& column, const std::string& table, const std::string& pattern) {
    if (pattern.find('=') == std::string::npos) {
        return group_exists(column, table)
            .add("(")
            .add(group_pattern(std::string(dicom::without_carets(pattern))))
            .add("))");
    }
    std::vector<Fragment> groups;
    std::int64_t number = 0;
    for (const std::string& group : pattern_groups(pattern)) {
        ++number;
        if (group.empty() || dicom::fits_anything(group)) continue;
        groups.push_back(group_exists(column, table)
                             .add("g.component_group = ? AND (")
                             .value(number)
                             .add(group_pattern(group))
                             .add("))"));
    }
    if (groups.empty()) return group_exists(column, table).add("1)");
    return join(groups, "AND");
}

// As one_pattern of each, with lists as values. Those by group need conditions of their own: of them so many
// are refused.
Result<Fragment> any_of_many(const Column& column, const std::string& table,
                             const std::vector<std::string>& patterns) {
    std::vector<std::string> whole;
    std::vector<std::string> wild;
    std::vector<Fragment> parts;
    for (const std::string& pattern : patterns) {
        if (pattern.find('=') != std::string::npos) {
            parts.push_back(one_pattern(column, table, pattern));
            continue;
        }
        for (const std::string& form : dicom::forms_of(std::string(dicom::without_carets(pattern))))
            (has_wildcard(form) ? wild : whole).push_back(form);
    }
    if (parts.size() > kMostSpelledOut) return fail(ErrorCode::too_large, "The list of values is too long.");
    if (!whole.empty()) {
        parts.push_back(group_exists(column, table).add(equals_any("g.folded", whole)).add(")"));
    }
    if (!wild.empty()) {
        Fragment any = group_exists(column, table);
        any.add("EXISTS (SELECT 1 FROM json_each(?) p WHERE g.folded GLOB p.value))");
        parts.push_back(any.value(json_list(globs(wild))));
    }
    return join(parts, "OR");
}

Fragment word_prefix(const std::string& table, const std::string& word) {
    const std::string expression = table + ".word";
    if (!has_wildcard(word)) return begins_with(expression, word);
    Fragment part;
    return part.add(expression).add(" GLOB ?").value(to_glob(word + "*"));
}

// Each word stands for the beginning of the next stored word.
Fragment adjacent(const Column& column, const std::string& table, const std::vector<std::string>& words) {
    Fragment exists;
    exists.add("EXISTS (SELECT 1 FROM name_word w0");
    for (std::size_t i = 1; i < words.size(); ++i) {
        const std::string name = "w" + std::to_string(i);
        exists.add(" CROSS JOIN name_word ")
            .add(name)
            .add(" ON ")
            .add(name)
            .add(".tag = w0.tag AND ")
            .add(name);
        exists.add(".owner_id = w0.owner_id AND ")
            .add(name)
            .add(".position = w0.position + " + std::to_string(i));
        exists.add(" AND ").add(begins_with(name + ".word", words[i]));
    }
    exists.add(" WHERE w0.tag = ? AND w0.owner_id = ").value(tag_number(column.tag)).add(table);
    return exists.add(".id AND ").add(begins_with("w0.word", words.front())).add(")");
}

// Every query word needs a stored word of its own. Words that begin alike form nested sets, so it is enough
// (Hall's theorem) that each query word begins as many stored words as there are query words that it begins.
// With wildcards the sets overlap in any way, and the words are paired one by one (Connection::prepare).
Fragment any_order(const Column& column, const std::string& table, const std::vector<std::string>& words) {
    std::map<std::string, std::int64_t> needed;
    for (const std::string& word : words) {
        needed[word] = std::count_if(words.begin(), words.end(), [&](const std::string& other) {
            return has_wildcard(word) ? other == word : other.starts_with(word);
        });
    }
    Fragment exists;
    exists.add("EXISTS (SELECT 1 FROM name_word w WHERE w.tag = ? AND w.owner_id = ")
        .value(tag_number(column.tag));
    exists.add(table).add(".id GROUP BY w.component_group HAVING ");
    bool first = true;
    for (const auto& [word, count] : needed) {
        if (!first) exists.add(" AND ");
        first = false;
        exists.add("count(*) FILTER (WHERE ").add(word_prefix("w", word)).add(") >= ?").value(count);
    }
    if (words.size() > 1 && std::ranges::any_of(words, has_wildcard)) {
        std::string list;
        for (const std::string& word : words)
            (list += list.empty() ? "" : "^") += word;
        exists.add(" AND fits_words(?, group_concat(w.word, '^'))").value(std::move(list));
    }
    return exists.add(")");
}

}  // namespace

std::vector<std::string> pattern_groups(std::string_view pattern) {
    return dicom::bare_groups(pattern);
}

Result<Fragment> name_condition(const Column& column, const std::string& table,
                                const dicom::MatchName& match) {
    const std::vector<std::string> patterns = folded_names(match.any_of);
    if (match.whole_value) return equals_any(table + "." + derived_name(column), patterns);
    if (patterns.size() > kMostSpelledOut) return any_of_many(column, table, patterns);
    std::vector<Fragment> parts;
    parts.reserve(patterns.size());
    for (const std::string& pattern : patterns)
        parts.push_back(one_pattern(column, table, pattern));
    return join(parts, "OR");
}

Fragment name_words_condition(const Column& column, const std::string& table,
                              const dicom::MatchNameWords& match) {
    Fragment never;
    never.add("0");
    if (match.words.empty() || match.words.size() > kMostWords) return never;
    const std::vector<std::string> words = folded_names(match.words);
    if (std::any_of(words.begin(), words.end(), [](const std::string& w) { return w.empty(); })) return never;
    return match.adjacent_in_order ? adjacent(column, table, words) : any_order(column, table, words);
}

}  // namespace isocenter::index::sql
