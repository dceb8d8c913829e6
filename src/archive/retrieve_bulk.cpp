#include <utility>

#include "archive/core.h"
#include "archive/values.h"

namespace isocenter::archive {

Result<std::unique_ptr<ByteSource>> Archive::open_bulk(const Location& location,
                                                       const dicom::BulkValue& value) {
    blob::BlobStore& blobs = state_->core.blobs;
    const unsigned unit = value.encapsulated ? 1 : swap_unit(value.vr);
    ISO_TRY(auto items,
            unless_removed(location.record, open_value(blobs, location, value.range, value.range, unit)));
    if (!value.encapsulated) return items;
    return make_fragments_source(std::move(items), location.layout.big_endian);
}

}  // namespace isocenter::archive
