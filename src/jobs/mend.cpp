#include "jobs/mend.h"

#include <algorithm>
#include <iterator>

#include "jobs/names.h"

namespace isocenter::jobs {
namespace {

constexpr std::size_t kBatch = 256;

bool casts_doubt(const Finding& finding) {
    return finding.kind == Finding::Kind::missing_object || finding.kind == Finding::Kind::index_inconsistent;
}

Result<std::vector<BlobKey>> all_unreferenced(blob::BlobStore& blobs, index::RecordScan& records) {
    std::vector<BlobKey> found;
    BlobKey after;
    for (;;) {
        ISO_TRY(const auto keys, blobs.list(after, kBatch));
        if (keys.empty()) break;
        after = keys.back();
        ISO_TRY(const auto orphans, records.unreferenced(keys));
        found.insert(found.end(), orphans.begin(), orphans.end());
    }
    if (found.empty()) return found;
    return records.unreferenced_by_walk(found);
}

}  // namespace

Result<RemovedObjects> remove_unreferenced(
    blob::BlobStore& blobs, const index::Database& database, const std::vector<Finding>& findings,
    const std::function<void(const BlobKey& blob, std::uint64_t bytes)>& on_removed) {
    ISO_TRY(const index::Totals totals, database.index->totals());
    if (totals.instances == 0)
        return fail(ErrorCode::conflict,
                    "the index has no records, it may have been lost: no object is removed");
    if (std::ranges::any_of(findings, casts_doubt))
        return fail(ErrorCode::conflict, "records without objects, or a damaged index: no object is removed");
    ISO_TRY(const auto orphans, all_unreferenced(blobs, *database.records));
    RemovedObjects removed;
    for (const BlobKey& key : orphans) {
        ISO_TRY(const std::uint64_t bytes, blobs.size(key));
        ISO_CHECK(blobs.remove(key));
        ++removed.objects;
        removed.bytes += bytes;
        on_removed(key, bytes);
    }
    return removed;
}

Result<RewrittenRows> rewrite_rows(const index::Database& database, const std::vector<Finding>& findings,
                                   const std::function<void(const RewrittenRow&)>& on_rewritten) {
    RewrittenRows done;
    const index::EntityKey* last = nullptr;
    std::vector<dicom::Tag> changed;
    for (const Finding& finding : findings) {
        if (finding.kind != Finding::Kind::wrong_value) continue;
        // The findings of one row follow each other.
        if (last == nullptr || *last != finding.entity) {
            last = &finding.entity;
            ISO_TRY(changed, database.records->rewrite(finding.entity));
            if (!changed.empty()) {
                RewrittenRow row{name_of(finding.entity), {}};
                std::ranges::transform(changed, std::back_inserter(row.attributes),
                                       [](dicom::Tag tag) { return name_of(tag); });
                ++done.rows;
                on_rewritten(row);
            }
        }
        if (std::ranges::find(changed, finding.attribute) != changed.end()) ++done.findings;
    }
    return done;
}

}  // namespace isocenter::jobs
