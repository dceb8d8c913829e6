#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <stop_token>
#include <string>

#include "base/result.h"

namespace isocenter::fhir {

/// Gives bearer tokens. Thread-safe. No error text holds a secret or a token.
class TokenSource {
  public:
    virtual ~TokenSource() = default;
    /// A token to send now. `unavailable` when none can be had, `cancelled` when the process stops.
    virtual Result<std::string> token() = 0;
    /// A server refused `token`: it is not given again without asking for a new one.
    virtual void discard(const std::string& token) = 0;
};

/// Seconds since 1970-01-01T00:00:00Z, as JWTs count.
using UnixClock = std::function<std::int64_t()>;
std::int64_t unix_now();

/// Waits that long; false when the process stops meanwhile.
using Pause = std::function<bool(std::chrono::seconds)>;
Pause pause_until(std::stop_token stop);

/// Whether `token` may stand in a header.
bool is_token(const std::string& token);

}  // namespace isocenter::fhir
