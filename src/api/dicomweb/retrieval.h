#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "api/dicomweb/byte_response.h"
#include "api/dicomweb/entity.h"
#include "api/dicomweb/negotiation.h"
#include "api/errors.h"
#include "api/face.h"

namespace isocenter::api {

/// Wraps a handler that may fail: an error becomes the face's error response, and so does an `accept`
/// parameter that no resource takes.
http::Handler answering(
    const Face& face, std::function<Result<http::Response>(const Face&, const http::RequestContext&)> handle);

/// A GET route on the fetch lane.
http::Route fetch_route(
    const Face& face, std::string pattern,
    std::function<Result<http::Response>(const Face&, const http::RequestContext&)> handle);

/// 406 with what was asked and what is available.
http::Response not_acceptable(const Face& face, const http::Request& request, std::string_view reason,
                              std::vector<std::string> available);

/// What is stored of an instance, as far as negotiation cares. The record has its layout.
StoredForm stored_form(const index::InstanceRecord& record);
StoredForm stored_form(const archive::Location& location);

/// The same for the whole object: decodable only when its pixel data can be decoded as they lie there.
StoredForm object_form(const Face& face, const archive::Location& location);
StoredForm object_form(const Face& face, const index::InstanceRecord& record);

/// The whole object in the way chosen.
Result<std::unique_ptr<ByteSource>> open_object_as(const Face& face, const archive::Location& location,
                                                   const Delivery& delivery);

/// `application/dicom; transfer-syntax=<uid>`
std::string typed(std::string_view media_type, std::string_view syntax);

/// The record with its layout decoded.
Result<std::shared_ptr<const archive::Location>> with_layout(const index::InstanceRecord& record);

/// ETag, Cache-Control and 206 bookkeeping of retrieved bytes.
void add_caching(const Face& face, http::Response& response, std::string_view etag);

/// Marks a set answer from which `left_out` of `all` instances are missing (standard-face.md D6).
void mark_partial(const Face& face, http::Response& response, std::size_t left_out, std::size_t all);

/// Frame `number` of an instance in the way chosen; a stream whose frames cannot be told apart counts as
/// frame 1.
Result<std::unique_ptr<ByteSource>> open_frame_as(const Face& face, const archive::Location& location,
                                                  std::uint32_t number, const Delivery& delivery);
/// Its length when that is known without reading.
std::optional<std::uint64_t> frame_length(const archive::Location& location, std::uint32_t number,
                                          const Delivery& delivery);

}  // namespace isocenter::api
