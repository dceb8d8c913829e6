#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/digest.h"
#include "base/result.h"
#include "base/strong_string.h"
#include "dicom/query.h"
#include "dicom/tag.h"

namespace isocenter::index {

/// The partition everything lives in while partitions are off ("Microsoft.Default").
inline constexpr std::int64_t kDefaultPartition = 1;
inline constexpr const char* kDefaultPartitionName = "Microsoft.Default";

/// A study, a series of it, or an instance of that: the UIDs after the first may be empty. UIDs are bare
/// (dicom::bare_uid).
struct EntityKey {
    std::int64_t partition = kDefaultPartition;
    StudyUid study;
    SeriesUid series;
    SopInstanceUid instance;
    friend bool operator==(const EntityKey&, const EntityKey&) = default;
};

/// An attribute value as text in UTF-8, trimmed; PN with its groups joined by '='. Of texts and names several
/// values may be joined by '\': the first one is compared.
using AttributeValues = std::vector<std::pair<dicom::Tag, std::string>>;

/// One item of RequestAttributesSequence.
struct RequestItem {
    std::string scheduled_procedure_step_id;
    std::string requested_procedure_id;
    friend bool operator==(const RequestItem&, const RequestItem&) = default;
};

/// What the index keeps of an instance, given in one piece when it is stored.
struct NewInstance {
    EntityKey key;
    /// Non-empty values of what records of all levels hold, any order; both as row_values and request_items
    /// read them from `document`, which is asked again when other instances go (attribute_values.h).
    AttributeValues attributes;
    std::vector<RequestItem> requests;
    std::string sop_class_uid;
    std::string transfer_syntax;
    std::uint32_t frames = 0;  ///< 0: no pixel data
    BlobKey blob;
    std::uint64_t size_bytes = 0;
    Sha256 sha256{};                  ///< of the stored bytes
    std::string document;             ///< DICOM JSON as dicom::append_json writes it
    std::vector<std::string> hidden;  ///< paths that the compatibility faces leave out of metadata
    std::string layout;               ///< dicom::encode_layout
    bool replace = false;             ///< an instance of these UIDs is replaced instead of refused
    BlobKey replaces;  ///< not empty: the same, only if its object is this one at the time of the addition
};

struct AddOutcome {
    bool created = false;  ///< false: an instance of these UIDs exists; nothing was changed
    std::int64_t version = 0;
    std::int64_t sequence = 0;     ///< of the feed entry
    bool in_other_series = false;  ///< created, and another series has an instance of this SOP Instance UID
};

/// A stored instance.
struct InstanceRecord {
    std::int64_t id = 0;       ///< of this record; never reused
    std::int64_t version = 0;  ///< rises with every stored version in the whole index
    EntityKey key;
    std::string sop_class_uid;
    std::string transfer_syntax;
    std::uint32_t frames = 0;
    BlobKey blob;
    std::uint64_t size_bytes = 0;
    Sha256 sha256{};
    std::string layout;  ///< encoded; only filled where asked for
};

/// Changes whenever an instance below the entity is added, removed or updated.
struct Revision {
    std::int64_t newest_version = 0;
    std::uint64_t instances = 0;  ///< 0: the entity does not exist now
    bool deleted = false;         ///< it does not exist, and the feed has its deletion on record
    /// Of the newest instance and of the last removal below the entity. Versions are counted: those of a
    /// database that began anew or was restored come again for other instances, this does not.
    std::string mark{};
};

/// The stored JSON of one instance.
struct Document {
    EntityKey key;
    std::int64_t version = 0;
    std::string json;
    std::vector<std::string> hidden;
};

/// Documents read together, as many as were allowed.
struct DocumentBatch {
    std::vector<Document> documents;
    std::size_t ids = 0;  ///< how many of the ids asked, from the first on, these are the documents of
    std::uint64_t next_bytes = 0;  ///< of the document that was too many; 0 when there was none
    std::size_t unreadable = 0;    ///< of these ids, documents that are there and cannot be read
};

/// One match. Values that are absent are not listed. Fields of levels above the query's are filled as well.
struct SearchRow {
    EntityKey key;
    AttributeValues study;
    AttributeValues series;
    AttributeValues instance;
    std::vector<std::string> modalities_in_study;   ///< in order of series creation
    std::vector<std::string> sop_classes_in_study;  ///< distinct, ascending
    std::uint64_t study_series = 0;
    std::uint64_t study_instances = 0;
    std::uint64_t series_instances = 0;
    std::vector<RequestItem> requests;  ///< of the series
    std::string transfer_syntax;        ///< instance level
    std::int64_t newest_record = 0;     ///< id of the newest instance's record, for Index::documents
    /// Of that instance, when Query::want_document.
    std::optional<Document> document;
};

struct SearchSummary {
    bool more = false;                   ///< there are matches after the last row
    std::optional<std::uint64_t> total;  ///< matches in all, when asked for, or when `more`
};

enum class Action { create, remove, update };
enum class State { current, replaced, deleted };

/// A change-feed entry; immutable but for `state`, which is computed when read.
struct Change {
    std::int64_t sequence = 0;  ///< from 1, without gaps, in commit order
    Ticks time = 0;             ///< never falls as the sequence rises
    std::string partition_name;
    EntityKey key;
    Action action = Action::create;
    State state = State::current;
    /// Of the live version, when there is one and it was asked for.
    std::optional<Document> document;
    /// Id of its record then, for Index::documents when ChangeQuery::document_bytes kept it out; else 0.
    std::int64_t live_record = 0;
};

struct ChangeQuery {
    /// Entries with `after < sequence <= up_to`, ascending; or, with `by_time`, `from <= time < until`
    /// ordered by time, then sequence. A window that does not end in the future is whole: what is being added
    /// while it is asked for is waited for.
    bool by_time = false;
    std::int64_t after = 0;
    std::int64_t up_to = INT64_MAX;
    Ticks from = 0;
    Ticks until = INT64_MAX;
    std::uint64_t offset = 0;
    std::uint64_t limit = 100;
    bool latest_only = false;  ///< just the newest entry, whatever else is set
    bool with_documents = true;
    /// Of JSON in all; the documents of the first entries come along, as many as fit.
    std::uint64_t document_bytes = UINT64_MAX;
};

struct Totals {
    std::uint64_t studies = 0;
    std::uint64_t series = 0;
    std::uint64_t instances = 0;
    std::uint64_t bytes = 0;
    std::int64_t newest_sequence = 0;
};

/// Finds things by attribute; owns transactions. Every function is one transaction; what it reports is
/// durable. Thread-safe: reads run beside each other and beside one writer. Errors: `unavailable` (database
/// failed), `corrupt`, and those named.
class Index {
  public:
    virtual ~Index() = default;
    /// All in one transaction with their feed entries; one outcome per instance in order. Two equal keys in
    /// one call count as if they came in two calls. Study and series attributes: the latest non-empty value
    /// wins, and what only a replaced instance had is gone.
    virtual Result<std::vector<AddOutcome>> add(std::span<const NewInstance> instances) = 0;
    /// Removes everything below the entity, with one feed entry per instance, and queues the blobs for
    /// removal; the number of instances. `not_found` when there is none. Study and series attributes become
    /// those of the instances that are left: the latest non-empty value of each. Done on a full disk, too, as
    /// far as the reserve goes.
    virtual Result<std::uint64_t> remove(const EntityKey& key) = 0;
    /// The instances below the entity by Series Number, Series UID, Instance Number, SOP Instance UID; empty
    /// when none.
    virtual Result<std::vector<InstanceRecord>> list(const EntityKey& key, bool with_layout) = 0;
    virtual Result<Revision> revision(const EntityKey& key) = 0;
    /// Documents of records by id, in the order asked; those gone meanwhile are left out, and those that
    /// cannot be read any more, which the log names, as in searches and the feed. At most 1,000 at a time,
    /// and `most_bytes` of JSON: none when the first has more.
    virtual Result<DocumentBatch> documents(std::span<const std::int64_t> ids, std::uint64_t most_bytes) = 0;
    /// Rows in the query's order, each pushed once; a sink that returns an error ends the search with it.
    /// Documents are read while rows are pushed: about a megabyte of them is held, or one that is larger.
    virtual Result<SearchSummary> search(const dicom::Query& query,
                                         const std::function<Status(SearchRow&&)>& sink) = 0;
    virtual Result<std::vector<Change>> changes(const ChangeQuery& query) = 0;
    virtual Result<Totals> totals() = 0;
    /// Commits a transaction that changes nothing: `unavailable` when the database takes no more. Waits for
    /// no writer: beside one that works it only reads.
    virtual Status check() = 0;
};

/// An instance among those of a study or series, in few bytes.
struct Member {
    std::int64_t record = 0;  ///< InstanceRecord::id
    std::uint64_t name = 0;   ///< of its series and instance UIDs: a record that replaces it has the same
};

/// Records read together, as many as memory should hold.
struct RecordBatch {
    std::vector<InstanceRecord> records;
    std::size_t ids = 0;  ///< how many of the ids asked, from the first on, these are the records of
};

/// The instances below an entity for answers that last: a list that takes little memory, and the records a
/// piece at a time.
class MemberIndex {
  public:
    virtual ~MemberIndex() = default;
    /// In the order of Index::list; empty when none.
    virtual Result<std::vector<Member>> members(const EntityKey& key) = 0;
    /// Records by id in the order asked; those gone are left out. At most 1,000 at a time, and with layouts
    /// no more than a megabyte of these, but one at least.
    virtual Result<RecordBatch> records(std::span<const std::int64_t> ids, bool with_layout) = 0;
};

/// Blobs whose instances are gone and which are still to be removed: filled by Index::remove and
/// replacements. On a full disk `done` and `postpone` have the reserve; `enqueue`, which follows a store that
/// failed, has not.
class RemovalQueue {
  public:
    virtual ~RemovalQueue() = default;
    /// For blobs that were committed but never indexed (a duplicate, a failed transaction).
    virtual Status enqueue(std::span<const BlobKey> keys) = 0;
    /// Up to `limit` keys due at `now`, oldest first.
    virtual Result<std::vector<BlobKey>> due(Ticks now, std::size_t limit) = 0;
    virtual Status done(std::span<const BlobKey> keys) = 0;
    /// Puts a key off to `not_before` after a failed attempt and counts the attempt.
    virtual Status postpone(const BlobKey& key, Ticks not_before) = 0;
    virtual Result<std::uint64_t> size() = 0;
};

/// Room for removals when the database's disk is full, which nothing else may take. Thread-safe.
class RemovalReserve {
  public:
    virtual ~RemovalReserve() = default;
    /// `unavailable` while stores must not write, to the objects' disk neither: it may be the same one. Never
    /// waits.
    virtual Status stores_may_write() const = 0;
    /// Takes what it lacks as far as there is room; to be called now and then, and when room was made.
    virtual void replenish() = 0;
};

/// Walks all records, for verification and clean-up.
class RecordScan {
  public:
    virtual ~RecordScan() = default;
    /// Up to `limit` records with id greater than `after`, ascending, with layout.
    virtual Result<std::vector<InstanceRecord>> scan(std::int64_t after, std::size_t limit) = 0;
    /// Those of `keys` that no record and no removal entry refers to, in their order. Quick, and no more true
    /// than the database's indexes are.
    virtual Result<std::vector<BlobKey>> unreferenced(std::span<const BlobKey> keys) = 0;
    /// The same for who removes them: reads every record and entry, once for all keys, whatever indexes say.
    virtual Result<std::vector<BlobKey>> unreferenced_by_walk(std::span<const BlobKey> keys) = 0;
    /// Contradictions inside the database itself: counts that do not add up, rows without parents, a feed
    /// with gaps, indexes that have not what their tables have; one sentence each.
    virtual Result<std::vector<std::string>> check_consistency() = 0;
    /// Makes the values by which this study, series or instance is found those of its instances' documents,
    /// as if they were stored anew; nothing else of it changes. The attributes that got another value (or
    /// none). `not_found`. A document that cannot be read says nothing: verify first.
    virtual Result<std::vector<dicom::Tag>> rewrite(const EntityKey& key) = 0;
};

}  // namespace isocenter::index
