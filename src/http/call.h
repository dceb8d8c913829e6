#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "http/message.h"
#include "http/router.h"

namespace isocenter::http {

/// One request on its way through the server, from its head to the last byte of its answer. Touched by one
/// thread at a time.
struct Call {
    Request request;
    Match match;
    std::chrono::steady_clock::time_point started = std::chrono::steady_clock::now();
    unsigned status = 0;          ///< of the answer; 0 when none was begun
    std::uint64_t bytes_in = 0;   ///< of the body
    std::uint64_t bytes_out = 0;  ///< head and body
    bool aborted = false;         ///< the client went away or the answer could not be completed

    /// What metrics and logs call the request: paths may hold identifiers, patterns do not.
    std::string_view label() const { return match.route == nullptr ? "unmatched" : match.pattern; }
};

}  // namespace isocenter::http
