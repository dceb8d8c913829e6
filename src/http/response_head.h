#pragma once

#include <cstdint>
#include <string>

#include "http/message.h"

namespace isocenter::http {

/// How the end of a response's body is told.
enum class Framing {
    none,         ///< the status has no body
    length,       ///< Content-Length
    chunked,      ///< HTTP/1.1, length unknown
    until_close,  ///< HTTP/1.0, length unknown
};

struct HeadOptions {
    Framing framing = Framing::length;
    std::uint64_t length = 0;
    bool keep_alive = true;
    bool http_1_0 = false;
};

/// Status line and fields up to the empty line. Fields about framing and connection come from `options` only;
/// control characters in values become blanks.
std::string write_response_head(const Response& response, const HeadOptions& options);

/// True when a response of this status never has a body (RFC 9110 6.4.1).
bool has_no_body(unsigned status);

}  // namespace isocenter::http
