#pragma once

#include <boost/json.hpp>
#include <string>

#include "fhir/mapping/wanted.h"

/// What a resource found on the FHIR server tells of itself. It may be anybody's: members of other types than
/// FHIR's count as absent.
namespace isocenter::fhir {

/// `Type/id`.
std::string reference_of(const boost::json::object& resource);

/// Both parts empty when there is none.
Identifier first_identifier(const boost::json::object& resource);

/// An ImagingStudy that stands as entered in error, because the server refused to delete it.
bool is_withdrawn(const boost::json::object& resource);

/// Whether an identifier names a partition other than the default one.
bool is_of_marked_partition(const boost::json::object& resource);

/// Made by the reference: a dose Observation without source that names the study and perhaps the accession
/// number, but no report and no event (fhir-sync.md 11.3, 11.4, 23.6). What names more is somebody else's.
bool is_of_reference(const boost::json::object& resource, const Identifier& study);

/// Whether an Observation, of whomever, tells of the same report or event as the wanted one: it has the
/// identifier, means the same by its code, and is not entered in error.
bool stands_for(const boost::json::object& resource, const Identifier& identity,
                const boost::json::object& wanted);

}  // namespace isocenter::fhir
