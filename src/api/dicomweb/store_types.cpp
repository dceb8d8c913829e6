#include "api/dicomweb/store_types.h"

namespace isocenter::api {

std::vector<std::string> store_types(const Profile& profile) {
    std::vector<std::string> types{"multipart/related; type=\"application/dicom\"", "application/dicom"};
    if (profile.accepts_metadata_store)
        types.insert(types.end(), {"multipart/related; type=\"application/dicom+json\"",
                                   "multipart/related; type=\"application/dicom+xml\"",
                                   "application/dicom+json", "application/dicom+xml"});
    return types;
}

}  // namespace isocenter::api
