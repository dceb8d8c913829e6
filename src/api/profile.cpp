#include "api/profile.h"

namespace isocenter::api {
namespace {

/// What v1 and v2 have in common (dicomweb.md).
Profile compatibility() {
    Profile profile;
    profile.duplicates = archive::Duplicates::refuse;
    profile.empty_search_status = 204;
    profile.default_limit = 100;
    profile.max_limit = 200;
    profile.reject_limit_above_max = true;
    profile.ignore_unknown_query = false;
    profile.computed_attributes_by_default = false;
    profile.partial_sets = false;
    profile.bulk_data_links = false;
    profile.utf8_character_set = false;
    profile.problem_json = false;
    profile.gone_for_deleted = false;
    return profile;
}

Profile make_v1() {
    Profile profile = compatibility();
    profile.name = "v1";
    profile.validation = archive::Validation::strict_indexed;
    profile.status_all_stored_with_warning = 200;
    profile.feed_by_sequence_window = true;
    profile.broad_search_defaults = true;
    profile.feed_default_limit = 10;
    profile.feed_max_limit = 100;
    return profile;
}

Profile make_v2() {
    Profile profile = compatibility();
    profile.name = "v2";
    profile.validation = archive::Validation::lenient;
    profile.status_all_stored_with_warning = 202;
    profile.failed_attributes_in_referenced = true;
    return profile;
}

Profile make_standard() {
    Profile profile;
    profile.name = "dicom-web";
    profile.standard = true;
    profile.accepts_metadata_store = true;
    return profile;
}

}  // namespace

const Profile& v1_profile() {
    static const Profile profile = make_v1();
    return profile;
}

const Profile& v2_profile() {
    static const Profile profile = make_v2();
    return profile;
}

const Profile& standard_profile() {
    static const Profile profile = make_standard();
    return profile;
}

}  // namespace isocenter::api
