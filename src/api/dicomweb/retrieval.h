#pragma once

#include <memory>
#include <optional>
#include <span>
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
/// The same for a resource that does not go by Accept.
http::Handler answering_any_accept(
    const Face& face, std::function<Result<http::Response>(const Face&, const http::RequestContext&)> handle);

/// A GET route on the fetch lane.
http::Route fetch_route(
    const Face& face, std::string pattern,
    std::function<Result<http::Response>(const Face&, const http::RequestContext&)> handle);

/// 406 with what was asked and what is available.
http::Response not_acceptable(const Face& face, const http::Request& request, std::string_view reason,
                              std::vector<std::string> available);

/// What is stored of an instance, as far as negotiation of its frames cares.
StoredForm stored_form(const Face& face, const archive::Location& location);

/// How the object of `record`, which has its layout, meets `wishes` best. It counts as decodable only when
/// its pixel data can be decoded as they lie there.
std::optional<Choice> choose_object(const Face& face, const index::InstanceRecord& record,
                                    std::span<const Wish> wishes, Deliver deliver);
std::optional<Choice> choose_object(const Face& face, const archive::Location& location,
                                    std::span<const Wish> wishes);
/// The media ranges in which the object can be had.
std::vector<std::string> available_objects(const Face& face, ByteResource resource,
                                           const index::InstanceRecord& record);
std::vector<std::string> available_objects(const Face& face, const archive::Location& location);
/// The transfer syntaxes in which the object can be had: the stored one first, then Explicit VR Little Endian
/// (AvailableTransferSyntaxUID). None when it is gone.
std::vector<std::string> available_syntaxes(const Face& face, const index::EntityKey& instance);

/// Why `what` ("frames") cannot be given, for people.
std::string refusal(std::string_view what, const StoredForm& stored);

/// The whole object in the way chosen.
Result<std::unique_ptr<ByteSource>> open_object_as(const Face& face, const archive::Location& location,
                                                   const Delivery& delivery);

/// `application/dicom; transfer-syntax=<uid>`
std::string typed(std::string_view media_type, std::string_view syntax);

/// The record with its layout decoded.
Result<std::shared_ptr<const archive::Location>> with_layout(const index::InstanceRecord& record);

/// Cache-Control of frames and values.
std::string cache_control(const Face& face);
/// ETag and Cache-Control of frames and values.
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
