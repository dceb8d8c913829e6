#include <algorithm>
#include <utility>

#include "archive/core.h"
#include "archive/values.h"

namespace isocenter::archive {

Result<std::unique_ptr<ByteSource>> Archive::open_bulk(const Location& location, std::string_view path) {
    const auto& bulk = location.layout.bulk;
    const auto found = std::find_if(bulk.begin(), bulk.end(),
                                    [&](const dicom::BulkValue& value) { return value.path == path; });
    if (found == bulk.end()) return fail(ErrorCode::not_found, "the instance has no such bulk value");
    blob::BlobStore& blobs = state_->core.blobs;
    const unsigned unit = found->encapsulated ? 1 : swap_unit(found->vr);
    ISO_TRY(auto items,
            unless_removed(location.record, open_value(blobs, location, found->range, found->range, unit)));
    if (!found->encapsulated) return items;
    return make_fragments_source(std::move(items), location.layout.big_endian);
}

}  // namespace isocenter::archive
