#include "app/standard_face.h"

namespace isocenter::app {

api::Profile standard_face_profile(const Settings& settings) {
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

}  // namespace isocenter::app
