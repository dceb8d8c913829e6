#pragma once

#include <boost/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "fhir/mapping/wanted.h"

namespace isocenter::fhir {

/// One search: `{type}?{query}`; the query is escaped for FHIR and percent-encoded.
struct Lookup {
    std::string type;
    std::string query;
};

/// The searches a job makes. All pages count, entries of the wanted type only.
struct Lookups {
    std::optional<Lookup> patient;
    std::vector<Lookup> former_patients;  ///< in the order of Wanted::former_patients
    Lookup endpoint;
    Lookup endpoint_by_name;  ///< to be asked only when `endpoint` did not find ours
    Lookup study;
    std::optional<Lookup> observations;  ///< none unless Observations are generated
    std::optional<Lookup> orders;        ///< ServiceRequests; may fail
};

/// What the searches found: what has another identity than asked for is among it.
struct Existing {
    std::vector<boost::json::object> patients;
    std::vector<std::vector<boost::json::object>> former_patients;
    std::vector<boost::json::object> endpoints;  ///< of `endpoint`; without ours, of both searches
    std::vector<boost::json::object> studies;
    std::vector<boost::json::object> observations;  ///< that name the study
    std::vector<boost::json::object> same_reports;  ///< that name a report or event of it; of anybody
    std::vector<boost::json::object> orders;
    /// Whatever has an id by which something would be created: ours, which has lost its identifier, or
    /// others'.
    std::vector<boost::json::object> holders;
};

Lookups make_lookups(const Wanted& wanted, const Options& options);

/// Searches for the reports and events that no Observation in `found` is of: others may tell of them without
/// naming the study. Several, so that a long list fits.
std::vector<Lookup> report_lookups(const Wanted& wanted, const std::vector<boost::json::object>& found);

/// Our Endpoint by what the reference finds it by.
Lookup endpoint_by_name(const Options& options);

/// `system|value` with `\`, `,`, `|`, `$` escaped inside both and percent-encoded, as a search value.
std::string to_token(const Identifier& identifier);
/// `\`, `,`, `|`, `$` escaped, not percent-encoded.
std::string escape_search_value(std::string_view text);
/// `identifier=...` of one identity: the query of a lookup and of ifNoneExist.
std::string identifier_query(const Identifier& identifier);

/// Whether `meta.source` up to `#` is our endpoint.
bool is_own(const boost::json::object& resource, const Options& options);
/// Whether the resource has the identifier, to the letter.
bool has_identifier(const boost::json::object& resource, const Identifier& identifier);

// Servers may find tokens in other case (R4 3.1.1.4.10): what was found need not be what was asked for.

/// Whether a hit of `Lookups::study` is of the study.
bool is_of_study(const boost::json::object& hit, const Wanted& wanted);
/// Whether a hit of `Lookups::endpoint` or `endpoint_by_name` is our Endpoint.
bool is_our_endpoint(const boost::json::object& hit, const Options& options);
/// Those that have the identifier.
std::vector<boost::json::object> with_identifier(const std::vector<boost::json::object>& hits,
                                                 const Identifier& identifier);

/// The hit to use, and those that are too many.
struct Choice {
    const boost::json::object* used = nullptr;  ///< null: nothing found
    std::vector<const boost::json::object*> duplicates;
};

/// Foreign ones go before own ones; of several own ones the smallest id. `conflict` (dead letter class
/// `fhir`) for several foreign ones. Points into `hits`.
Result<Choice> choose(const std::vector<boost::json::object>& hits, const Options& options);

}  // namespace isocenter::fhir
