#pragma once

#include <string_view>

#include "base/result.h"
#include "fhir/cohort/definition.h"

namespace isocenter::fhir::cohort {

/// Reads `Type?parameters`. Errors (`invalid_request`) say what is wrong, without a place.
Result<SearchText> read_search(std::string_view text);
/// Reads parameters of a search whose type is known; the result is encoded as a form.
Result<std::string> read_parameters(std::string_view text);

/// The dates of a type: search parameters that find them, and elements that hold them, as JSON pointers; the
/// first element present counts.
struct DateRule {
    std::vector<std::string> parameters;
    std::vector<std::string> elements;
};
/// `on`: the name of a date parameter; empty: the usual ones of the type. Nothing when `on` is not known to
/// be a date parameter of the type.
std::optional<DateRule> date_rule(std::string_view type, std::string_view on);
/// The date of a resource by a rule.
std::optional<Span> date_of(const boost::json::object& resource, const DateRule& rule);

}  // namespace isocenter::fhir::cohort
