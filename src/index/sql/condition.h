#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"
#include "dicom/query.h"
#include "index/sql/attributes.h"
#include "index/sql/connection.h"

namespace isocenter::index::sql {

using Value = std::variant<std::int64_t, double, std::string>;

/// A piece of SQL and the values of its parameters, in order.
struct Fragment {
    std::string sql;
    std::vector<Value> values;

    Fragment& add(std::string_view text) {
        sql += text;
        return *this;
    }
    Fragment& add(const Fragment& other) {
        sql += other.sql;
        values.insert(values.end(), other.values.begin(), other.values.end());
        return *this;
    }
    Fragment& value(Value parameter) {
        values.push_back(std::move(parameter));
        return *this;
    }
};

void bind_all(Run& run, const Fragment& fragment);

/// Longer lists of patterns are one value of a statement instead of conditions of their own: SQLite takes no
/// more than a thousand of these in a row and plans each of them.
inline constexpr std::size_t kMostSpelledOut = 64;

/// `expression = ?`, or membership in a list; false for an empty list.
Fragment equals_any(std::string_view expression, const std::vector<std::string>& texts);
/// Fragments joined by `AND` or `OR`, each in parentheses.
Fragment join(std::span<const Fragment> parts, std::string_view word);
/// `expression` begins with `prefix`, as a range that an index can serve.
Fragment begins_with(std::string_view expression, const std::string& prefix);

/// A DICOM pattern as SQL: only `*` and `?` keep a special meaning; runs of `*` become one.
std::string to_glob(std::string_view pattern);
std::vector<std::string> globs(const std::vector<std::string>& patterns);
bool has_wildcard(std::string_view pattern);
/// What stands before the first wildcard.
std::string_view literal_prefix(std::string_view pattern);

std::vector<std::string> folded(const std::vector<std::string>& texts);
std::vector<std::string> folded_names(const std::vector<std::string>& texts);

/// The condition of matchers of one level on the tables s (study), e (series), i (instance). Matchers of the
/// same sequence go together. `unsupported` for attributes that are not searchable and for comparisons that
/// an attribute of its kind cannot have.
Result<Fragment> condition_of(std::span<const dicom::Matcher> matchers, dicom::Level level);

/// Conditions on person names; `owner` is the expression of the owner's id.
Result<Fragment> name_condition(const Column& column, const std::string& table,
                                const dicom::MatchName& match);
Fragment name_words_condition(const Column& column, const std::string& table,
                              const dicom::MatchNameWords& match);

/// Groups of a folded name pattern, without '^' at the end.
std::vector<std::string> pattern_groups(std::string_view pattern);

/// s, e or i.
std::string table_alias(dicom::Level level);

}  // namespace isocenter::index::sql
