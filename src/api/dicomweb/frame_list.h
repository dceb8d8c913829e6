#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace isocenter::api {

/// Reads `3,1,2`: positive decimal numbers in the order asked, repeats kept (standard-face.md 3.3,
/// dicomweb.md 5.3). `invalid_request` otherwise.
Result<std::vector<std::uint32_t>> parse_frame_list(std::string_view text);

}  // namespace isocenter::api
