#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/metrics.h"
#include "blob/blob_store.h"
#include "dicom/frame_table.h"
#include "dicom/transfer_syntax.h"
#include "index/index.h"
#include "index/registry.h"

namespace isocenter::archive {

/// The message of `not_found` for an entity that does not exist.
inline constexpr std::string_view kNoSuchEntity = "no such study, series or instance";
/// The message of `changed`.
inline constexpr std::string_view kChangedMeanwhile =
    "Instances were removed or replaced while the answer was made.";

struct ArchiveOptions {
    /// A group of instances is committed at the latest when it has this many or this many bytes.
    std::size_t group_instances = 64;
    std::uint64_t group_bytes = 64ULL << 20U;
    std::size_t location_cache_entries = 100'000;
    /// Binary values up to this size are kept in the metadata, longer ones in the object only.
    std::uint64_t inline_bytes = dicom::kDefaultInlineBytes;
    /// Of an instance's metadata as JSON; whatever has more is not stored. Ordinary values of an object that
    /// dicom::ReaderLimits lets through stay below it, and the index reads twice as much.
    std::uint64_t max_document_bytes = 512ULL << 20U;
};

/// A stored instance with its decoded layout, shared by the location cache.
struct Location {
    index::InstanceRecord record;
    dicom::ObjectLayout layout;
};

/// Pixel description needed to decode frames, from the stored document.
struct PixelDescription {
    std::uint32_t rows = 0;
    std::uint32_t columns = 0;
    std::uint32_t samples_per_pixel = 1;
    std::uint32_t bits_allocated = 0;
    std::uint32_t planar_configuration = 0;
    std::string photometric_interpretation;
};

/// What the archive can do, the same for HTTP, DIMSE and tests. Thread-safe. Stores go through StoreBatch
/// (store.h).
class Archive {
  public:
    Archive(blob::BlobStore& blobs, const index::Database& database, ArchiveOptions options,
            Metrics& metrics);
    ~Archive();
    Archive(const Archive&) = delete;
    Archive& operator=(const Archive&) = delete;

    // --- locate
    /// One instance; `not_found`, or `gone` when its deletion is on record. Cached.
    Result<std::shared_ptr<const Location>> locate(const index::EntityKey& instance);
    /// All instances of a study or series in retrieve order (with layouts); `not_found` or `gone` when there
    /// are none.
    Result<std::vector<index::InstanceRecord>> list(const index::EntityKey& entity);
    /// The same in few bytes each, for answers that last as long as their client likes.
    Result<std::vector<index::Member>> members(const index::EntityKey& entity);
    /// As MemberIndex::records.
    Result<index::RecordBatch> records(std::span<const std::int64_t> record_ids, bool with_layout);
    /// `not_found`/`gone` when the entity does not exist.
    Result<index::Revision> revision(const index::EntityKey& entity);

    // --- retrieve: bytes
    // `corrupt` when the object is missing or shorter than the index says, `changed` when its record is gone.

    /// The stored bytes, or a range of them.
    Result<std::unique_ptr<ByteSource>> open_object(const index::InstanceRecord& record,
                                                    std::optional<ByteRange> range = {});
    /// The object with its data set in explicit VR little endian (from implicit, big endian or deflated):
    /// streamed, never held whole. Pixel data stay as they are, and `syntax` is theirs: the object's label.
    Result<std::unique_ptr<ByteSource>> open_as_explicit_little_endian(
        const Location& location, std::string_view syntax = dicom::kExplicitVrLittleEndian);
    /// The transfer syntax of the top-level pixel data: the object's, unless these contradict it
    /// (dicom::ObjectLayout::foreign_pixels). Then native ones are in Explicit VR Little Endian, and
    /// fragments in what the first of them says of itself; empty when it does not.
    Result<std::string> pixel_syntax(const Location& location);
    /// The object as explicit VR little endian with its pixel data decoded, frame by frame as they are read;
    /// the same of compressed icons inside. Errors as of check_decodable, and those of the first frame.
    Result<std::unique_ptr<ByteSource>> open_decoded(const Location& location);
    /// Whether open_decoded can do its work, as far as that shows without decoding: `not_acceptable` when
    /// there is no decoder or the frames are not what it needs, `too_large` when native pixel data would not
    /// fit into an element or a frame not into memory.
    Status check_decodable(const Location& location);
    /// Whether native pixel data of that many frames fit into an element (PS3.5 7.1.1: 4 GiB), as far as the
    /// object describes them.
    bool fits_uncompressed(const Location& location);
    /// Frame `number` (1-based) as stored: native bytes in little endian order, or the frame's fragments
    /// joined. `out_of_range` when there is no such frame, `not_found` without pixel data and when native
    /// ones end before the frame does, `unsupported` when frames cannot be told apart without decoding.
    Result<std::unique_ptr<ByteSource>> open_frame(const Location& location, std::uint32_t number);
    /// Frame `number` as native little endian pixels, decoded if need be; `not_acceptable` when there is no
    /// decoder, or none for pixels of that kind.
    Result<std::unique_ptr<ByteSource>> open_native_frame(const Location& location, std::uint32_t number);
    /// `value` of the location's layout: little endian; of encapsulated pixel data the fragments joined,
    /// which are one frame inside a sequence (PS3.3 C.7.6.1.1.6).
    Result<std::unique_ptr<ByteSource>> open_bulk(const Location& location, const dicom::BulkValue& value);
    /// Whether open_native_frame has a decoder for frames of that syntax.
    static bool can_decode(std::string_view transfer_syntax);
    Result<PixelDescription> pixel_description(const index::InstanceRecord& record);

    // --- metadata, search, feed, removal
    /// As Index::documents, but any number of them; all are in memory together.
    Result<std::vector<index::Document>> documents(std::span<const std::int64_t> record_ids);
    /// As Index::documents.
    Result<index::DocumentBatch> documents(std::span<const std::int64_t> record_ids,
                                           std::uint64_t most_bytes);
    Result<index::SearchSummary> search(const dicom::Query& query,
                                        const std::function<Status(index::SearchRow&&)>& sink);
    Result<std::vector<index::Change>> changes(const index::ChangeQuery& query);
    Result<std::uint64_t> remove(const index::EntityKey& entity);
    Result<index::Totals> totals();

    /// Calls `listener` after every commit that added feed entries, on the committing thread; it must not
    /// block. Register before use.
    void on_change(std::function<void()> listener);
    /// Whether store and index answer and can be written; for readiness.
    Status check();

  private:
    Error absence_of_document(const index::InstanceRecord& record);
    /// `opened`, or why the object could not be opened.
    Result<std::unique_ptr<ByteSource>> unless_removed(const index::InstanceRecord& record,
                                                       Result<std::unique_ptr<ByteSource>> opened);

    friend class StoreBatch;
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace isocenter::archive
