#include <algorithm>

#include "api/dicomweb/frame_list.h"
#include "api/dicomweb/retrieval.h"
#include "dicom/transfer_syntax.h"

namespace isocenter::api {
namespace {

using LocationPtr = std::shared_ptr<const archive::Location>;

Status check_numbers(const archive::Location& location, const std::vector<std::uint32_t>& numbers) {
    const dicom::FrameTable& frames = location.layout.frames;
    const bool empty = frames.kind != dicom::FrameTable::Kind::native && frames.fragments.empty();
    if (empty || frames.frames == 0) return fail(ErrorCode::not_found, "The instance has no pixel data.");
    if (std::ranges::any_of(numbers, [&frames](std::uint32_t n) { return n > frames.frames; }))
        return fail(ErrorCode::not_found,
                    "The instance has only " + std::to_string(frames.frames) + " frame(s).");
    const std::uint32_t present = frames.present();
    if (std::ranges::any_of(numbers, [present](std::uint32_t n) { return n > present; }))
        return fail(ErrorCode::not_found, "The pixel data is shorter than its description says: it has " +
                                              std::to_string(present) + " of " +
                                              std::to_string(frames.frames) + " frame(s).");
    return {};
}

/// Whether one stream holds frames that only a decoder tells apart, and one asked for is none of its own. A
/// video is given whole as its first frame (standard-face.md 3.3).
bool cannot_be_told_apart(const archive::Location& location, const std::vector<std::uint32_t>& numbers) {
    if (location.layout.frames.kind != dicom::FrameTable::Kind::unknown) return false;
    return !dicom::transfer_syntax(location.record.transfer_syntax).video ||
           std::ranges::any_of(numbers, [](std::uint32_t n) { return n != 1; });
}

/// Forms of the frames, or of the instance when they have none.
std::vector<std::string> available_frames(const Face& face, const StoredForm& stored) {
    auto ranges = available_ranges(face.profile, ByteResource::frame, stored);
    if (ranges.empty()) ranges.push_back(range_text("application/dicom", true, "*"));
    return ranges;
}

std::string why_not_apart(const archive::Location& location) {
    if (dicom::transfer_syntax(location.record.transfer_syntax).video)
        return "A video is not cut into frames; frame 1 is the whole stream.";
    const dicom::FrameTable& frames = location.layout.frames;
    return "The frames of this instance cannot be told apart: " + std::to_string(frames.frames) +
           " of them lie in " + std::to_string(frames.fragments.size()) +
           " fragment(s) that do not say where each begins.";
}

Result<http::Response> as_multipart(const Face& face, const http::RequestContext& context,
                                    const LocationPtr& location, const std::vector<std::uint32_t>& numbers,
                                    const Choice& choice, const std::string& etag) {
    const std::string base = entity_uri(face.base_uri(context.request), location->record.key) + "/frames/";
    std::vector<PartPlan> parts;
    for (const std::uint32_t number : numbers) {
        PartPlan part;
        part.content_type = typed(choice.delivery.media_type, choice.delivery.syntax);
        if (face.profile.standard) part.content_location = base + std::to_string(number);
        part.length = frame_length(*location, number, choice.delivery);
        part.open = [&face, location, number, delivery = choice.delivery]() {
            return open_frame_as(face, *location, number, delivery);
        };
        parts.push_back(std::move(part));
    }
    ISO_TRY(auto response,
            multipart_response(choice.delivery.media_type, boundary_of(etag), std::move(parts)));
    add_caching(face, response, etag);
    return response;
}

Result<http::Response> as_single(const Face& face, const http::Request& request, const LocationPtr& location,
                                 std::uint32_t number, const Choice& choice, const std::string& etag) {
    SinglePlan plan;
    plan.content_type = typed(choice.delivery.media_type, choice.delivery.syntax);
    if (face.profile.standard)
        plan.content_location =
            entity_uri(face.base_uri(request), location->record.key) + "/frames/" + std::to_string(number);
    plan.etag = etag;
    plan.length = frame_length(*location, number, choice.delivery);
    plan.open = [&](std::optional<ByteRange> range) -> Result<std::unique_ptr<ByteSource>> {
        ISO_TRY(auto source, open_frame_as(face, *location, number, choice.delivery));
        return range ? slice(std::move(source), *range) : std::move(source);
    };
    ISO_TRY(auto response, single_response(face.profile, request, plan));
    add_caching(face, response, etag);
    return response;
}

std::vector<Wish> wishes_for(const Face& face, const http::Request& request, std::size_t frames) {
    return find_wishes(face.profile, read_accept(face.profile, request),
                       frames == 1 ? ByteResource::frame : ByteResource::frame_list);
}

Result<http::Response> retrieve(const Face& face, const http::RequestContext& context) {
    const http::Request& request = context.request;
    ISO_TRY(const index::EntityKey key, read_entity(context.params));
    ISO_TRY(const auto numbers, parse_frame_list(context.params.get("frames")));
    const auto wishes = wishes_for(face, request, numbers.size());
    if (wishes.empty()) {
        // dicomweb.md 5.1: the single-part form of several frames is a bad request there.
        if (!face.profile.standard && numbers.size() > 1 && !wishes_for(face, request, 1).empty())
            return fail(ErrorCode::invalid_request, "Several frames need a multipart answer.");
        return not_acceptable(face, request, "Frames are not offered in the form asked for.",
                              {range_text("application/octet-stream", true, "*")});
    }
    ISO_TRY(const LocationPtr location, face.archive.locate(key));
    ISO_CHECK(check_numbers(*location, numbers));
    const StoredForm stored = stored_form(face, *location);
    const auto choice = choose(face.profile, wishes, stored, deliver_frame);
    if (!choice)
        return not_acceptable(face, request, refusal("frames", stored), available_frames(face, stored));
    if (cannot_be_told_apart(*location, numbers))
        return not_acceptable(face, request, why_not_apart(*location), available_frames(face, stored));
    std::string etag = content_tag(
        location->record, "f" + std::string(context.params.get("frames")) + "-" + choice->delivery.syntax,
        choice->delivery.media_type, choice->wish.multipart);
    if (choice->wish.multipart && face.profile.standard)
        etag = addressed_tag(std::move(etag), face.base_uri(request));
    if (auto unchanged = not_modified(request, etag, cache_control(face))) return *std::move(unchanged);
    if (choice->wish.multipart) return as_multipart(face, context, location, numbers, *choice, etag);
    return as_single(face, request, location, numbers.front(), *choice, etag);
}

}  // namespace

std::vector<http::Route> retrieve_frames_routes(const Face& face) {
    std::vector<http::Route> routes;
    routes.push_back(
        fetch_route(face, "/studies/{study}/series/{series}/instances/{instance}/frames/{frames}", retrieve));
    return routes;
}

}  // namespace isocenter::api
