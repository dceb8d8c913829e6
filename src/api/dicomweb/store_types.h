#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/profile.h"
#include "http/media_type.h"

namespace isocenter::api {

/// The media types of store requests that a face takes (dicomweb.md 4.1, standard-face.md 4.1).
std::vector<std::string> store_types(const Profile& profile);

/// What a part of a store request is.
enum class PartKind { dicom, json, xml, bulk };

/// What the body is made of; single-part when there is no boundary.
struct BodyForm {
    std::string boundary;
    std::optional<http::MediaType> type;  ///< of the single part, or the multipart's `type`
};

/// By the type alone; nothing for bulk data and what cannot be stored.
std::optional<PartKind> kind_of(const http::MediaType& type);
/// What is bulk data by its type alone (PS3.18 10.5.2).
bool is_bulk_type(const http::MediaType& type);

/// Nothing when the Content-Type is not one of a store request.
std::optional<BodyForm> read_form(const Profile& profile, std::string_view content_type);
/// Without a boundary the body cannot be read: that is no matter of its type on the standard face
/// (standard-face.md 4.4; 415 on the others, dicomweb.md 2.4).
bool lacks_boundary(std::string_view content_type);

}  // namespace isocenter::api
