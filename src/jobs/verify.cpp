#include "jobs/verify.h"

#include <algorithm>
#include <atomic>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <thread>

#include "dicom/json_writer.h"
#include "dicom/part10_reader.h"
#include "dicom/tags.h"
#include "dicom/value_rules.h"
#include "index/attribute_values.h"
#include "jobs/entity_values.h"
#include "jobs/names.h"

namespace isocenter::jobs {
namespace {

namespace tags = dicom::tags;

constexpr std::size_t kBatch = 256;
constexpr std::size_t kReadBytes = 256 * 1024;

std::string bare(const dicom::DataSet& data_set, dicom::Tag tag) {
    const dicom::Element* element = data_set.find(tag);
    return element == nullptr ? std::string() : std::string(dicom::bare_uid(element->bytes));
}

dicom::Query all_of(dicom::Level level, std::int64_t partition) {
    dicom::Query query;
    query.level = level;
    query.partition = partition;
    query.limit = UINT64_MAX;
    return query;
}

/// The first thing that the record has otherwise than its object, the metadata apart; empty: nothing.
std::string contradiction(const index::InstanceRecord& record, const dicom::Part10Object& object) {
    const dicom::DataSet& data_set = object.data_set;
    const index::EntityKey& key = record.key;
    if (bare(data_set, tags::StudyInstanceUID) != key.study.str() ||
        bare(data_set, tags::SeriesInstanceUID) != key.series.str() ||
        bare(data_set, tags::SOPInstanceUID) != key.instance.str())
        return "other UIDs";
    if (bare(data_set, tags::SOPClassUID) != record.sop_class_uid) return "another SOP class";
    if (object.transfer_syntax != record.transfer_syntax) return "another transfer syntax";
    // Named by themselves: such objects leave under a label that does not fit them.
    if (object.layout.foreign_pixels && !dicom::has_foreign_pixels(record.layout))
        return "no word of pixel data that contradict the transfer syntax";
    if (object.layout.mislabelled && !dicom::is_mislabelled(record.layout))
        return "no word of a data set that contradicts the transfer syntax";
    if (dicom::encode_layout(object.layout) != record.layout) return "other places of its values";
    return {};
}

/// What one pass over an object's bytes finds out.
struct Reread {
    Sha256 sha256{};
    std::uint64_t size = 0;
    Result<dicom::Part10Object> object = fail(ErrorCode::internal, "not read");
};

class Verification {
  public:
    Verification(blob::BlobStore& blobs, const index::Database& database, const VerifyOptions& options)
        : blobs_(blobs), database_(database), options_(options) {}

    Result<VerifyReport> run();

  private:
    Status check_records();
    Status check_batch(const std::vector<index::InstanceRecord>& records);
    Status check_record(const index::InstanceRecord& record);
    Status check_against(const index::InstanceRecord& record, const Reread& reread);
    void take_values(const index::InstanceRecord& record, const dicom::DataSet& data_set,
                     const std::vector<std::string>& hidden);
    Status check_instance_values(const std::vector<index::InstanceRecord>& records);
    Status check_values(EntityValues& expected, const dicom::Query& query);
    Status check_entity(const index::EntityKey& key, EntityValues& expected,
                        const std::vector<ValueContradiction>& contradictions);
    Status check_objects();
    Result<Reread> reread(const index::InstanceRecord& record, std::uint64_t size);
    Result<bool> still_there(const index::InstanceRecord& record);
    void add(Finding::Kind kind, const index::InstanceRecord& record, const std::string& detail);
    void add(Finding finding);
    bool cancelled() const { return options_.cancelled && options_.cancelled(); }

    blob::BlobStore& blobs_;
    index::Database database_;
    const VerifyOptions& options_;
    std::mutex mutex_;
    VerifyReport report_;
    // Of all records, but for instances: of one batch.
    EntityValues studies_{dicom::Level::study};
    EntityValues series_{dicom::Level::series};
    EntityValues instances_{dicom::Level::instance};
    std::set<std::int64_t> partitions_;
};

void Verification::add(Finding finding) {
    const std::lock_guard lock(mutex_);
    ++report_.problems;
    if (finding.kind == Finding::Kind::unreferenced_object) ++report_.unreferenced_objects;
    if (report_.findings.size() < options_.max_findings) report_.findings.push_back(std::move(finding));
}

void Verification::add(Finding::Kind kind, const index::InstanceRecord& record, const std::string& detail) {
    {
        const std::lock_guard lock(mutex_);
        for (EntityValues* values : {&studies_, &series_, &instances_})
            values->add_unread(record);
    }
    add(Finding{kind, record.id, record.blob, "instance " + record.key.instance.str() + ": " + detail});
}

Result<VerifyReport> Verification::run() {
    ISO_TRY(const auto contradictions, database_.records->check_consistency());
    for (const std::string& sentence : contradictions) {
        add(Finding{Finding::Kind::index_inconsistent, 0, {}, sentence});
    }
    ISO_CHECK(check_records());
    for (const std::int64_t partition : partitions_) {
        if (!report_.complete) break;
        ISO_CHECK(check_values(studies_, all_of(dicom::Level::study, partition)));
        ISO_CHECK(check_values(series_, all_of(dicom::Level::series, partition)));
    }
    ISO_CHECK(check_objects());
    return std::move(report_);
}

Status Verification::check_records() {
    std::int64_t after = 0;
    for (;;) {
        if (cancelled()) {
            report_.complete = false;
            return {};
        }
        ISO_TRY(const auto records, database_.records->scan(after, kBatch));
        if (records.empty()) return {};
        after = records.back().id;
        ISO_CHECK(check_batch(records));
        ISO_CHECK(check_instance_values(records));
        report_.records += records.size();
        if (options_.progress) options_.progress(report_.records);
    }
}

Status Verification::check_batch(const std::vector<index::InstanceRecord>& records) {
    std::atomic<std::size_t> next{0};
    std::mutex failure_mutex;
    std::optional<Error> failure;
    const auto work = [&] {
        for (std::size_t i = next++; i < records.size(); i = next++) {
            if (const Status status = check_record(records[i]); !status) {
                const std::lock_guard lock(failure_mutex);
                failure = status.error();
                return;
            }
        }
    };
    std::vector<std::thread> threads;
    for (unsigned t = 1; t < std::clamp(options_.threads, 1U, 64U); ++t)
        threads.emplace_back(work);
    work();
    for (std::thread& thread : threads)
        thread.join();
    if (failure) return *failure;
    return {};
}

Status Verification::check_record(const index::InstanceRecord& record) {
    const auto size = blobs_.size(record.blob);
    if (!size && size.error().code != ErrorCode::not_found) return size.error();
    if (!size) {
        ISO_TRY(const bool present, still_there(record));
        if (present) add(Finding::Kind::missing_object, record, "the object is missing");
        return {};
    }
    auto read = reread(record, *size);
    if (!read) {
        ISO_TRY(const bool present, still_there(record));
        if (present) add(Finding::Kind::unreadable, record, "the object cannot be read");
        return {};
    }
    {
        const std::lock_guard lock(mutex_);
        report_.bytes += read->size;
    }
    if (read->size != record.size_bytes) {
        add(Finding::Kind::wrong_size, record,
            std::to_string(read->size) + " bytes instead of " + std::to_string(record.size_bytes));
        return {};
    }
    if (read->sha256 != record.sha256) {
        add(Finding::Kind::wrong_digest, record, "the bytes are not those that were stored");
        return {};
    }
    return check_against(record, *read);
}

/// The record says which values were to stand in its metadata. A damaged layout shows when it is compared.
dicom::ReaderLimits limits_of(const index::InstanceRecord& record) {
    dicom::ReaderLimits limits;
    if (const auto layout = dicom::decode_layout(record.layout))
        limits.bulk_inline_bytes = layout->inline_bytes;
    return limits;
}

Result<Reread> Verification::reread(const index::InstanceRecord& record, std::uint64_t size) {
    ISO_TRY(auto source, blobs_.open(record.blob, {0, size}));
    Reread read;
    Sha256Stream hash;
    dicom::Part10Reader reader(limits_of(record));
    std::vector<std::byte> buffer(kReadBytes);
    for (;;) {
        ISO_TRY(const std::size_t n, source->read(buffer));
        if (n == 0) break;
        const ByteView bytes = ByteView(buffer).first(n);
        hash.write(bytes);
        read.size += n;
        // An error stays with the reader and comes back from finish.
        [[maybe_unused]] const Status status = reader.write(bytes);
    }
    read.sha256 = hash.finish();
    read.object = reader.finish();
    return read;
}

/// The first contradiction between the record and what its object says.
Status Verification::check_against(const index::InstanceRecord& record, const Reread& read) {
    if (!read.object) {
        add(Finding::Kind::no_longer_accepted, record,
            "the bytes are those that were stored, but a store would refuse them now (" +
                read.object.error().message + "); as stored they can still be retrieved");
        return {};
    }
    const dicom::DataSet& data_set = read.object->data_set;
    std::string wrong = contradiction(record, *read.object);
    if (wrong.empty()) {
        ISO_TRY(const auto batch, database_.index->documents({&record.id, 1}, UINT64_MAX));
        if (batch.documents.empty()) return {};
        const index::Document& document = batch.documents.front();
        if (document.json == dicom::to_json(data_set)) {
            take_values(record, data_set, document.hidden);
        } else {
            wrong = "other metadata";
        }
    }
    if (!wrong.empty()) add(Finding::Kind::wrong_record, record, "the record has " + wrong);
    return {};
}

void Verification::take_values(const index::InstanceRecord& record, const dicom::DataSet& data_set,
                               const std::vector<std::string>& hidden) {
    const auto values = index::row_values(data_set, hidden);
    const auto requests = index::request_items(data_set, hidden);
    const std::lock_guard lock(mutex_);
    for (EntityValues* each : {&studies_, &series_, &instances_})
        each->add(record, values, requests);
}

Status Verification::check_instance_values(const std::vector<index::InstanceRecord>& records) {
    std::map<std::int64_t, std::vector<std::string>> uids;
    for (const index::InstanceRecord& record : records)
        uids[record.key.partition].push_back(record.key.instance.str());
    for (auto& [partition, members] : uids) {
        partitions_.insert(partition);
        dicom::Query query = all_of(dicom::Level::instance, partition);
        query.matchers.push_back({tags::SOPInstanceUID, std::nullopt, dicom::MatchUid{std::move(members)}});
        ISO_CHECK(check_values(instances_, query));
    }
    instances_.clear();
    return {};
}

/// Holds the rows that the query finds against what the objects say.
Status Verification::check_values(EntityValues& expected, const dicom::Query& query) {
    std::vector<std::pair<index::EntityKey, std::vector<ValueContradiction>>> found;
    ISO_TRY([[maybe_unused]] const auto summary,
            database_.index->search(query, [&](index::SearchRow&& row) -> Status {
                auto contradictions = expected.compare(row);
                if (!contradictions.empty()) found.emplace_back(row.key, std::move(contradictions));
                return {};
            }));
    for (const auto& [key, contradictions] : found)
        ISO_CHECK(check_entity(key, expected, contradictions));
    return {};
}

/// Instances may have come or gone since their objects were read: then nothing is known of the entity.
Status Verification::check_entity(const index::EntityKey& key, EntityValues& expected,
                                  const std::vector<ValueContradiction>& contradictions) {
    ISO_TRY(const index::Revision now, database_.index->revision(key));
    if (!expected.is_current(key, now)) return {};
    for (const ValueContradiction& each : contradictions) {
        std::string detail =
            name_of(key) + ": the row has " + (each.in_row ? "a value of " : "no ") + name_of(each.tag);
        if (each.said_by == 0) {
            detail += " that no object has";
        } else {
            ISO_TRY(const auto records, database_.records->scan(each.said_by - 1, 1));
            const bool same = !records.empty() && records.front().id == each.said_by;
            detail += each.in_row ? ", the objects have another one" : ", the objects have one";
            if (same) detail += " (instance " + records.front().key.instance.str() + ")";
        }
        add(Finding{Finding::Kind::wrong_value, each.said_by, {}, std::move(detail), key, each.tag});
    }
    return {};
}

/// Whether the record exists now: an instance that was removed meanwhile is no problem.
Result<bool> Verification::still_there(const index::InstanceRecord& record) {
    ISO_TRY(const auto now, database_.records->scan(record.id - 1, 1));
    return !now.empty() && now.front().id == record.id && now.front().blob == record.blob;
}

Status Verification::check_objects() {
    BlobKey after;
    while (report_.complete) {
        if (cancelled()) report_.complete = false;
        ISO_TRY(const auto keys, blobs_.list(after, kBatch));
        if (keys.empty()) return {};
        after = keys.back();
        ISO_TRY(const auto orphans, database_.records->unreferenced(keys));
        for (const BlobKey& key : orphans) {
            // It may have been removed, with its record, since its folder was listed.
            if (const auto size = blobs_.size(key); !size && size.error().code == ErrorCode::not_found)
                continue;
            add(Finding{Finding::Kind::unreferenced_object, 0, key, "an object without a record"});
        }
    }
    return {};
}

}  // namespace

std::string_view to_string(Finding::Kind kind) {
    switch (kind) {
        case Finding::Kind::missing_object:
            return "missing_object";
        case Finding::Kind::wrong_size:
            return "wrong_size";
        case Finding::Kind::wrong_digest:
            return "wrong_digest";
        case Finding::Kind::unreadable:
            return "unreadable";
        case Finding::Kind::no_longer_accepted:
            return "no_longer_accepted";
        case Finding::Kind::wrong_record:
            return "wrong_record";
        case Finding::Kind::wrong_value:
            return "wrong_value";
        case Finding::Kind::index_inconsistent:
            return "index_inconsistent";
        case Finding::Kind::unreferenced_object:
            return "unreferenced_object";
    }
    return "unknown";
}

Result<VerifyReport> verify(blob::BlobStore& blobs, const index::Database& database,
                            const VerifyOptions& options) {
    return Verification(blobs, database, options).run();
}

}  // namespace isocenter::jobs
