#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "blob/blob_store.h"
#include "index/registry.h"

namespace isocenter::jobs {

/// One problem.
struct Finding {
    enum class Kind {
        missing_object,       ///< a record's object is not there
        wrong_size,           ///< the object is shorter or longer than its record says
        wrong_digest,         ///< the object's bytes are not those that were stored
        unreadable,           ///< the object cannot be read
        no_longer_accepted,   ///< the object is as it was stored, but a store would refuse it now (cut off)
        wrong_record,         ///< the record says something else than the object
        wrong_value,          ///< a search finds by another value than the objects have
        index_inconsistent,   ///< the database contradicts itself
        unreferenced_object,  ///< an object without a record; harmless, the janitor removes it
    };
    Kind kind;
    std::int64_t record_id = 0;  ///< 0 when no record is concerned
    BlobKey blob;
    std::string detail;         ///< for people; UIDs and tags may appear, no other values of a patient
    index::EntityKey entity{};  ///< wrong_value: whose row it is
    dicom::Tag attribute{};     ///< wrong_value: which of its values
};

/// The kind's name as written above.
std::string_view to_string(Finding::Kind kind);

struct VerifyOptions {
    unsigned threads = 2;
    std::size_t max_findings = 10'000;  ///< more are counted only
    /// Called now and then, on any of the job's threads but never on two at once, with the records looked at.
    std::function<void(std::uint64_t records)> progress;
    /// Asked now and then; true ends the job early.
    std::function<bool()> cancelled;
};

struct VerifyReport {
    std::uint64_t records = 0;
    std::uint64_t bytes = 0;
    std::uint64_t problems = 0;
    std::uint64_t unreferenced_objects = 0;  ///< counted in `problems` too
    std::vector<Finding> findings;           ///< at most max_findings; by record within a batch in no order
    bool complete = true;                    ///< false after cancellation
};

/// Holds every record against its object (presence, size, SHA-256, and by reading it again: UIDs, transfer
/// syntax, layout, document), the values that searches use on all three levels against the objects', the
/// database against itself, and looks for objects without a record. Takes some hundred bytes of memory for
/// each study and series. Reads only; may run beside a serving archive, where instances that come and go
/// meanwhile are no findings. `unavailable` when the store or the database fails.
Result<VerifyReport> verify(blob::BlobStore& blobs, const index::Database& database,
                            const VerifyOptions& options);

}  // namespace isocenter::jobs
