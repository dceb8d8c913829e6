#include "api/dicomweb/retrieve_bulkdata.h"

#include <algorithm>
#include <array>

#include "api/dicomweb/member_list.h"
#include "api/dicomweb/retrieval.h"
#include "dicom/json_filter.h"
#include "dicom/tags.h"
#include "dicom/transfer_syntax.h"
#include "http/ascii.h"

namespace isocenter::api {
namespace {

using LocationPtr = std::shared_ptr<const archive::Location>;

constexpr std::string_view kOctets = "application/octet-stream";
constexpr std::string_view kMultipart = "multipart/related";
constexpr std::string_view kDocumentPath = "00420011";

bool is_pixel_data(std::string_view path) {
    return path == "7FE00010" || path == "7FE00008" || path == "7FE00009";
}

/// What a browser may show: it runs nothing of them in the name of their origin.
constexpr std::array<std::string_view, 13> kShown = {
    "image/bmp", "image/dicom-rle", "image/gif", "image/jls",  "image/jp2",  "image/jpeg",     "image/jphc",
    "image/jpx", "image/jxl",       "image/png", "image/tiff", "image/webp", "application/pdf"};

/// Stored documents are foreign: a page or a drawing among them must not act as one of the archive's own, in
/// a browser that follows a link to it. Not for PDF, which browsers refuse to show in a sandbox.
void keep_apart(http::Response& response, std::string_view content_type) {
    const std::string_view essence = content_type.substr(0, content_type.find(';'));
    const bool shown = std::ranges::any_of(
        kShown, [essence](std::string_view type) { return http::equals_ignore_case(type, essence); });
    if (!shown) response.headers.set("Content-Disposition", "attachment");
    if (essence == "application/pdf") return;
    response.headers.set("Content-Security-Policy", "sandbox; frame-src 'self';");
}

void finish(const Face& face, http::Response& response, std::string_view etag) {
    add_caching(face, response, etag);
    keep_apart(response, response.headers.get("Content-Type"));
}

/// The 304 of a bulk value, which has the headers of its 200.
std::optional<http::Response> unchanged_value(const Face& face, const http::Request& request,
                                              std::string_view etag, std::string_view content_type) {
    auto unchanged = not_modified(request, etag, cache_control(face));
    if (unchanged) keep_apart(*unchanged, content_type);
    return unchanged;
}

/// MIME Type of Encapsulated Document (0042,0012) when it is a plain media type; empty otherwise.
std::string document_type(const Face& face, const index::InstanceRecord& record) {
    const auto documents = face.archive.documents({&record.id, 1});
    if (!documents || documents->empty()) return {};
    const std::string_view json =
        dicom::find_attribute(documents->front().json, dicom::tags::MIMETypeOfEncapsulatedDocument);
    constexpr std::string_view kStart = "\"Value\":[\"";
    const std::size_t at = json.find(kStart);
    if (at == std::string_view::npos) return {};
    const std::string_view rest = json.substr(at + kStart.size());
    const auto type = http::parse_media_type(rest.substr(0, rest.find('"')));
    return type ? type->essence() : std::string();
}

/// Parts that encapsulated pixel data are given in. Inside a sequence they are an icon: one frame (PS3.3
/// C.7.6.1.1.6).
std::uint32_t part_count(const archive::Location& location, const dicom::BulkValue& value) {
    if (!is_pixel_data(value.path)) return 1;
    if (location.layout.frames.kind == dicom::FrameTable::Kind::unknown) return 1;
    return location.layout.frames.frames;
}

/// What is stored of encapsulated pixel data; those inside a sequence are given as they are only.
StoredForm pixel_form(const Face& face, const archive::Location& location, const dicom::BulkValue& value) {
    StoredForm form = stored_form(face, location);
    if (is_pixel_data(value.path)) return form;
    form.decodable = false;
    const bool foreign = !dicom::transfer_syntax(location.record.transfer_syntax).encapsulated;
    form.pixel_syntax = foreign ? std::optional(std::string()) : std::nullopt;
    return form;
}

/// As frames are chosen; and stored bytes rather than nothing for octets of no syntax, since a BulkDataURI
/// answers to every form (standard-face.md 9.2).
std::optional<Choice> choose_bulk(const Profile& profile, std::span<const Wish> wishes,
                                  const StoredForm& stored) {
    if (auto choice = choose(profile, wishes, stored, deliver_frame)) return choice;
    const auto octets = std::ranges::find_if(wishes, [](const Wish& wish) {
        return wish.media_type == kOctets && (wish.syntax.empty() || wish.syntax == "*");
    });
    if (octets == wishes.end()) return std::nullopt;
    Choice choice{*octets, as_octets(stored)};
    return octets->stands_for(choice.delivery.syntax) ? std::optional(std::move(choice)) : std::nullopt;
}

/// Frames of encapsulated pixel data, one part each with the same Content-Location (standard-face.md 3.4).
/// `value` is one of `location`, which the parts keep.
void add_frames(const Face& face, const LocationPtr& location, const dicom::BulkValue& value,
                const Delivery& delivery, const std::string& uri, std::vector<PartPlan>& parts) {
    const bool nested = !is_pixel_data(value.path);
    for (std::uint32_t number = 1; number <= part_count(*location, value); ++number) {
        PartPlan part;
        part.content_type = typed(delivery.media_type, delivery.syntax);
        part.content_location = uri;
        if (nested) {
            part.open = [&face, location, &value]() { return face.archive.open_bulk(*location, value); };
        } else {
            part.length = frame_length(*location, number, delivery);
            part.open = [&face, location, delivery, number]() {
                return open_frame_as(face, *location, number, delivery);
            };
        }
        parts.push_back(std::move(part));
    }
}

/// The media type of the value itself, where the instance names one; empty otherwise.
std::string own_type(const Face& face, const archive::Location& location, const dicom::BulkValue& value) {
    return value.path == kDocumentPath ? document_type(face, location.record) : std::string();
}

/// Whose syntax a range names: of a set it is that of the pixel data in it.
enum class SyntaxOf { value, pixels };

/// The first wish that a value of type `own` or octets fulfils; null when there is none.
const Wish* wish_for_value(std::span<const Wish> wishes, std::string_view own, SyntaxOf syntax_of) {
    const auto found = std::ranges::find_if(wishes, [own, syntax_of](const Wish& wish) {
        const bool type = wish.media_type == kOctets || (!own.empty() && wish.media_type == own);
        const bool syntax = syntax_of == SyntaxOf::pixels || wish.syntax.empty() || wish.syntax == "*" ||
                            wish.syntax == dicom::kExplicitVrLittleEndian;
        return type && syntax && wish.stands_for(dicom::kExplicitVrLittleEndian);
    });
    return found == wishes.end() ? nullptr : &*found;
}

std::string value_content_type(const Wish& wish) {
    return wish.media_type == kOctets ? typed(kOctets, dicom::kExplicitVrLittleEndian) : wish.media_type;
}

/// `value` is one of `location`, which the part keeps.
void add_value(const Face& face, const LocationPtr& location, const dicom::BulkValue& value,
               std::string content_type, const std::string& uri, std::vector<PartPlan>& parts) {
    PartPlan part;
    part.content_type = std::move(content_type);
    part.content_location = uri;
    part.length = value.range.length;
    part.open = [&face, location, &value]() { return face.archive.open_bulk(*location, value); };
    parts.push_back(std::move(part));
}

Result<http::Response> encapsulated_value(const Face& face, const http::Request& request,
                                          const LocationPtr& location, const dicom::BulkValue& value,
                                          const std::string& uri) {
    const bool one = part_count(*location, value) == 1;
    auto wishes = find_wishes(face.profile, read_accept(face.profile, request), ByteResource::bulk_value);
    if (!one) std::erase_if(wishes, [](const Wish& wish) { return !wish.multipart; });
    const StoredForm stored = pixel_form(face, *location, value);
    const auto choice = choose_bulk(face.profile, wishes, stored);
    if (!choice)
        return not_acceptable(face, request, refusal("pixel data", stored),
                              available_ranges(face.profile, ByteResource::bulk_value, stored));
    std::string etag = content_tag(location->record, "p" + value.path + choice->delivery.syntax,
                                   choice->delivery.media_type, choice->wish.multipart);
    if (choice->wish.multipart) etag = addressed_tag(std::move(etag), uri);
    const std::string_view type = choice->wish.multipart ? kMultipart : choice->delivery.media_type;
    if (auto unchanged = unchanged_value(face, request, etag, type)) return *std::move(unchanged);
    std::vector<PartPlan> parts;
    add_frames(face, location, value, choice->delivery, uri, parts);
    if (parts.empty()) return fail(ErrorCode::not_found, "The instance has no pixel data.");
    if (choice->wish.multipart && !one) {
        ISO_TRY(auto response,
                multipart_response(choice->delivery.media_type, boundary_of(etag), std::move(parts)));
        finish(face, response, etag);
        return response;
    }
    const PartPlan& part = parts.front();
    SinglePlan plan{part.content_type, uri, etag, part.length, {}};
    plan.open = [&part](std::optional<ByteRange> range) -> Result<std::unique_ptr<ByteSource>> {
        ISO_TRY(auto source, part.open());
        return range ? slice(std::move(source), *range) : std::move(source);
    };
    ISO_TRY(auto response, choice->wish.multipart
                               ? single_part_response(face.profile, request, boundary_of(etag), plan)
                               : single_response(face.profile, request, plan));
    finish(face, response, etag);
    return response;
}

Result<http::Response> plain_value(const Face& face, const http::Request& request,
                                   const LocationPtr& location, const dicom::BulkValue& value,
                                   const std::string& uri) {
    const std::string own = own_type(face, *location, value);
    const auto wishes =
        find_wishes(face.profile, read_accept(face.profile, request), ByteResource::bulk_value, own);
    const Wish* wish = wish_for_value(wishes, own, SyntaxOf::value);
    if (wish == nullptr) {
        std::vector<std::string> available{std::string(kOctets), range_text(kOctets, true, {})};
        if (!own.empty()) available.insert(available.begin(), own);
        return not_acceptable(face, request, "The value cannot be given in the form asked for.",
                              std::move(available));
    }
    std::string etag = content_tag(location->record, "b" + value.path, wish->media_type, wish->multipart);
    if (wish->multipart) etag = addressed_tag(std::move(etag), uri);
    const std::string type = value_content_type(*wish);
    if (auto unchanged = unchanged_value(face, request, etag, wish->multipart ? kMultipart : type))
        return *std::move(unchanged);
    const auto open = [&face, &location, &value]() { return face.archive.open_bulk(*location, value); };
    SinglePlan plan{type, uri, etag, value.range.length, {}};
    plan.open = [&open](std::optional<ByteRange> range) -> Result<std::unique_ptr<ByteSource>> {
        ISO_TRY(auto source, open());
        return range ? slice(std::move(source), *range) : std::move(source);
    };
    ISO_TRY(auto response, wish->multipart
                               ? single_part_response(face.profile, request, boundary_of(etag), plan)
                               : single_response(face.profile, request, plan));
    finish(face, response, etag);
    return response;
}

std::string path_of(const http::PathParams& params) {
    std::string path(params.get("path"));
    std::ranges::transform(path, path.begin(),
                           [](char c) { return c >= 'a' && c <= 'f' ? static_cast<char>(c - 32) : c; });
    return path;
}

Result<http::Response> retrieve_value(const Face& face, const http::RequestContext& context) {
    ISO_TRY(const index::EntityKey key, read_entity(context.params));
    ISO_TRY(const LocationPtr location, face.archive.locate(key));
    const std::string path = path_of(context.params);
    const dicom::BulkValue* value = dicom::find_bulk(location->layout, path);
    if (value == nullptr) return fail(ErrorCode::not_found, "The instance has no such bulk value.");
    const std::string uri = entity_uri(face.base_uri(context.request), key) + "/bulkdata/" + path;
    return value->encapsulated ? encapsulated_value(face, context.request, location, *value, uri)
                               : plain_value(face, context.request, location, *value, uri);
}

Result<http::Response> retrieve_all(const Face& face, const http::RequestContext& context, BulkScope scope) {
    ISO_TRY(const index::EntityKey key, read_entity(context.params));
    if (key.instance.empty()) {
        ISO_TRY(const auto records, face.archive.list(key));
        return retrieve_bulk_of(face, context.request, records, scope);
    }
    ISO_TRY(const LocationPtr location, face.archive.locate(key));
    index::InstanceRecord record = location->record;
    record.layout = dicom::encode_layout(location->layout);
    return retrieve_bulk_of(face, context.request, {record}, scope);
}

/// Parts of a set, which count as memory of requests until a client has read them.
class HeldParts final : public Supply<PartPlan> {
  public:
    explicit HeldParts(const Face& face) : memory_(*face.memory) {}

    std::vector<PartPlan>& parts() { return parts_; }
    /// Charges an instance and its parts, which were added.
    Status charge(const index::InstanceRecord& record) {
        // Of the layout the text and what was read from it.
        constexpr std::uint64_t kInstanceBytes = 1024;
        constexpr std::uint64_t kTimesTheLayout = 4;
        constexpr std::uint64_t kPartBytes = 640;
        constexpr std::uint64_t kStep = 256 * 1024;
        bytes_ += kInstanceBytes + kTimesTheLayout * record.layout.size();
        const std::uint64_t all = bytes_ + parts_.size() * kPartBytes;
        if (all <= charged_) return {};
        charged_ = all + kStep;
        return hold_list(memory_, charged_ < 2 * kStep ? 0 : charged_);
    }
    std::optional<std::uint64_t> length(std::string_view boundary) const {
        MultipartLength length(boundary.size());
        for (const PartPlan& part : parts_)
            length.add(part);
        return length.total();
    }
    Result<std::optional<PartPlan>> next() override {
        if (next_ == parts_.size()) return std::optional<PartPlan>();
        return std::optional(std::move(parts_[next_++]));
    }

  private:
    MemoryBudget::Lease memory_;
    std::vector<PartPlan> parts_;
    std::uint64_t bytes_ = 0;
    std::uint64_t charged_ = 0;
    std::size_t next_ = 0;
};

std::vector<std::string> available_bulk(const Face& face, const index::InstanceRecord& record) {
    const auto location = with_layout(record);
    if (!location) return {};
    return available_ranges(face.profile, ByteResource::bulk_value, stored_form(face, **location));
}

/// What is asked of a set of bulk values.
struct SetAsked {
    const Face& face;
    AcceptLists accept;
    BulkScope scope;
    std::vector<Wish> wishes;
};

std::vector<Wish> set_wishes(const AcceptLists& accept, std::string_view own = {}) {
    auto wishes = find_wishes(standard_profile(), accept, ByteResource::bulk_value, own);
    std::erase_if(wishes, [](const Wish& wish) { return !wish.multipart; });
    return wishes;
}

/// Adds the parts of a value in the form asked for, if it has that, and to `identity` which that is.
void add_parts(const SetAsked& asked, const LocationPtr& location, const dicom::BulkValue& value,
               const std::string& uri, std::vector<PartPlan>& parts, std::string& identity) {
    if (!value.encapsulated) {
        const std::string own = own_type(asked.face, *location, value);
        const auto own_wishes = own.empty() ? std::vector<Wish>() : set_wishes(asked.accept, own);
        const Wish* wish = wish_for_value(own.empty() ? asked.wishes : own_wishes, own, SyntaxOf::pixels);
        identity += wish == nullptr ? "-" : "+" + wish->media_type;
        if (wish != nullptr) add_value(asked.face, location, value, value_content_type(*wish), uri, parts);
        return;
    }
    const StoredForm stored = pixel_form(asked.face, *location, value);
    const auto choice = asked.scope == BulkScope::all
                            ? choose_bulk(standard_profile(), asked.wishes, stored)
                            : choose(standard_profile(), asked.wishes, stored, deliver_frame);
    if (!choice) return;
    identity += choice->delivery.syntax;
    add_frames(asked.face, location, value, choice->delivery, uri, parts);
}

}  // namespace

Result<http::Response> retrieve_bulk_of(const Face& face, const http::Request& request,
                                        const std::vector<index::InstanceRecord>& records, BulkScope scope) {
    SetAsked asked{face, read_accept(face.profile, request), scope, {}};
    asked.wishes = set_wishes(asked.accept);
    const std::string base = face.base_uri(request);
    auto held = std::make_unique<HeldParts>(face);
    std::vector<PartPlan>& parts = held->parts();
    std::string identity;
    std::size_t left_out = 0;
    for (const index::InstanceRecord& record : records) {
        ISO_TRY(const LocationPtr location, with_layout(record));
        const std::size_t before = parts.size();
        bool wanted = false;
        for (const dicom::BulkValue& value : location->layout.bulk) {
            if (scope == BulkScope::pixel_data && !is_pixel_data(value.path)) continue;
            wanted = true;
            const std::string uri = entity_uri(base, record.key) + "/bulkdata/" + value.path;
            add_parts(asked, location, value, uri, parts, identity);
        }
        if (wanted && parts.size() == before) ++left_out;
        identity += content_tag(record, "b");
        if (parts.size() > before) ISO_CHECK(held->charge(record));
    }
    if (parts.empty() && left_out == 0) return fail(ErrorCode::not_found, "There is no such bulk data.");
    const bool refused = parts.empty() || (left_out > 0 && !face.profile.partial_sets);
    if (refused)
        return not_acceptable(face, request,
                              parts.empty() ? "No bulk data can be given in the form asked for."
                                            : "Not all bulk data can be given in the form asked for.",
                              available_bulk(face, records.front()));
    const std::string& first = parts.front().content_type;
    const std::string root_type = first.substr(0, first.find(';'));
    const std::string boundary = boundary_of(identity + root_type + base);
    const std::string etag = "\"" + boundary + "\"";
    if (auto unchanged = unchanged_value(face, request, etag, kMultipart)) return *std::move(unchanged);
    const auto length = held->length(boundary);
    ISO_TRY(auto response, multipart_response(root_type, boundary, std::move(held), length));
    finish(face, response, etag);
    mark_partial(face, response, left_out, records.size());
    return response;
}

std::vector<http::Route> retrieve_bulkdata_routes(const Face& face) {
    std::vector<http::Route> routes;
    const std::string instance = "/studies/{study}/series/{series}/instances/{instance}";
    for (const std::string& entity :
         {std::string("/studies/{study}"), std::string("/studies/{study}/series/{series}"), instance}) {
        routes.push_back(fetch_route(
            face, entity + "/bulkdata",
            [](const Face& f, const http::RequestContext& c) { return retrieve_all(f, c, BulkScope::all); }));
        routes.push_back(
            fetch_route(face, entity + "/pixeldata", [](const Face& f, const http::RequestContext& c) {
                return retrieve_all(f, c, BulkScope::pixel_data);
            }));
    }
    routes.push_back(fetch_route(face, instance + "/bulkdata/{path...}", retrieve_value));
    return routes;
}

}  // namespace isocenter::api
