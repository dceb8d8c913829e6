#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "blob/blob_store.h"
#include "index/registry.h"
#include "jobs/verify.h"

namespace isocenter::jobs {

struct RemovedObjects {
    std::uint64_t objects = 0;
    std::uint64_t bytes = 0;
};

/// Removes the objects that no record and no entry of the removal queue refers to, and tells of each. Only
/// for who has store and database for himself: a store under way has an object without a record for a moment.
/// Holds the keys of all of them in memory. Removes nothing, and says `conflict`, when such an object may be
/// the only copy of something: when there is no record at all, or when `findings`, all that a verification of
/// both has found, tell of a `missing_object` (a restored index refers to what was replaced since) or of an
/// `index_inconsistent`. `unavailable` when the store or the database fails.
Result<RemovedObjects> remove_unreferenced(
    blob::BlobStore& blobs, const index::Database& database, const std::vector<Finding>& findings,
    const std::function<void(const BlobKey& blob, std::uint64_t bytes)>& on_removed);

/// A row that got other values.
struct RewrittenRow {
    std::string entity;                   ///< `study 1.2.3`
    std::vector<std::string> attributes;  ///< keywords of what changed
};

struct RewrittenRows {
    std::uint64_t rows = 0;      ///< that changed
    std::uint64_t findings = 0;  ///< whose attribute got another value
};

/// Writes the rows that the findings call `wrong_value` anew from the documents of their instances, and tells
/// of each that changed; all else stays. Errors as index::RecordScan::rewrite has them.
Result<RewrittenRows> rewrite_rows(const index::Database& database, const std::vector<Finding>& findings,
                                   const std::function<void(const RewrittenRow&)>& on_rewritten);

}  // namespace isocenter::jobs
