#include "jobs/mend.h"

#include <algorithm>
#include <iterator>

#include "jobs/names.h"

namespace isocenter::jobs {
namespace {

constexpr std::size_t kBatch = 256;

}  // namespace

Result<RemovedObjects> remove_unreferenced(
    blob::BlobStore& blobs, const index::Database& database,
    const std::function<void(const BlobKey& blob, std::uint64_t bytes)>& on_removed) {
    ISO_TRY(const index::Totals totals, database.index->totals());
    if (totals.instances == 0)
        return fail(ErrorCode::conflict,
                    "the index has no records, it may have been lost: no object is removed");
    RemovedObjects removed;
    BlobKey after;
    for (;;) {
        ISO_TRY(const auto keys, blobs.list(after, kBatch));
        if (keys.empty()) return removed;
        after = keys.back();
        ISO_TRY(const auto orphans, database.records->unreferenced(keys));
        for (const BlobKey& key : orphans) {
            ISO_TRY(const std::uint64_t bytes, blobs.size(key));
            ISO_CHECK(blobs.remove(key));
            ++removed.objects;
            removed.bytes += bytes;
            on_removed(key, bytes);
        }
    }
}

Result<std::uint64_t> rewrite_rows(const index::Database& database, const std::vector<Finding>& findings,
                                   const std::function<void(const RewrittenRow&)>& on_rewritten) {
    std::uint64_t rows = 0;
    const index::EntityKey* last = nullptr;
    for (const Finding& finding : findings) {
        // The findings of one row follow each other.
        const bool done = last != nullptr && *last == finding.entity;
        if (finding.kind != Finding::Kind::wrong_value || done) continue;
        last = &finding.entity;
        ISO_TRY(const auto changed, database.records->rewrite(finding.entity));
        if (changed.empty()) continue;
        RewrittenRow row{name_of(finding.entity), {}};
        std::ranges::transform(changed, std::back_inserter(row.attributes),
                               [](dicom::Tag tag) { return name_of(tag); });
        ++rows;
        on_rewritten(row);
    }
    return rows;
}

}  // namespace isocenter::jobs
