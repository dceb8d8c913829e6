// Any bytes as what is packed: a gzip body, a deflated data set, a frame of RLE. The first two bytes choose
// the pieces, the next two the shape of the frame.
#include <array>

#include "codec/rle.h"
#include "dicom/inflating_source.h"
#include "http/content_coding.h"
#include "support.h"

namespace {

using namespace isocenter;
using fuzz::Cutter;
using fuzz::require;

constexpr std::size_t kMaxUnpacked = 1U << 20U;

class Unpacked final : public ByteSink {
  public:
    Status write(ByteView bytes) override {
        text += as_text(bytes);
        if (text.size() > kMaxUnpacked) return fail(ErrorCode::too_large, "enough");
        return {};
    }
    std::string text;
};

void gunzip(std::string_view bytes, Cutter cutter) {
    Unpacked whole;
    Unpacked pieces;
    http::Gunzip at_once;
    http::Gunzip arriving;
    const Status status = at_once.write(as_bytes(bytes), whole);
    Status later;
    while (!bytes.empty() && later)
        later = arriving.write(as_bytes(cutter.next(bytes)), pieces);
    require(status.ok() == later.ok());
    if (!status) return;
    require(whole.text == pieces.text && at_once.complete() == arriving.complete());
}

void inflate(std::string_view bytes) {
    const auto source = dicom::make_inflating_source(make_string_source(std::string(bytes)));
    (void)read_all(*source, kMaxUnpacked);
}

void unpack_frame(std::string_view bytes, std::uint8_t shape_byte, std::uint8_t size_byte) {
    constexpr std::array<std::uint32_t, 8> kBits = {1, 8, 16, 24, 32, 64, 12, 0};
    const codec::FrameShape shape{.rows = size_byte / 16U,
                                  .columns = size_byte % 16U,
                                  .samples_per_pixel = (shape_byte / 8U) % 5U,
                                  .bits_allocated = kBits[shape_byte % kBits.size()],
                                  .planar_configuration = shape_byte / 128U};
    const auto frame = codec::RleCodec().decode(as_bytes(bytes), shape);
    if (frame && shape.bits_allocated != 1) require(frame->size() == shape.frame_bytes());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 4) return 0;
    const std::string bytes(fuzz::text_of(data + 4, size - 4));
    gunzip(bytes, Cutter(data[0], data[1]));
    inflate(bytes);
    unpack_frame(bytes, data[2], data[3]);
    return 0;
}
