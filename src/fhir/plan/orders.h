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

/// A patient as orders may refer to him.
struct OrderedFor {
    const Identifier& identity;
    const std::vector<boost::json::object>& patients;  ///< Patients who have it
    const std::string& base;                           ///< of the FHIR server
};

/// Whether the order may be the patient's: its subject is one of the Patients, or names an identifier of the
/// patient's, or is absent. Accession numbers without system are anybody's.
bool is_order_of(const boost::json::object& order, const OrderedFor& patient);

/// Puts `ServiceRequest/id` in place of each logical reference in `basedOn` that exactly one of `found` has
/// as accession number: an identifier of type ACSN or without type, of the same system where ours has one.
void link_orders(boost::json::object& resource, const std::vector<boost::json::object>& found);

}  // namespace isocenter::fhir
