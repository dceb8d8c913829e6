#include "api/dicomweb/store_metadata.h"

#include <algorithm>
#include <charconv>
#include <functional>
#include <iterator>

#include "archive/picture.h"
#include "base/utf8.h"
#include "dicom/element_builder.h"
#include "dicom/json_reader.h"
#include "dicom/json_tree.h"
#include "dicom/part10_writer.h"
#include "dicom/tags.h"
#include "dicom/transfer_syntax.h"
#include "dicom/video_header.h"
#include "dicom/xml.h"
#include "http/url.h"

namespace isocenter::api {
namespace {

/// Metadata is held in memory while it is read.
constexpr std::uint64_t kMaxMetadataBytes = 256ULL << 20U;
/// Profiles and thumbnails may stand before the part of an image that describes it.
constexpr std::uint64_t kMaxImageHeaderBytes = 1ULL << 20U;
/// Of text that is looked at at a time.
constexpr std::size_t kTextBytes = 64 * 1024;

/// The n of `frames/<n>`, from 1 on.
std::optional<std::size_t> frame_number(std::string_view text) {
    std::size_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size() || number == 0) return std::nullopt;
    return number;
}

/// Text that comes in pieces.
class Utf8Check {
  public:
    void write(std::string_view piece) {
        if (!well_formed_) return;
        text_ += piece;
        std::string_view left = text_;
        while (!left.empty() && well_formed_) {
            const std::size_t length = utf8_sequence_length(left);
            // The rest of a sequence may come with the next piece.
            if (length == 0 && left.size() < kMostBytes) break;
            beyond_ascii_ = beyond_ascii_ || length > 1;
            well_formed_ = length != 0;
            left.remove_prefix(length);
        }
        text_.erase(0, text_.size() - left.size());
    }
    bool is_well_formed() const { return well_formed_ && text_.empty(); }
    bool is_beyond_ascii() const { return beyond_ascii_; }

  private:
    static constexpr std::size_t kMostBytes = 4;
    std::string text_;
    bool well_formed_ = true;
    bool beyond_ascii_ = false;
};

/// `limit` 0: none.
class BatchSink : public ByteSink {
  public:
    BatchSink(archive::StoreBatch& batch, std::uint64_t limit) : batch_(batch), limit_(limit) {}
    Status write(ByteView bytes) override {
        size_ += bytes.size();
        if (is_over_limit()) return fail(ErrorCode::too_large, "the instance is larger than allowed");
        batch_.write(bytes);
        return {};
    }
    bool is_over_limit() const { return limit_ != 0 && size_ > limit_; }

  private:
    archive::StoreBatch& batch_;
    const std::uint64_t limit_;
    std::uint64_t size_ = 0;
};

/// What pictures become. `limit` is that of an instance, 0: none; no element holds more than PS3.5 7.1.1 has.
class SpoolSink : public ByteSink {
  public:
    SpoolSink(Spool& spool, std::uint64_t limit)
        : spool_(spool),
          begin_(spool.size()),
          limit_(limit == 0 ? kMaxElementBytes : std::min(limit, kMaxElementBytes)) {}
    Status write(ByteView bytes) override {
        if (range().length + bytes.size() > limit_)
            return fail(ErrorCode::too_large, "The pixels of a picture are too many.");
        return spool_.write(bytes);
    }
    ByteRange range() const { return {begin_, spool_.size() - begin_}; }

  private:
    static constexpr std::uint64_t kMaxElementBytes = 0xFFFFFFFEU;
    Spool& spool_;
    const std::uint64_t begin_;
    const std::uint64_t limit_;
};

bool same_pixels(const dicom::ImageHeader& a, const dicom::ImageHeader& b) {
    return a.rows == b.rows && a.columns == b.columns && a.samples_per_pixel == b.samples_per_pixel &&
           a.bits_stored == b.bits_stored;
}

void collect_links(const dicom::DataSet& set, std::vector<const dicom::Element*>& linked) {
    for (const dicom::Element& element : set.elements()) {
        if (!element.bulk_uri.empty()) linked.push_back(&element);
        for (const dicom::DataSet& item : element.items)
            collect_links(item, linked);
    }
}

/// The syntax that a bulk part of pixel data is in: its parameter, else what the stream or the type says. A
/// type with several syntaxes is not guessed (standard-face.md 4.2).
std::optional<std::string> syntax_of(const http::MediaType& type,
                                     const std::optional<dicom::ImageHeader>& header) {
    const bool compressed = type.type == "image" || type.type == "video";
    if (const auto given = type.param("transfer-syntax")) {
        if (compressed && !dicom::transfer_syntax(*given).encapsulated) return std::nullopt;
        return std::string(*given);
    }
    if (header) return std::string(header->transfer_syntax);
    if (type.essence() == "image/dicom-rle") return std::string(dicom::kRleLossless);
    if (compressed) return std::nullopt;
    return std::string(dicom::kExplicitVrLittleEndian);
}

/// Command and file meta elements are no part of a data set (PS3.5 7.1); true when there were any.
bool discard_foreign_groups(dicom::DataSet& set) {
    return std::erase_if(set.elements(), [](const dicom::Element& element) {
               return element.tag.group == 0x0000 || element.tag.group == 0x0002;
           }) != 0;
}

/// Whether objects in `syntax` can be written from data sets here.
bool is_writable(std::string_view uid) {
    const dicom::TransferSyntax syntax = dicom::transfer_syntax(uid);
    return dicom::is_known_transfer_syntax(uid) && syntax.explicit_vr && syntax.little_endian &&
           !syntax.deflated;
}

std::string_view without_slash(std::string_view uri) {
    return uri.ends_with('/') ? uri.substr(0, uri.size() - 1) : uri;
}

}  // namespace

MetadataStore::MetadataStore(std::string_view request_uri, Spool spool, std::uint64_t max_instance_bytes)
    : request_uri_(without_slash(request_uri)),
      spool_(std::move(spool)),
      max_instance_bytes_(max_instance_bytes) {}

void MetadataStore::begin_part(Kind kind, std::uint64_t number, const http::MediaType& type,
                               std::string_view location) {
    kind_ = kind;
    if (kind == Kind::bulk)
        bulk_.push_back({number, std::string(location), type, {spool_.size(), 0}});
    else
        metadata_.push_back({number, kind, {}});
}

Status MetadataStore::write(ByteView bytes) {
    if (kind_ == Kind::bulk) {
        bulk_.back().range.length += bytes.size();
        return spool_.write(bytes);
    }
    metadata_bytes_ += bytes.size();
    if (metadata_bytes_ > kMaxMetadataBytes)
        return fail(ErrorCode::too_large, "The metadata of the request is too large.");
    metadata_.back().text += as_text(bytes);
    return {};
}

void MetadataStore::drop_part() {
    cut_ = true;
    if (kind_ == Kind::bulk) {
        bulk_.pop_back();
    } else {
        metadata_bytes_ -= metadata_.back().text.size();
        metadata_.pop_back();
    }
}

/// The tree of a part and the data sets made of it: small things make the most of little text.
std::uint64_t MetadataStore::reading_bytes(const TextPart& part) {
    constexpr std::uint64_t kTimesTheText = 3;
    // A node among those of a vector that grows, and the value or part of an element that it becomes.
    constexpr std::uint64_t kJsonValueBytes = 2 * sizeof(dicom::JsonNode) + sizeof(std::string);
    constexpr std::uint64_t kXmlNodeBytes = 128;
    const std::uint64_t text = kTimesTheText * part.text.size();
    // More values or elements are not read.
    if (part.kind == Kind::json)
        return text + kJsonValueBytes * std::min(dicom::count_json_values(part.text), dicom::kMaxJsonValues);
    const dicom::XmlCounts counts = dicom::count_xml(part.text);
    const std::size_t elements = std::min(counts.elements, dicom::kMaxXmlElements);
    return text + kXmlNodeBytes * (elements + counts.attributes);
}

Result<std::vector<dicom::Salvaged>> MetadataStore::read(const TextPart& part, const Reserve& reserve) {
    ISO_CHECK(reserve(reading_bytes(part)));
    std::vector<dicom::Salvaged> sets;
    if (part.kind == Kind::json) {
        ISO_TRY(sets, dicom::salvage_json(part.text));
    } else {
        ISO_TRY(sets.emplace_back(), dicom::salvage_xml(part.text));
    }
    if (sets.empty()) return fail(ErrorCode::invalid_request, "The metadata describes no instance.");
    return sets;
}

std::string MetadataStore::absolute(std::string_view uri) const {
    return http::resolve_reference(request_uri_, uri);
}

/// What senders mean who take the request URI for a folder.
std::string MetadataStore::below_request(std::string_view uri) const {
    return http::resolve_reference(request_uri_ + '/', uri);
}

/// A location is resolved once, and its parts are put in order once, however many links there are.
void MetadataStore::place_parts() {
    constexpr std::string_view kFrames = "/frames/";
    for (BulkPart& part : bulk_) {
        const std::string location = absolute(without_slash(part.uri));
        const std::string below = below_request(without_slash(part.uri));
        places_[location].parts.push_back(&part);
        below_.emplace(below, location);
        const std::size_t frames = location.rfind(kFrames);
        if (frames == std::string::npos) continue;
        Place& place = places_[location.substr(0, frames)];
        below_.emplace(below.substr(0, below.rfind(kFrames)), location.substr(0, frames));
        const auto number = frame_number(std::string_view(location).substr(frames + kFrames.size()));
        if (!number || !place.frames.emplace(*number, &part).second) place.ill_named = true;
    }
    for (auto& [location, place] : places_) {
        if (place.frames.empty()) continue;
        place.incomplete = !place.parts.empty() || place.frames.rbegin()->first != place.frames.size();
        place.parts.clear();
        for (const auto& [number, part] : place.frames)
            place.parts.push_back(part);
    }
}

/// Parts of that location in the order received, or its `<uri>/frames/<n>` in the order of n, each from 1 on
/// once (standard-face.md 4.2).
Result<MetadataStore::Place*> MetadataStore::place_of(std::string_view uri) {
    auto found = places_.find(absolute(without_slash(uri)));
    const std::string below = below_request(without_slash(uri));
    if (found == places_.end()) found = places_.find(below);
    if (const auto other = below_.find(below); found == places_.end() && other != below_.end())
        found = places_.find(other->second);
    if (found == places_.end()) return fail(ErrorCode::malformed_dicom, "a bulk data part is missing");
    Place& place = found->second;
    if (place.ill_named)
        return fail(ErrorCode::malformed_dicom, "a frame of bulk data is named wrongly or twice");
    if (place.incomplete) return fail(ErrorCode::malformed_dicom, "a frame of bulk data is missing");
    return &place;
}

/// Marks the places that `set` refers to; an error when one has no parts. A place may have as many parts as
/// it has links: they are not walked for each. Names the character set of text among them.
Status MetadataStore::mark_places(dicom::DataSet& set) {
    std::vector<const dicom::Element*> linked;
    collect_links(set, linked);
    bool utf8 = false;
    for (const dicom::Element* element : linked) {
        ISO_TRY(Place* const place, place_of(element->bulk_uri));
        place->used = true;
        if (utf8 || !dicom::uses_character_set(element->vr)) continue;
        ISO_TRY(utf8, is_utf8_text(*place));
    }
    if (utf8) dicom::force_utf8(set);
    return {};
}

/// Whether the parts are UTF-8 beyond ASCII, which says of itself that it is no other character set.
Result<bool> MetadataStore::is_utf8_text(Place& place) {
    if (place.utf8) return *place.utf8;
    bool beyond_ascii = false;
    for (const BulkPart* part : place.parts) {
        Utf8Check check;
        const auto source = spool_.open(part->range);
        std::vector<std::byte> buffer(kTextBytes);
        for (;;) {
            ISO_TRY(const std::size_t n, source->read(buffer));
            if (n == 0) break;
            check.write(as_text(ByteView(buffer).first(n)));
        }
        if (!check.is_well_formed()) return *(place.utf8 = false);
        beyond_ascii = beyond_ascii || check.is_beyond_ascii();
    }
    return *(place.utf8 = beyond_ascii);
}

std::vector<PartFailure> MetadataStore::unused_parts() {
    for (const auto& [location, place] : places_) {
        if (!place.used) continue;
        for (BulkPart* part : place.parts)
            part->used = true;
    }
    std::vector<PartFailure> failures;
    for (const BulkPart& part : bulk_) {
        if (!part.used)
            failures.push_back(
                {archive::StoreFailure::not_understood, part.number, "no metadata refers to this bulk data"});
    }
    return failures;
}

/// Compressed frames are one part each: as many as the data set says, where it says so.
Status MetadataStore::count_frames(const dicom::DataSet& set) {
    const dicom::Element* pixels = set.find(dicom::tags::PixelData);
    const auto described = set.integer(dicom::tags::NumberOfFrames);
    if (pixels == nullptr || pixels->bulk_uri.empty() || !described) return {};
    ISO_TRY(const Place* const place, place_of(pixels->bulk_uri));
    const std::vector<BulkPart*>& parts = place->parts;
    const bool own_frames = archive::is_picture_type(parts.front()->type.essence());
    if (own_frames || parts.front()->type.type != "image" ||
        *described == static_cast<std::int64_t>(parts.size()))
        return {};
    return fail(ErrorCode::malformed_dicom, "NumberOfFrames is not the number of parts of pixel data");
}

std::optional<dicom::ImageHeader> MetadataStore::image_header(const BulkPart& part) const {
    const bool video = part.type.type == "video";
    if (!video && part.type.type != "image") return std::nullopt;
    const std::uint64_t length = std::min(part.range.length, kMaxImageHeaderBytes);
    const auto bytes = read_all(*spool_.open({part.range.offset, length}), kMaxImageHeaderBytes);
    if (!bytes) return std::nullopt;
    auto header = video ? dicom::read_video_header(part.type.essence(), as_bytes(*bytes))
                        : dicom::read_image_header(as_bytes(*bytes));
    return header ? std::optional(*header) : std::nullopt;
}

/// The syntax of the object: that of its top-level pixel data, whose description is completed.
Result<std::string> MetadataStore::syntax_of_pixels(dicom::DataSet& set) {
    const dicom::Element* pixels = set.find(dicom::tags::PixelData);
    if (pixels == nullptr || pixels->bulk_uri.empty()) return std::string(dicom::kExplicitVrLittleEndian);
    ISO_TRY(const Place* const place, place_of(pixels->bulk_uri));
    const std::vector<BulkPart*>& parts = place->parts;
    const bool pictures = std::ranges::any_of(
        parts, [](const BulkPart* part) { return archive::is_picture_type(part->type.essence()); });
    if (pictures) {
        ISO_CHECK(transform_pictures(set, parts));
        return std::string(dicom::kExplicitVrLittleEndian);
    }
    const auto header = image_header(*parts.front());
    auto syntax = syntax_of(parts.front()->type, header);
    if (!syntax || !is_writable(*syntax))
        return fail(ErrorCode::unsupported, "the transfer syntax of a bulk data part is not known");
    if (header) dicom::describe_pixels(set, *header, parts.size());
    return *std::move(syntax);
}

/// GIF and PNG are no DICOM: their pixels are stored, uncompressed (PS3.18 table 10.5.2-1).
Status MetadataStore::transform_pictures(dicom::DataSet& set, const std::vector<BulkPart*>& parts) {
    SpoolSink sink(spool_, max_instance_bytes_);
    std::optional<dicom::ImageHeader> first;
    std::uint64_t frames = 0;
    for (const BulkPart* part : parts) {
        const auto stream = spool_.open(part->range);
        ISO_TRY(const dicom::ImageHeader header,
                archive::decode_picture(part->type.essence(), *stream, sink));
        if (first && !same_pixels(*first, header))
            return fail(ErrorCode::malformed_dicom, "the pictures of an object are of several kinds");
        first = header;
        frames += header.frames;
    }
    const auto described = set.integer(dicom::tags::NumberOfFrames);
    if (described && *described != static_cast<std::int64_t>(frames))
        return fail(ErrorCode::malformed_dicom, "NumberOfFrames is not the number of pictures");
    dicom::redescribe_pixels(set, *first, frames);
    pictures_uri_ = set.find(dicom::tags::PixelData)->bulk_uri;
    native_pixels_ = sink.range();
    return {};
}

Result<std::vector<std::unique_ptr<ByteSource>>> MetadataStore::sources_of(const dicom::Element& element) {
    std::vector<std::unique_ptr<ByteSource>> sources;
    if (element.bulk_uri == pictures_uri_) {
        sources.push_back(spool_.open(native_pixels_));
        return sources;
    }
    ISO_TRY(const Place* const place, place_of(element.bulk_uri));
    for (const BulkPart* part : place->parts)
        sources.push_back(spool_.open(part->range));
    return sources;
}

void MetadataStore::store_one(dicom::Salvaged& described, std::uint64_t part, archive::StoreBatch& batch) {
    using archive::StoreFailure;
    dicom::DataSet& set = described.data_set;
    pictures_uri_.clear();
    batch.begin_instance(part);
    if (const Status& read = described.status; !read)
        return batch.fail_instance(StoreFailure::not_understood, read.error().message, set);
    if (discard_foreign_groups(set)) batch.mark_discarded();
    Status found = mark_places(set);
    if (found) found = count_frames(set);
    if (!found) return batch.fail_instance(StoreFailure::not_understood, found.error().message, set);
    if (batch.refuse_unidentified(set)) return;
    const auto syntax = syntax_of_pixels(set);
    if (!syntax) return batch.fail_instance(failure_of(syntax.error()), syntax.error().message, set);
    const dicom::BulkProvider bulk = [this](const dicom::Element& element) { return sources_of(element); };
    BatchSink sink(batch, max_instance_bytes_);
    if (const auto written = dicom::write_part10({}, set, *syntax, bulk, sink); !written) {
        const bool too_large = sink.is_over_limit();
        return batch.fail_instance(too_large ? StoreFailure::out_of_resources : StoreFailure::not_understood,
                                   written.error().message, set);
    }
    batch.end_instance();
}

Result<std::vector<PartFailure>> MetadataStore::finish(archive::StoreBatch& batch, const Reserve& reserve,
                                                       const std::stop_token& abandoned) {
    std::vector<PartFailure> failures;
    Status readable;
    place_parts();
    for (const TextPart& part : metadata_) {
        auto sets = read(part, reserve);
        if (!sets) {
            failures.push_back(
                {failure_of(sets.error()), part.number, sets.error().message, sets.error().detail});
            if (readable) readable = std::move(sets).error();
            continue;
        }
        for (dicom::Salvaged& described : *sets) {
            if (abandoned.stop_requested())
                return fail(ErrorCode::cancelled, "The request was given up while it was stored.");
            store_one(described, part.number, batch);
        }
    }
    // Gives back only: what failed above is told whatever comes of it.
    static_cast<void>(reserve(0));
    if (batch.instances() == 0) {
        ISO_CHECK(readable);
        if (!cut_) return fail(ErrorCode::invalid_request, "The request holds no metadata.");
    }
    std::ranges::move(unused_parts(), std::back_inserter(failures));
    return failures;
}

}  // namespace isocenter::api
