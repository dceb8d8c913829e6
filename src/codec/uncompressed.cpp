#include "codec/uncompressed.h"

namespace isocenter::codec {

Status UncompressedCodec::probe(ByteView, std::uint64_t frame_bytes, const FrameShape& shape) const {
    const std::uint64_t length = shape.frame_bytes();
    if (frame_bytes == length || frame_bytes == length + length % 2) return {};
    return fail(ErrorCode::unsupported, "an uncompressed frame has another size than its pixels need");
}

Result<std::string> UncompressedCodec::decode(ByteView frame, const FrameShape& shape) const {
    ISO_CHECK(probe(frame, frame.size(), shape));
    return std::string(as_text(frame.first(static_cast<std::size_t>(shape.frame_bytes()))));
}

}  // namespace isocenter::codec
