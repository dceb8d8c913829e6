#pragma once

#include "base/error.h"

namespace isocenter::http {

/// The HTTP status that reports a failure, unless the resource knows a better one.
unsigned status_of(ErrorCode code);

}  // namespace isocenter::http
