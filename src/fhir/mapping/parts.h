#pragma once

#include <boost/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "fhir/mapping/attributes.h"
#include "fhir/mapping/wanted.h"

/// The pieces that compute_wanted puts together; one file each.
namespace isocenter::fhir {

inline constexpr std::string_view kStudySystem = "urn:dicom:uid";
inline constexpr std::string_view kUriSystem = "urn:ietf:rfc:3986";

/// What every piece needs.
struct Context {
    const Options& options;
    std::string_view partition;
    std::vector<ValidationRecord>& records;

    void invalid(std::string_view tag, std::string_view value, std::string_view reason) const {
        records.push_back(
            {ValidationRecord::Kind::invalid, std::string{tag}, std::string{value}, std::string{reason}});
    }
};

/// Whether `uid` may stand in FHIR's type `id`: letters, digits, `-` and `.`, 1 to 64 of them.
bool is_fhir_id(std::string_view uid);
/// `{system, value}` without what is empty.
boost::json::object to_json(const Identifier& identifier);
/// An accession number: type ACSN, value, and the system of (0008,0051) if it names one.
boost::json::object accession_identifier(std::string_view number, const DataSet& source,
                                         const Context& context);
/// The issuer's URI by an item of qualifiers (PS3.3 10.14): ISO, UUID or URI; empty for others.
std::string qualified_system(const DataSet& qualifiers);
/// The distinct accession identifiers of data sets, sorted by number.
boost::json::array accession_identifiers(const std::vector<const DataSet*>& data_sets,
                                         const Context& context);

/// Records attributes that the mapping reads and whose text FHIR cannot hold as it is.
void record_control_characters(const Agreement& instances, const Context& context);

/// Date, time and (0008,0201) of `source` as dateTime; an invalid one is recorded and counts as
/// absent.
std::string started(const DataSet& source, std::string_view date_tag, std::string_view time_tag,
                    const Context& context);
/// The offset of (0008,0201) in FHIR's form; empty when absent or invalid.
std::string offset_of(const DataSet& source, const Context& context);

/// Name, gender and birth date of a Patient, by demographics that won.
boost::json::object make_patient(const Identifier& identity, const Agreement& demographics,
                                 const Context& context);
WantedResource make_endpoint(const Options& options);
/// The ImagingStudy of instances that have UIDs.
boost::json::object make_imaging_study(const StudySnapshot& study, const Agreement& instances,
                                       const Context& context);
/// The series of it, sorted.
boost::json::array make_series(const Agreement& instances, bool with_instances, const Context& context);
/// Observations of the study's dose reports.
std::vector<WantedResource> make_observations(const StudySnapshot& study, const Agreement& instances,
                                              const Context& context);

}  // namespace isocenter::fhir
