// Any bytes as a picture: PNG and GIF give as many pixels as their header says or an error; the headers of
// compressed images and videos are read within their bounds.
#include "codec/picture.h"
#include "dicom/video_header.h"
#include "support.h"

namespace {

using namespace isocenter;
using fuzz::require;

constexpr std::uint64_t kMostPixels = 1U << 20U;

class Counter final : public ByteSink {
  public:
    Status write(ByteView bytes) override {
        count += bytes.size();
        if (count > kMostPixels) return fail(ErrorCode::too_large, "enough");
        return {};
    }
    std::uint64_t count = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const std::string bytes(fuzz::text_of(data + 1, size - 1));
    if (data[0] % 3 == 2) {
        constexpr std::string_view kVideos[] = {"video/mpeg", "video/mp4", "video/h265"};
        const unsigned kind = data[0] / 3U % 4U;
        const auto header = kind == 0 ? dicom::read_image_header(as_bytes(bytes))
                                      : dicom::read_video_header(kVideos[kind - 1], as_bytes(bytes));
        require(!header || (header->rows > 0 && header->columns > 0 && header->bits_stored <= 32));
        return 0;
    }
    // The size of the screen alone would take the time of a run; what it does is a unit test.
    if (data[0] % 3 == 1 && bytes.size() > 10 && (bytes[7] != 0 || bytes[9] != 0)) return 0;
    const auto stream = make_string_source(bytes);
    Counter pixels;
    const auto header =
        data[0] % 3 == 0 ? codec::decode_png(*stream, pixels) : codec::decode_gif(*stream, pixels);
    if (!header) return 0;
    const std::uint64_t sample_bytes = header->bits_stored / 8U;
    require(sample_bytes == 1 || sample_bytes == 2);
    require(pixels.count == std::uint64_t{header->frames} * header->rows * header->columns *
                                header->samples_per_pixel * sample_bytes);
    return 0;
}
