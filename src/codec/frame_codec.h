#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/bytes.h"

namespace isocenter::codec {

/// What a codec must know of a frame (PS3.3 C.7.6.3).
struct FrameShape {
    std::uint32_t rows = 0;
    std::uint32_t columns = 0;
    std::uint32_t samples_per_pixel = 1;
    std::uint32_t bits_allocated = 8;
    std::uint32_t planar_configuration = 0;  ///< wanted of the decoded frame
    std::uint64_t frame_bytes() const {
        const std::uint64_t values = std::uint64_t{rows} * columns * samples_per_pixel;
        return bits_allocated == 1 ? (values + 7) / 8 : values * ((bits_allocated + 7) / 8);
    }
    /// Of pixels alone, without what fills the last byte.
    std::uint64_t frame_bits() const {
        return std::uint64_t{rows} * columns * samples_per_pixel * bits_allocated;
    }
};

/// Turns one frame of a transfer syntax into native little endian bytes. Stateless, thread-safe.
class FrameCodec {
  public:
    virtual ~FrameCodec() = default;
    /// `frame`: the fragments of one frame joined. `corrupt` when the bytes are not what the syntax says.
    virtual Result<std::string> decode(ByteView frame, const FrameShape& shape) const = 0;
    /// Whether a frame of `frame_bytes` that begins with `beginning` (kProbeBytes, fewer of a shorter frame)
    /// can be of that shape, as far as that shows without decoding: `corrupt` or `unsupported`.
    static constexpr std::size_t kProbeBytes = 64;
    virtual Status probe(ByteView beginning, std::uint64_t frame_bytes, const FrameShape& shape) const = 0;
};

/// The codec that decodes `transfer_syntax`, or nullptr. One row per syntax in registry.cpp.
const FrameCodec* find_decoder(std::string_view transfer_syntax);

}  // namespace isocenter::codec
