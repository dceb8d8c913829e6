#pragma once

#include "codec/frame_codec.h"

namespace isocenter::codec {

/// RLE Lossless (PS3.5 annex G). Bits Allocated 1 (packed, eight pixels a byte), 8, 16, 24, 32, 64; others
/// are `unsupported`. Works in the frame's own memory; a frame that claims to be larger than its bytes can
/// unpack to is `corrupt` before anything is allocated.
class RleCodec final : public FrameCodec {
  public:
    Result<std::string> decode(ByteView frame, const FrameShape& shape) const override;
    Status probe(ByteView beginning, std::uint64_t frame_bytes, const FrameShape& shape) const override;
};

/// Whether a frame of that size and shape may begin with `beginning` (FrameCodec::kProbeBytes or more): every
/// field of the header is as PS3.5 G.5 has it. For data that do not name their syntax.
bool begins_like_rle(ByteView beginning, std::uint64_t frame_bytes, const FrameShape& shape);

}  // namespace isocenter::codec
