#pragma once

#include <boost/json.hpp>
#include <vector>

#include "base/result.h"
#include "fhir/classic/request.h"
#include "fhir/mapping/options.h"

/// The Endpoint that says where the images are (fhir-sync.md section 8).
namespace isocenter::fhir::classic {

/// `found` has at most one resource. `conflict` when it has another address than ours.
Result<Request> endpoint_request(const std::vector<boost::json::object>& found, const Options& options,
                                 const UuidSource& new_uuid);

}  // namespace isocenter::fhir::classic
