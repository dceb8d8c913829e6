#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "archive/store.h"

namespace isocenter::api {

/// What differs between the faces, as values: handlers are written once and ask the profile. The sources are
/// dicomweb.md section 9 (v1, v2) and standard-face.md section 0.2 (standard).
struct Profile {
    std::string_view name;  ///< "v1", "v2", "dicom-web": also the path segment in RetrieveURLs
    bool standard = false;  ///< the current DICOM standard is the law

    // store
    archive::Validation validation = archive::Validation::standard;
    archive::Duplicates duplicates = archive::Duplicates::accept_identical;
    bool accepts_metadata_store = false;  ///< JSON and XML metadata with bulk data
    unsigned status_all_stored_with_warning = 202;
    bool failed_attributes_in_referenced = false;  ///< v2: FailedAttributesSequence always present

    // search
    unsigned empty_search_status = 200;
    std::uint64_t default_limit = 1000;
    std::uint64_t max_limit = 1000;
    bool reject_limit_above_max = false;  ///< else cut
    bool ignore_unknown_query = true;     ///< else 400
    bool unknown_matches = false;         ///< absent values match every condition (PS3.4 C.2.2.1.2)
    bool computed_attributes_by_default = true;
    bool broad_search_defaults = false;  ///< v1: the default attributes of dicomweb.md 6.4, column v1

    // retrieve
    bool partial_sets = true;  ///< 206 with what can be given of a set; else 406
    /// No Accept is 406, DICOM and rendered types together are 400 (PS3.18 8.7.5).
    bool strict_accept = false;

    // metadata
    bool bulk_data_links = true;     ///< BulkDataURI; else bulk values are left out
    bool utf8_character_set = true;  ///< (0008,0005) is answered as ISO_IR 192

    // change feed
    bool feed_by_sequence_window = false;  ///< v1
    std::uint64_t feed_default_limit = 100;
    std::uint64_t feed_max_limit = 200;

    // errors
    bool problem_json = true;      ///< RFC 9457; else text/plain
    bool gone_for_deleted = true;  ///< 410; else 404
};

const Profile& v1_profile();
const Profile& v2_profile();
const Profile& standard_profile();

}  // namespace isocenter::api
