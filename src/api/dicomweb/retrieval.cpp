#include "api/dicomweb/retrieval.h"

#include <algorithm>

#include "dicom/value_rules.h"

namespace isocenter::api {

http::Handler answering(
    const Face& face,
    std::function<Result<http::Response>(const Face&, const http::RequestContext&)> handle) {
    return
        [&face, answer = answering_any_accept(face, std::move(handle))](const http::RequestContext& context) {
            const auto checked = check_accept(face.profile, context.request);
            if (checked) return answer(context);
            ErrorDetails details;
            details.parameter = "accept";
            return error_response(face.profile, context.request, checked.error(), details);
        };
}

http::Handler answering_any_accept(
    const Face& face,
    std::function<Result<http::Response>(const Face&, const http::RequestContext&)> handle) {
    return [&face, handle = std::move(handle)](const http::RequestContext& context) {
        ErrorDetails details;
        auto response = handle(face, context);
        if (response) return std::move(*response);
        if (response.error().code == ErrorCode::invalid_request)
            details.parameter = ill_formed_parameter(context.params);
        return error_response(face.profile, context.request, response.error(), details);
    };
}

http::Route fetch_route(
    const Face& face, std::string pattern,
    std::function<Result<http::Response>(const Face&, const http::RequestContext&)> handle) {
    http::Route route;
    route.pattern = std::move(pattern);
    route.lane = &face.lanes.fetch;
    route.handler = answering(face, std::move(handle));
    return route;
}

http::Response not_acceptable(const Face& face, const http::Request& request, std::string_view reason,
                              std::vector<std::string> available) {
    ErrorDetails details;
    details.asked = asked_ranges(request);
    details.available = std::move(available);
    return error_response(face.profile, request, fail(ErrorCode::not_acceptable, std::string(reason)),
                          details);
}

namespace {

/// Older versions stored what is no UID: that becomes no part of a header field.
std::string label_of(const index::InstanceRecord& record) {
    return dicom::is_valid_uid(record.transfer_syntax) ? record.transfer_syntax : std::string();
}

}  // namespace

StoredForm stored_form(const Face& face, const archive::Location& location) {
    StoredForm form;
    form.syntax = label_of(location.record);
    form.has_pixels = location.record.frames != 0;
    form.decodable = archive::Archive::can_decode(location.record.transfer_syntax);
    form.mislabelled = location.layout.mislabelled;
    const bool native = location.layout.frames.kind == dicom::FrameTable::Kind::native;
    // Clients of the compatibility faces get native pixel data under whatever label they came with (WF-2).
    if (!location.layout.foreign_pixels || (native && !face.profile.standard)) return form;
    const auto syntax = face.archive.pixel_syntax(location);
    form.pixel_syntax = syntax ? *syntax : std::string();
    form.decodable = archive::Archive::can_decode(*form.pixel_syntax);
    return form;
}

namespace {

/// Of the whole object.
StoredForm object_form(const Face& face, const archive::Location& location) {
    StoredForm form = stored_form(face, location);
    form.decodable = form.decodable && face.archive.check_decodable(location);
    return form;
}

/// The same without decoding the record's layout where nothing in it counts.
StoredForm object_form(const Face& face, const index::InstanceRecord& record) {
    if (archive::Archive::can_decode(record.transfer_syntax) || dicom::has_foreign_pixels(record.layout)) {
        if (const auto location = with_layout(record)) return object_form(face, **location);
    }
    StoredForm form;
    form.syntax = label_of(record);
    form.has_pixels = record.frames != 0;
    form.mislabelled = dicom::is_mislabelled(record.layout);
    return form;
}

/// What is chosen when nothing can be without that: looked at last, since it costs a look into the index.
std::optional<Choice> choose_too_large(const Face& face, const archive::Location& location, StoredForm form,
                                       std::span<const Wish> wishes, Deliver deliver) {
    form.fits = face.archive.fits_uncompressed(location);
    return form.fits ? std::nullopt : choose(face.profile, wishes, form, deliver);
}

}  // namespace

std::optional<Choice> choose_object(const Face& face, const index::InstanceRecord& record,
                                    std::span<const Wish> wishes, Deliver deliver) {
    const StoredForm form = object_form(face, record);
    if (auto choice = choose(face.profile, wishes, form, deliver)) return choice;
    const auto location = with_layout(record);
    return location ? choose_too_large(face, **location, form, wishes, deliver) : std::nullopt;
}

std::optional<Choice> choose_object(const Face& face, const archive::Location& location,
                                    std::span<const Wish> wishes) {
    const StoredForm form = object_form(face, location);
    if (auto choice = choose(face.profile, wishes, form, deliver_object)) return choice;
    return choose_too_large(face, location, form, wishes, deliver_object);
}

std::vector<std::string> available_objects(const Face& face, ByteResource resource,
                                           const index::InstanceRecord& record) {
    return available_ranges(face.profile, resource, object_form(face, record));
}

std::vector<std::string> available_objects(const Face& face, const archive::Location& location) {
    return available_ranges(face.profile, ByteResource::object, object_form(face, location));
}

std::vector<std::string> available_syntaxes(const Face& face, const index::EntityKey& instance) {
    std::vector<std::string> list;
    const auto location = face.archive.locate(instance);
    if (!location || label_of((*location)->record).empty()) return list;
    const StoredForm form = object_form(face, **location);
    for (const std::string_view syntax : {std::string_view("*"), dicom::kExplicitVrLittleEndian}) {
        const Wish wish{"application/dicom", true, std::string(syntax)};
        const auto delivery = deliver_object(face.profile, wish, form);
        if (delivery && std::ranges::find(list, delivery->syntax) == list.end())
            list.push_back(delivery->syntax);
    }
    return list;
}

std::string refusal(std::string_view what, const StoredForm& stored) {
    std::string reason = "The " + std::string(what) + " are stored as ";
    if (!stored.pixel_syntax)
        reason += stored.syntax;
    else if (stored.pixel_syntax->empty())
        reason +=
            "fragments, which " + stored.syntax + " does not have, without saying how they are compressed,";
    else
        reason += *stored.pixel_syntax + " under the label " + stored.syntax;
    return reason + " and cannot be given in the form asked for.";
}

std::string typed(std::string_view media_type, std::string_view syntax) {
    std::string text(media_type);
    if (!syntax.empty()) text += "; transfer-syntax=" + std::string(syntax);
    return text;
}

Result<std::shared_ptr<const archive::Location>> with_layout(const index::InstanceRecord& record) {
    ISO_TRY(auto layout, dicom::decode_layout(record.layout));
    auto location = std::make_shared<archive::Location>();
    location->record = record;
    location->layout = std::move(layout);
    return std::shared_ptr<const archive::Location>(std::move(location));
}

std::string cache_control(const Face& face) {
    return "private, max-age=" + std::to_string(face.options.cache_seconds);
}

void add_caching(const Face& face, http::Response& response, std::string_view etag) {
    response.headers.set("ETag", std::string(etag));
    response.headers.set("Cache-Control", cache_control(face));
}

void mark_partial(const Face& face, http::Response& response, std::size_t left_out, std::size_t all) {
    if (left_out == 0) return;
    response.status = 206;
    response.headers.add("Warning", "299 " + face.options.service_name + ": " + std::to_string(left_out) +
                                        " of " + std::to_string(all) + " instances were left out");
}

namespace {

/// A source whose bytes are in memory, counted as held while it lives.
class HeldSource : public ByteSource {
  public:
    HeldSource(std::unique_ptr<ByteSource> source, MemoryBudget::Lease memory)
        : source_(std::move(source)), memory_(std::move(memory)) {}
    Result<std::size_t> read(MutableBytes into) override { return source_->read(into); }
    std::optional<std::uint64_t> remaining() const override { return source_->remaining(); }

  private:
    std::unique_ptr<ByteSource> source_;
    MemoryBudget::Lease memory_;
};

/// Decoding itself is bounded by the lane's threads; what waits for a slow client is bounded here.
Result<std::unique_ptr<ByteSource>> decoded_frame(const Face& face, const archive::Location& location,
                                                  std::uint32_t number) {
    ISO_TRY(auto frame, face.archive.open_native_frame(location, number));
    MemoryBudget::Lease memory(*face.memory);
    ISO_CHECK(memory.resize(frame->remaining().value_or(0)));
    return std::unique_ptr<ByteSource>(std::make_unique<HeldSource>(std::move(frame), std::move(memory)));
}

/// Of an object one frame at a time is held.
Result<std::unique_ptr<ByteSource>> decoded_object(const Face& face, const archive::Location& location) {
    ISO_TRY(auto object, face.archive.open_decoded(location));
    MemoryBudget::Lease memory(*face.memory);
    const std::uint32_t frames = std::max(location.layout.frames.frames, 1U);
    ISO_CHECK(memory.resize(object->remaining().value_or(0) / frames));
    return std::unique_ptr<ByteSource>(std::make_unique<HeldSource>(std::move(object), std::move(memory)));
}

}  // namespace

Result<std::unique_ptr<ByteSource>> open_object_as(const Face& face, const archive::Location& location,
                                                   const Delivery& delivery) {
    switch (delivery.way) {
        case Delivery::Way::verbatim:
            return face.archive.open_object(location.record);
        case Delivery::Way::explicit_little:
            return face.archive.open_as_explicit_little_endian(location, delivery.syntax);
        case Delivery::Way::decoded:
            break;
    }
    return decoded_object(face, location);
}

Result<std::unique_ptr<ByteSource>> open_frame_as(const Face& face, const archive::Location& location,
                                                  std::uint32_t number, const Delivery& delivery) {
    if (delivery.way == Delivery::Way::decoded) return decoded_frame(face, location, number);
    if (location.layout.frames.kind != dicom::FrameTable::Kind::unknown)
        return face.archive.open_frame(location, number);
    if (number != 1)
        return fail(ErrorCode::not_acceptable,
                    "The frames of this instance cannot be told apart; frame 1 is the whole stream.");
    std::vector<SourceOpener> fragments;
    archive::Archive& store = face.archive;
    const auto record = std::make_shared<index::InstanceRecord>(location.record);
    for (const ByteRange range : location.layout.frames.fragments)
        fragments.emplace_back([&store, record, range]() { return store.open_object(*record, range); });
    return concatenate(std::move(fragments));
}

std::optional<std::uint64_t> frame_length(const archive::Location& location, std::uint32_t number,
                                          const Delivery& delivery) {
    if (delivery.way == Delivery::Way::decoded) return std::nullopt;
    const dicom::FrameTable& frames = location.layout.frames;
    std::uint64_t length = 0;
    switch (frames.kind) {
        case dicom::FrameTable::Kind::none:
            return std::nullopt;
        case dicom::FrameTable::Kind::native:
            return (frames.frame_bits + 7) / 8;
        case dicom::FrameTable::Kind::unknown:
            for (const ByteRange& range : frames.fragments)
                length += range.length;
            return length;
        case dicom::FrameTable::Kind::encapsulated:
            for (const ByteRange& range : frames.ranges_of(number))
                length += range.length;
            return length;
    }
    return std::nullopt;
}

}  // namespace isocenter::api
