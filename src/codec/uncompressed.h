#pragma once

#include "codec/frame_codec.h"

namespace isocenter::codec {

/// Encapsulated Uncompressed Explicit VR Little Endian (PS3.5 A.4.11): a frame is its native bytes, padded to
/// even length. One of another size than its description says is `unsupported`, as are pixels that share
/// their colours (YBR_FULL_422).
class UncompressedCodec final : public FrameCodec {
  public:
    Result<std::string> decode(ByteView frame, const FrameShape& shape) const override;
    Status probe(ByteView beginning, std::uint64_t frame_bytes, const FrameShape& shape) const override;
};

}  // namespace isocenter::codec
