#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/bytes.h"

namespace isocenter::http {

enum class Method { get, head, post, put, delete_, options, patch, other };
std::string_view to_string(Method method);
/// The method of that exact name; `other` when there is none.
Method parse_method(std::string_view text);
/// The words that go with a status code on the status line.
std::string_view reason_phrase(unsigned status);

/// Header fields in the order they came or go out; names are compared without regard to case.
class Headers {
  public:
    void add(std::string name, std::string value) { fields_.emplace_back(std::move(name), std::move(value)); }
    /// Replaces every field of that name by one.
    void set(std::string_view name, std::string value);
    void remove(std::string_view name);
    /// Appends to the value of the field added last; there must be one.
    void extend_last(std::string_view text) { fields_.back().second += text; }
    /// The first field of that name, or an empty view; `has` tells an empty value from absence.
    std::string_view get(std::string_view name) const;
    bool has(std::string_view name) const;
    /// All fields of that name joined by ", " (RFC 9110 5.3).
    std::string joined(std::string_view name) const;
    const std::vector<std::pair<std::string, std::string>>& fields() const { return fields_; }

  private:
    std::vector<std::pair<std::string, std::string>> fields_;
};

/// What the client asked, without the body. Immutable once dispatched; may be read from any thread.
struct Request {
    Method method = Method::other;
    std::string target;  ///< as sent: path and query, undecoded
    std::string path;    ///< undecoded, without query
    std::string query;   ///< undecoded, without '?'
    Headers headers;
    std::string request_id;      ///< made by the server, or the client's X-Request-Id when it is well-formed
    std::string remote_address;  ///< peer's address without port
    bool tls = false;
    std::optional<std::uint64_t> content_length;  ///< nothing when there is no body or it is chunked
    bool has_body = false;
    /// `scheme://authority` as the client addressed us: configured public base, else Forwarded /
    /// X-Forwarded-* of a trusted proxy, else Host, which is the target's authority when it has one. Never
    /// ends in '/'.
    std::string base_url;
    /// Requested when nobody waits for the answer any more: the server gave the connection up to stop, or the
    /// peer has reset it. For work of many steps to look at between them.
    std::stop_token abandoned;
};

/// Nothing, text that is owned, or bytes that are pulled while sending (a source that is a file slice is sent
/// by the kernel on plain HTTP).
using Body = std::variant<std::monostate, std::string, std::unique_ptr<ByteSource>>;

struct Response {
    unsigned status = 200;
    Headers headers;
    Body body;
    /// Length of a source body when known; without it the body is sent chunked.
    std::optional<std::uint64_t> content_length;
};

/// A response with a body of text.
Response text_response(unsigned status, std::string_view content_type, std::string body);
/// A response without body.
Response empty_response(unsigned status);

}  // namespace isocenter::http
