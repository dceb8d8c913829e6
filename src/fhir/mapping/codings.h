#pragma once

#include <boost/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "fhir/mapping/attributes.h"

namespace isocenter::fhir {

inline constexpr std::string_view kDcm = "http://dicom.nema.org/resources/ontology/DCM";
inline constexpr std::string_view kSnomed = "http://snomed.info/sct";
inline constexpr std::string_view kIdentifierTypes = "http://terminology.hl7.org/CodeSystem/v2-0203";

/// A code item (PS3.3 8.8) as the mapping sees it.
struct Code {
    std::string value;
    std::string designator;
    std::string meaning;
    std::string system;  ///< FHIR's URI; empty when none is known
};

/// The code of an item. Codes of the retired SNOMED designators with a known equivalent become SCT. An item
/// without a value: nothing.
std::optional<Code> read_code(const DataSet& item);
/// The code of the first item of a sequence.
std::optional<Code> read_code(const DataSet& data_set, std::string_view sequence);
/// FHIR's URI of a coding scheme designator; empty for those outside the table.
std::string_view system_of(std::string_view designator);
/// SNOMED CT's code for one of SRT, SNM3 or 99SDM; empty when not in the table.
std::string_view snomed_of_legacy(std::string_view legacy);

/// `urn:oid:...`; empty for what is no OID, since a FHIR server refuses such a URI.
std::string oid_uri(std::string_view oid);

/// `{system, code, display}`; what is empty is left out.
boost::json::object make_coding(std::string_view system, std::string_view code,
                                std::string_view display = {});
boost::json::object make_coding(const Code& code);
/// `{coding: [coding], text}`.
boost::json::object make_concept(const Code& code);

/// The bodySite of BodyPartExamined: display, with the coding of PS3.16 annex L where the term is listed.
boost::json::object body_part(std::string_view body_part_examined);
/// SNOMED CT's code of Laterality L, R or B; empty for others.
std::string_view laterality_code(std::string_view laterality);

}  // namespace isocenter::fhir
