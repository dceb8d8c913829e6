#pragma once

#include <boost/json.hpp>
#include <string>
#include <vector>

#include "fhir/mapping/wanted.h"

/// The orders that studies are based on: accession numbers, and the ServiceRequests that have them.
namespace isocenter::fhir {

/// The identifiers in `basedOn` of the study and its Observations, each once. Without system where the images
/// name none.
std::vector<Identifier> order_identifiers(const Wanted& wanted);

/// The search value that finds the ServiceRequests of `identifiers`; percent-encoded.
std::string order_tokens(const std::vector<Identifier>& identifiers);

/// Puts `ServiceRequest/id` in place of each logical reference in `basedOn` that exactly one of `found` has
/// as accession number: an identifier of type ACSN or without type, of the same system where ours has one.
void link_orders(boost::json::object& resource, const std::vector<boost::json::object>& found);

}  // namespace isocenter::fhir
