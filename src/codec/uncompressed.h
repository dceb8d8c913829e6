#pragma once

#include "codec/frame_codec.h"

namespace isocenter::codec {

/// Encapsulated Uncompressed Explicit VR Little Endian (PS3.5 A.4.11): a frame is its native bytes, padded to
/// even length. One of another size than its shape says is `unsupported`. Where pixels share their colours
/// (YBR_FULL_422) the shape has the two samples that are there of each.
class UncompressedCodec final : public FrameCodec {
  public:
    Result<std::string> decode(ByteView frame, const FrameShape& shape) const override;
    Status probe(ByteView beginning, std::uint64_t frame_bytes, const FrameShape& shape) const override;
};

}  // namespace isocenter::codec
