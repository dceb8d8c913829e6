#include <algorithm>

#include "archive/core.h"
#include "archive/values.h"

namespace isocenter::archive {

Result<std::unique_ptr<ByteSource>> Archive::open_bulk(const Location& location, std::string_view path) {
    const auto& bulk = location.layout.bulk;
    const auto found = std::find_if(bulk.begin(), bulk.end(),
                                    [&](const dicom::BulkValue& value) { return value.path == path; });
    if (found == bulk.end()) return fail(ErrorCode::not_found, "the instance has no such bulk value");
    if (found->encapsulated) {
        return fail(ErrorCode::unsupported, "encapsulated pixel data is retrieved by frames");
    }
    return open_value(state_->core.blobs, location, found->range, found->range, swap_unit(found->vr));
}

}  // namespace isocenter::archive
