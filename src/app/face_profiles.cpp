#include "app/face_profiles.h"

namespace isocenter::app {
namespace {

api::Profile standard_profile(const Settings& settings) {
    api::Profile profile = api::standard_profile();
    profile.strict_accept = settings.strict_accept;
    profile.ignore_unknown_query = !settings.strict_query;
    profile.partial_sets = settings.partial_retrieve == "give";
    profile.gone_for_deleted = settings.answer_gone;
    profile.unknown_matches = settings.unknown_matches;
    if (settings.duplicates == "keep") profile.duplicates = archive::Duplicates::keep;
    if (settings.duplicates == "replace") profile.duplicates = archive::Duplicates::replace;
    if (settings.validate == "warn") profile.validation = archive::Validation::standard_checked;
    return profile;
}

/// `full`: what the face validates by when all top-level attributes count.
api::Profile versioned_profile(api::Profile profile, const Settings& settings, archive::Validation full) {
    if (settings.full_validation) profile.validation = full;
    profile.empty_search_status = settings.empty_search == "200" ? 200 : 204;
    return profile;
}

}  // namespace

FaceProfiles face_profiles(const Settings& settings) {
    return {versioned_profile(api::v1_profile(), settings, archive::Validation::strict_whole),
            versioned_profile(api::v2_profile(), settings, archive::Validation::lenient_whole),
            standard_profile(settings)};
}

}  // namespace isocenter::app
