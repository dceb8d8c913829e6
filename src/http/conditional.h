#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "base/bytes.h"
#include "http/message.h"

namespace isocenter::http {

/// True when If-None-Match says that the client has `etag` already: answer 304 (RFC 9110 13.1.2). The
/// comparison is weak; `*` matches; tags without quotes, which some clients send, are understood.
/// `etag` is written with its quotes.
bool if_none_match(const Request& request, std::string_view etag);

/// What to send of a representation.
struct WholeRange {};          ///< no usable Range: 200
struct UnsatisfiableRange {};  ///< 416 with `Content-Range: bytes */n`
using RangeDecision = std::variant<WholeRange, ByteRange, UnsatisfiableRange>;

/// Decides about Range and If-Range (RFC 9110 13.1.5, 14.2) for a GET or HEAD of a representation of `size`
/// bytes. One range is honoured; several, other units and ill-formed ones give the whole. If-Range must equal
/// a strong `etag`; a date never matches.
RangeDecision decide_range(const Request& request, std::uint64_t size, std::string_view etag);

/// `bytes 0-9/100`, and for an unsatisfiable range `bytes */100`.
std::string content_range(const ByteRange& range, std::uint64_t size);
std::string unsatisfied_content_range(std::uint64_t size);

}  // namespace isocenter::http
