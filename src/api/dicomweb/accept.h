#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "api/profile.h"
#include "base/result.h"
#include "http/media_type.h"
#include "http/message.h"

namespace isocenter::api {

/// What a request accepts: the ranges of the `accept` parameter come first (standard-face.md D3), then the
/// header's. Old names of media types are replaced by today's (standard-face.md 2.1).
struct AcceptLists {
    std::vector<http::MediaType> parameter;  ///< always empty on the compatibility faces
    /// `*/*` when the request says nothing; empty then on a face with strict_accept (D1).
    std::vector<http::MediaType> header;
    bool header_well_formed = true;
};
AcceptLists read_accept(const Profile& profile, const http::Request& request);

/// The `accept` parameter must not name DICOM objects and rendered types together (PS3.18 8.3.3.1; D2), nor
/// may the header on a face with strict_accept (8.7.5).
Status check_accept(const Profile& profile, const http::Request& request);

/// The media ranges as the client wrote them, for error bodies.
std::vector<std::string> asked_ranges(const http::Request& request);

/// How a resource made of data sets is written.
enum class DataSetForm {
    json,           ///< application/dicom+json
    multipart_xml,  ///< multipart/related; type="application/dicom+xml"
    xml,            ///< application/dicom+xml, for one data set
};
/// Which forms a resource offers beside JSON.
struct DataSetOffer {
    bool multipart_xml = false;
    bool xml = false;
};
/// Chooses for search results, metadata and store answers; `not_acceptable` when nothing fits. The
/// compatibility faces know JSON only and take an ill-formed header for unacceptable (dicomweb.md 2.2).
Result<DataSetForm> choose_data_set_form(const Profile& profile, const http::Request& request,
                                         const DataSetOffer& offer);
/// The media types of `offer`, for error bodies.
std::vector<std::string> available_forms(const Profile& profile, const DataSetOffer& offer);

}  // namespace isocenter::api
