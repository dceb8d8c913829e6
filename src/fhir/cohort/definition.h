#pragma once

#include <boost/json.hpp>
#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "dicom/query.h"
#include "fhir/cohort/moments.h"

/// A cohort as its author writes it (fhir-sync.md 22.6).
namespace isocenter::fhir::cohort {

/// One end of `within`: a date, or a duration from `asOf`.
struct Bound {
    std::optional<Span> date;
    Duration from_as_of;
};
struct Within {
    std::optional<Bound> from;
    std::optional<Bound> to;
    std::string on;  ///< date search parameter; empty: the type's usual one
};

/// A FHIR search without what restricts it to patients.
struct SearchText {
    std::string type;
    std::string query;  ///< encoded as a form, may be empty
};

/// Something that patients must have, must not have, or that is only returned. Either `search` or `match`.
struct Criterion {
    std::string as;
    std::string pointer;                       ///< place in the definition: `/clinical/0`
    std::optional<SearchText> search;          ///< clinical
    std::map<std::string, std::string> match;  ///< imaging: QIDO keys as written
    dicom::Level level = dicom::Level::study;  ///< imaging: the lowest level among the keys
    std::string partition;                     ///< imaging; empty: the default one
    std::optional<Within> within;
    std::size_t least = 1;  ///< `min`
    bool absent = false;    ///< `not`

    bool is_imaging() const { return !search; }
    /// Whether it decides about patients at all.
    bool decides() const { return absent || least > 0; }
};

/// Hits of `of` stay only when dated near a hit of `to`.
struct Relation {
    enum class Pick { any, first, last };
    std::size_t of = 0;  ///< index of a criterion
    std::size_t to = 0;
    std::optional<Duration> from;
    std::optional<Duration> until;
    Pick pick = Pick::any;
};

/// What is fetched for the patients found.
struct Returned {
    std::string as;
    std::string pointer;
    SearchText search;
    std::optional<Within> within;
    std::optional<std::size_t> most;  ///< `max`: the newest so many
    std::optional<std::size_t> of;    ///< index of an imaging criterion
};

/// Completed years, both ends inclusive.
struct AgeLimits {
    std::optional<int> least;
    std::optional<int> most;
};

struct Definition {
    std::string name;
    std::string target;
    std::string as_of_text;  ///< as written; empty: the moment of the run
    AgeLimits age;
    std::string patient_query;  ///< further parameters of Patient, encoded
    std::vector<Criterion> criteria;
    std::vector<Relation> relations;            ///< in the order in which they take hits away
    std::vector<std::vector<std::size_t>> any;  ///< groups of criteria, of each of which one must hold
    std::vector<Returned> returned;

    bool has_imaging() const;
    /// Whether an imaging criterion says in which partition it looks.
    bool names_partition() const;
};

/// `invalid_request` with a JSON pointer and the reason: `/clinical/0/search: ...`.
Result<Definition> read_definition(std::string_view text);
Result<Definition> read_definition(const boost::json::value& document);
/// Whether an archive that matches dicom::searchable_attributes() and nothing else can match every key of the
/// imaging criteria; `invalid_request` names the first that it cannot.
Status check_searchable(const Definition& definition);
/// Whether every partition that is named is one of `known`; `invalid_request` names the first that is not. An
/// archive that does not tell its partitions has none `known`, and every name passes.
Status check_partitions(const Definition& definition, const std::set<std::string>& known);
/// Whether `name` may name a saved cohort: 1 to 64 letters, digits, `-`, `_`, `.`, the first no point.
bool is_cohort_name(std::string_view name);

}  // namespace isocenter::fhir::cohort
