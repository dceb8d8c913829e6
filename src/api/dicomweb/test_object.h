#pragma once

#include <string>

#include "api/dicomweb/test_face.h"

// What tests of whole faces store and ask for.

namespace isocenter::api {

inline const std::string kInstance = "/studies/1.1/series/1.2/instances/1.3";
inline const TestFace::Fields kMultipart = {
    {"Content-Type", "multipart/related; type=\"application/dicom\"; boundary=B"},
    {"Accept", "application/dicom+json"}};
inline const TestFace::Fields kSingle = {{"Content-Type", "application/dicom"},
                                         {"Accept", "application/dicom+json"}};
inline const std::string kDicomPart = "Content-Type: application/dicom\r\n";

inline std::string object(const std::string& instance = "1.3", const std::string& series = "1.2",
                          std::string_view syntax = dicom::kExplicitVrLittleEndian) {
    auto set = archive::make_data_set("1.1", series, instance);
    archive::set_pixels(set, 2, 2, 2, std::string("AAAABBBBCCCCDDDD"));
    return archive::to_part10(set, syntax);
}

inline TestFace::Fields accept(const std::string& ranges) {
    return {{"Accept", ranges}};
}

}  // namespace isocenter::api
