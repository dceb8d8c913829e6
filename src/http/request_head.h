#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "http/message.h"

namespace isocenter::http {

/// A request line with its fields, and what they say about the connection.
struct RequestHead {
    Request request;
    bool http_1_0 = false;
    bool keep_alive = true;
    bool chunked = false;           ///< the body comes in chunks (RFC 9112 7.1)
    bool expects_continue = false;  ///< the sender waits for `100 Continue`
};

struct HeadLimits {
    std::size_t max_target_bytes = 64 * 1024;
    std::size_t max_header_bytes = 64 * 1024;  ///< of the fields, without the request line
};

struct HeadOutcome {
    enum class Kind { incomplete, complete, refused };
    Kind kind = Kind::incomplete;
    std::size_t consumed = 0;  ///< of `bytes`, when complete
    unsigned status = 0;       ///< 400, 414, 417, 431, 501 or 505, when refused
    std::string_view message;  ///< what is wrong, when refused; lives for ever
};

/// Reads one request head (RFC 9112 2-6) from the front of `bytes`. Strict where leniency would let two
/// readers of the same bytes see different requests: line ends are CRLF, no folding, no blanks before ':',
/// one Host, Content-Length digits only and never together with Transfer-Encoding. The authority of a target
/// in absolute-form takes the place of Host (RFC 9112 3.2.2). Of a refused head `out` holds what could be
/// read, for the answer's sake.
HeadOutcome parse_request_head(std::string_view bytes, const HeadLimits& limits, RequestHead& out);

/// Takes the middle out of a request line that is too long, whether it has ended or not: its answer needs the
/// fields behind it, and of the line its beginning and its end. What is left is still too long. The number of
/// bytes taken; 0 when the line is not that long.
std::size_t shorten_line(std::string& bytes, const HeadLimits& limits);

}  // namespace isocenter::http
