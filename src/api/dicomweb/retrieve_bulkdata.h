#pragma once

#include <vector>

#include "api/face.h"

namespace isocenter::api {

enum class BulkScope {
    all,         ///< every value that the metadata gives by link
    pixel_data,  ///< top-level pixel data only
};
/// The bulk values of the records as multipart parts (PS3.18 10.4.3.3.5 and 10.4.3.3.6); `not_found` when
/// there is none.
Result<http::Response> retrieve_bulk_of(const Face& face, const http::Request& request,
                                        const std::vector<index::InstanceRecord>& records, BulkScope scope);

}  // namespace isocenter::api
