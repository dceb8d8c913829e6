#pragma once

#include <boost/json.hpp>
#include <optional>
#include <vector>

#include "fhir/classic/request.h"
#include "fhir/mapping/parts.h"

/// The Patient of an entry (fhir-sync.md section 7).
namespace isocenter::fhir::classic {

/// PatientID, with the configured system or the issuer's text; nothing when PatientID is not exactly one
/// value.
std::optional<Identifier> patient_identity(const DataSet& metadata, const Options& options);

/// Puts usual name and gender, and for a new Patient the birth date, into `patient`.
void synchronise_patient(boost::json::object& patient, const DataSet& metadata, bool is_new,
                         const Context& context);
/// Puts PatientName into the `usual` name of `patient`, which is made when there is none.
void synchronise_name(boost::json::object& patient, std::string_view person_name);

/// `found` has at most one resource.
Request patient_request(const std::vector<boost::json::object>& found, const Identifier& identity,
                        const DataSet& metadata, const UuidSource& new_uuid, const Context& context);

}  // namespace isocenter::fhir::classic
