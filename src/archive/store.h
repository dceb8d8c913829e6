#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "archive/archive.h"
#include "base/bytes.h"
#include "base/memory_budget.h"
#include "dicom/part10_reader.h"
#include "dicom/value_rules.h"

namespace isocenter::archive {

/// How strictly instances are looked at before they are stored; a value of the face's profile.
enum class Validation {
    strict_indexed,  ///< v1: any invalid indexed attribute fails the instance
    lenient,  ///< v2: identifiers must be valid, anything else invalid is dropped from metadata and index,
              ///< with a warning
    strict_whole,  ///< v1 by setting: an invalid top-level attribute, or one inside of it, fails the instance
    lenient_whole,     ///< v2 by setting: such an attribute is dropped as a whole
    standard,          ///< /dicom-web: identifiers must be valid, the rest is stored as it is
    standard_checked,  ///< the same, and the outcome lists what else is invalid
};

enum class Duplicates {
    refuse,            ///< v1, v2: the same UIDs again are a failure
    accept_identical,  ///< the same bytes or data set again are success without change; different ones a
                       ///< failure
    keep,              ///< success, what is stored stays
    replace,           ///< success, the new one takes its place; identical bytes change nothing
};

struct StorePolicy {
    Validation validation = Validation::standard;
    Duplicates duplicates = Duplicates::accept_identical;
    std::optional<StudyUid> study;  ///< every instance must belong to it (bare UID)
    std::int64_t partition = index::kDefaultPartition;
    std::uint64_t max_instance_bytes = 0;  ///< 0: no limit
    /// Nothing is committed before finish, however much it is: a batch destroyed without it leaves nothing.
    bool commit_only_at_finish = false;
    /// Asked before the metadata of an instance are made: about what the instance takes beside
    /// StoreBatch::held_bytes. An error fails the instance. Empty: not asked.
    Reserve reserve = {};
};

/// Why an instance was not stored; each face has its code for it.
enum class StoreFailure {
    not_understood,     ///< not DICOM, truncated, empty part
    invalid_attribute,  ///< a mandatory identifier is missing or bad, or (v1) an indexed attribute is invalid
    other_study,        ///< belongs to another study than the URL
    duplicate,
    out_of_resources,    ///< disk full, part over the limit
    processing,          ///< store or index failed; try again
    unsupported_part,    ///< a part of a media type that cannot be stored
    unsupported_syntax,  ///< bulk data in a transfer syntax that is not known or cannot be kept
};

/// An instance can have a problem in each of millions of elements; more are not told.
inline constexpr std::size_t kMaxViolations = 1000;

/// What became of one instance. UIDs are as the data set has them (possibly invalid), empty when unreadable.
struct StoreOutcome {
    std::uint64_t part = 0;  ///< of the request; see StoreBatch::begin_instance
    std::string sop_class_uid;
    std::string sop_instance_uid;
    index::EntityKey key;  ///< bare UIDs, when stored
    std::optional<StoreFailure> failure;
    bool created = false;          ///< false with no failure: was there already
    bool in_other_series = false;  ///< index::AddOutcome::in_other_series
    bool implicit_vr = false;
    bool patient_id_missing = false;    ///< v2: stored with a warning
    bool elements_discarded = false;    ///< see StoreBatch::mark_discarded
    bool multi_valued_indexed = false;  ///< only the first value of an indexed attribute is used
    /// Failed or dropped attributes, in the order of dicomweb.md 4.5.3; no more than kMaxViolations.
    std::vector<dicom::Violation> violations;
    std::string message;  ///< of the failure, for people; nothing that the object holds
    std::string detail;   ///< of a failure of the server's own, for the log: Error::detail
    /// Of pixel data that hold fewer frames than Number of Frames says. The faces answer nothing of it
    /// (standard-face.md 4.3, dicomweb.md 4.5.3).
    struct ShortPixels {
        BlobKey blob;
        std::uint64_t frames = 0;
        std::uint64_t present = 0;
    };
    std::optional<ShortPixels> short_pixels;
};

/// The message of a failure, with the places of the first attributes that are to blame (dicom::Violation).
std::string message_with_places(const StoreOutcome& outcome);

/// The instances of one store request. Instances are given one after another and become durable together: at
/// the latest in finish, earlier in groups when they are many or large. One bad instance spoils no other.
/// Destroyed before finish: groups already committed stay, the rest leaves nothing. Used by one thread at a
/// time.
class StoreBatch {
  public:
    StoreBatch(Archive& archive, StorePolicy policy);
    ~StoreBatch();
    StoreBatch(const StoreBatch&) = delete;
    StoreBatch& operator=(const StoreBatch&) = delete;

    /// `part`: where in the request it comes from, for the outcome; the caller's own count.
    void begin_instance(std::uint64_t part = 0);
    /// A piece of a Part 10 object. Never fails the batch: what is wrong becomes the instance's outcome, and
    /// the rest of its bytes is ignored.
    void write(ByteView bytes);
    void end_instance();
    /// Ends the instance under way, or adds one, as failed.
    void fail_instance(StoreFailure failure, std::string message);
    /// The same of an instance that never became an object: `data_set` says which one it is.
    void fail_instance(StoreFailure failure, std::string message, const dicom::DataSet& data_set);
    /// Ends the instance under way as failed, before any of its bytes are given, when the identifiers of
    /// `data_set` would be its failure in the end; true when so. Spares the making of an object.
    bool refuse_unidentified(const dicom::DataSet& data_set);
    /// Forgets the instance under way: it leaves nothing, not even an outcome.
    void drop_instance();
    /// The instance under way was given without some of the elements that the client sent.
    void mark_discarded();
    /// Commits what is left; outcomes in the order of the instances. Blocks for disk and database.
    std::vector<StoreOutcome> finish();
    std::size_t instances() const;
    /// Of the instances that are not committed yet, without what their bytes on disk take.
    std::uint64_t held_bytes() const;

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace isocenter::archive
