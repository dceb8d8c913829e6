#pragma once

#include <boost/json.hpp>
#include <vector>

#include "fhir/classic/entry.h"
#include "fhir/classic/request.h"
#include "fhir/classic/values.h"

/// The ImagingStudy of an entry that is no deletion (fhir-sync.md section 9).
namespace isocenter::fhir::classic {

/// Puts the entry's instance and what its metadata says of study and series into `study`.
void upsert_instance(boost::json::object& study, const Entry& entry, const ResourceId& endpoint,
                     const Context& context);

/// Attributes of the study's own level; returns the offset, for the series.
Offset synchronise_study(boost::json::object& study, const DataSet& metadata, const ResourceId& endpoint,
                         const Context& context);
void synchronise_series(boost::json::object& series, const DataSet& metadata, const Offset& offset);
void synchronise_instance(boost::json::object& instance, const DataSet& metadata);

/// `found` has at most one resource.
Request study_request(const std::vector<boost::json::object>& found, const Entry& entry,
                      const ResourceId& patient, const ResourceId& endpoint, const UuidSource& new_uuid,
                      const Context& context);

/// `urn:dicom:uid`, `urn:oid:UID`.
Identifier study_identity(std::string_view study_uid);

/// The member of the list whose `uid` is `uid`; null when there is none.
boost::json::object* find_by_uid(boost::json::object& parent, std::string_view list, std::string_view uid);

}  // namespace isocenter::fhir::classic
