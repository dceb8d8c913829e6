#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"

namespace isocenter::http {

enum class Coding { gzip, zstd };
std::string_view to_string(Coding coding);

/// The coding that an Accept-Encoding header likes best, zstd before gzip on a tie; nothing when it wants
/// neither (RFC 9110 12.5.3).
std::optional<Coding> choose_coding(std::string_view accept_encoding);

/// Compresses what is written to it. Not thread-safe.
class Encoder {
  public:
    virtual ~Encoder() = default;
    /// Appends to `out` what is ready; `last` ends the stream.
    virtual void encode(ByteView bytes, bool last, std::string& out) = 0;
};
std::unique_ptr<Encoder> make_encoder(Coding coding);

/// The bytes of `source`, compressed while they are read. Its length is not known.
std::unique_ptr<ByteSource> make_compressing_source(Coding coding, std::unique_ptr<ByteSource> source);

/// Undoes gzip (RFC 1952, several members too) on bytes that arrive in pieces. Not thread-safe.
class Gunzip {
  public:
    Gunzip();
    ~Gunzip();
    Gunzip(const Gunzip&) = delete;
    Gunzip& operator=(const Gunzip&) = delete;
    /// Passes the decoded bytes to `sink` in pieces of bounded size. `invalid_request` when they are no gzip.
    Status write(ByteView bytes, ByteSink& sink);
    /// True when the bytes so far are whole gzip members.
    bool complete() const;

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace isocenter::http
