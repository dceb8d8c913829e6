#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "api/dicomweb/failure_reason.h"
#include "api/dicomweb/spool.h"
#include "archive/store.h"
#include "base/memory_budget.h"
#include "dicom/data_set.h"
#include "dicom/image_header.h"
#include "dicom/salvaged.h"
#include "http/media_type.h"

namespace isocenter::api {

/// Collects a store request made of metadata and bulk data (PS3.18 10.5.1.4, 8.6.1.2): the parts may come in
/// any order, so bulk values wait in a temporary file. Used by one thread at a time.
class MetadataStore {
  public:
    /// `request_uri`: what relative links and locations are resolved against, and what they may be below.
    /// Bulk values wait in `spool`. `max_instance_bytes`: of an object as it is stored; 0: no limit.
    MetadataStore(std::string_view request_uri, Spool spool, std::uint64_t max_instance_bytes);

    enum class Kind { json, xml, bulk };
    /// A part begins, the one of that number; `location` is its Content-Location.
    void begin_part(Kind kind, std::uint64_t number, const http::MediaType& type, std::string_view location);
    /// `too_large` past the bounds, `unavailable` when the disk fails.
    Status write(ByteView bytes);
    /// Forgets the part under way, in which the body broke off; there need not be metadata then.
    void drop_part();
    /// The text of the metadata.
    std::uint64_t held_bytes() const { return metadata_bytes_; }

    /// Builds the objects and gives them to `batch`; those that cannot be built as failed. `reserve` is asked
    /// before a metadata part is read, for what that takes beside held_bytes, and told 0 in the end. The
    /// failures are metadata parts that cannot be read, or find no memory, and bulk parts that nothing refers
    /// to. Their error, or `invalid_request`, when that leaves the batch without any instance; `cancelled`
    /// when `abandoned` was requested before the last object: one part can describe any number.
    Result<std::vector<PartFailure>> finish(archive::StoreBatch& batch, const Reserve& reserve,
                                            const std::stop_token& abandoned);

  private:
    struct BulkPart {
        std::uint64_t number;
        std::string uri;
        http::MediaType type;
        ByteRange range;
        bool used = false;
    };
    struct TextPart {
        std::uint64_t number;
        Kind kind;
        std::string text;
    };
    /// What is at one location, and below it as its frames.
    struct Place {
        /// In the order received, or of the frames' numbers; many links may share them.
        std::vector<BulkPart*> parts;
        std::map<std::size_t, BulkPart*> frames;
        bool ill_named = false;      ///< a frame has no number, or that of another
        bool incomplete = false;     ///< the frames are no row, or there is a whole beside them
        bool used = false;           ///< an instance refers to it
        std::optional<bool> utf8{};  ///< the parts are text in UTF-8 beyond ASCII; nothing: not looked at
    };
    static std::uint64_t reading_bytes(const TextPart& part);
    static Result<std::vector<dicom::Salvaged>> read(const TextPart& part, const Reserve& reserve);
    void store_one(dicom::Salvaged& described, std::uint64_t part, archive::StoreBatch& batch);
    Result<std::string> syntax_of_pixels(dicom::DataSet& set);
    std::optional<dicom::ImageHeader> image_header(const BulkPart& part) const;
    Status transform_pictures(dicom::DataSet& set, const std::vector<BulkPart*>& parts);
    Result<std::vector<std::unique_ptr<ByteSource>>> sources_of(const dicom::Element& element);
    void place_parts();
    Result<Place*> place_of(std::string_view uri);
    Status mark_places(dicom::DataSet& set);
    Result<bool> is_utf8_text(Place& place);
    std::vector<PartFailure> unused_parts();
    Status count_frames(const dicom::DataSet& set);
    std::string absolute(std::string_view uri) const;
    std::string below_request(std::string_view uri) const;

    std::string request_uri_;
    Spool spool_;
    std::uint64_t max_instance_bytes_;
    Kind kind_ = Kind::json;
    std::vector<TextPart> metadata_;
    std::uint64_t metadata_bytes_ = 0;
    bool cut_ = false;
    std::vector<BulkPart> bulk_;
    std::unordered_map<std::string, Place> places_;  ///< of `bulk_`, by absolute references
    /// The same by what relative references mean below the request URI; keys of `places_`.
    std::unordered_map<std::string, std::string> below_;
    /// Of the object under way: the link to pictures, and the pixels that they became.
    std::string pictures_uri_;
    ByteRange native_pixels_;
};

}  // namespace isocenter::api
