#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>

#include "base/bytes.h"

namespace isocenter {

/// A SHA-256 (FIPS 180-4).
using Sha256 = std::array<std::uint8_t, 32>;

/// Computes a SHA-256 over bytes that arrive in pieces. Not thread-safe.
class Sha256Stream {
  public:
    Sha256Stream();
    ~Sha256Stream();
    Sha256Stream(Sha256Stream&&) noexcept;
    Sha256Stream& operator=(Sha256Stream&&) noexcept;
    void write(ByteView bytes);
    /// The digest of all bytes written; the stream is of no further use.
    Sha256 finish();

  private:
    struct State;
    std::unique_ptr<State> state_;
};

Sha256 sha256(ByteView bytes);
/// Lower-case hexadecimal digits.
std::string to_hex(ByteView bytes);
inline std::string to_hex(const Sha256& digest) {
    return to_hex(std::as_bytes(std::span(digest)));
}

/// `count` random bytes from the operating system, as lower-case hexadecimal digits: unguessable names.
std::string random_hex(std::size_t count);

}  // namespace isocenter
