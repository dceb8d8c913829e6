#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "http/message.h"

namespace isocenter::http {

/// Receives the parts of a multipart body as they arrive.
class MultipartHandler {
  public:
    virtual ~MultipartHandler() = default;
    virtual Status on_part_begin(const Headers& headers) = 0;
    virtual Status on_part_data(ByteView bytes) = 0;
    virtual Status on_part_end() = 0;
    /// In the place of on_part_begin: the part's headers cannot be read (`why`: `invalid_request`). What of
    /// the part follows comes as on_part_data. An error ends the reading.
    virtual Status on_part_unreadable(const Error& why) = 0;
};

/// Push parser of multipart/related bodies (RFC 2046 5.1): any cutting of the bytes gives the same calls.
/// Accepts a preamble, a first boundary with or without CRLF before it, LF-only line ends, blanks after a
/// boundary, an epilogue. Bounds part headers (16 KiB) and the number of parts. A part whose headers cannot
/// be read hides no part behind it. Not thread-safe.
class MultipartReader {
  public:
    MultipartReader(std::string boundary, MultipartHandler& handler, std::uint64_t max_parts = 100'000);
    /// An error of the handler, or `invalid_request` when the framing is broken.
    Status write(ByteView bytes);
    /// What stood at the end of the body.
    enum class End {
        complete,     ///< the closing boundary was seen
        in_part,      ///< the body broke off inside a part: its on_part_end was not called
        in_boundary,  ///< broke off inside the boundary line after a part, all of which has been given; its
                      ///< on_part_end was not called either
        between,      ///< broke off in headers or between parts
        no_boundary   ///< no boundary was ever seen
    };
    End finish() const;
    std::uint64_t parts() const { return parts_; }

  private:
    enum class Phase { preamble, after_boundary, headers, data, epilogue };
    Status scan(std::string_view& bytes);
    Status emit(std::string_view data);
    Status emit_before_delimiter(std::string_view data);
    void hold_back(std::string_view bytes);
    Status after_boundary(std::string_view& bytes);
    Status not_a_boundary();
    Status read_headers(std::string_view& bytes);
    Status take_header_line(std::string_view line);
    Status begin_unreadable(std::string_view why, bool at_line_end);
    void enter_data(Phase phase);
    bool began_boundary() const;

    const std::string boundary_;  ///< LF "--" boundary; a CR before it belongs to it
    MultipartHandler& handler_;
    const std::uint64_t max_parts_;
    std::uint64_t parts_ = 0;
    Phase phase_ = Phase::preamble;
    /// What may be the beginning of a boundary (data, preamble) or is an unfinished line (other phases).
    std::string held_;
    std::size_t phantom_ = 0;  ///< bytes at the front of held_ that stand for a line end that was read before
    bool cr_ = false;          ///< the boundary just seen had a CR before it
    bool seen_boundary_ = false;
    bool part_open_ = false;
    Headers headers_;
    std::size_t header_bytes_ = 0;
};

}  // namespace isocenter::http
