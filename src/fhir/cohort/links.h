#pragma once

#include <boost/json.hpp>
#include <map>
#include <set>
#include <string>
#include <string_view>

#include "fhir/client/fhir_client.h"
#include "fhir/cohort/selection.h"

namespace isocenter::fhir::cohort {

/// ServiceRequests by id, as far as a FHIR server shows them.
using Orders = std::map<std::string, boost::json::object>;

/// Ids of the ServiceRequests of the FHIR server at `base` that a resource refers to in `basedOn`.
std::set<std::string> orders_of(const boost::json::object& resource, std::string_view base);

/// Reads orders, a request for a hundred. Those that the server has not, or does not give to this caller
/// (any other answer than a failure of the server), are left out.
Attempt<Orders> find_orders(const std::set<std::string>& ids, FhirClient& fhir);

/// Whether a resource belongs to a study: it refers to its ImagingStudy or to an order of that ImagingStudy,
/// or it, or an order that it refers to, holds the study's accession number (type ACSN, same system or none).
bool is_linked(const boost::json::object& resource, const StudyHit& study, const Orders& orders,
               std::string_view base);

}  // namespace isocenter::fhir::cohort
