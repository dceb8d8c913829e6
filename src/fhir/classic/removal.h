#pragma once

#include <boost/json.hpp>
#include <vector>

#include "fhir/classic/entry.h"
#include "fhir/classic/request.h"
#include "fhir/mapping/options.h"

/// The ImagingStudy of a deletion (fhir-sync.md section 10).
namespace isocenter::fhir::classic {

/// Whether the study goes with its last instance: its source is our endpoint, to the last letter.
bool is_ours(const boost::json::object& study, const Options& options);

/// `found` has at most one resource. Nothing when study, series or instance are not there. Without series
/// left a study of ours goes; with `keep_referenced` it becomes `entered-in-error` instead.
std::optional<Request> removal_request(const std::vector<boost::json::object>& found, const Entry& entry,
                                       const Options& options, bool keep_referenced);

}  // namespace isocenter::fhir::classic
