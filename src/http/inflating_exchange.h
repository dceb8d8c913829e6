#pragma once

#include <cstdint>
#include <memory>

#include "http/exchange.h"

namespace isocenter::http {

/// Passes the body on to `inner` with gzip undone. More than `max_bytes` of decoded body fail with
/// `too_large`; 0: no limit.
std::unique_ptr<Exchange> make_inflating_exchange(std::unique_ptr<Exchange> inner, std::uint64_t max_bytes);

}  // namespace isocenter::http
