#include "dicom/inflating_source.h"

#include <zlib.h>

#include <algorithm>
#include <stdexcept>
#include <vector>

namespace isocenter::dicom {
namespace {

constexpr std::size_t kInputBytes = 64 * 1024;
constexpr std::size_t kMaxOutputBytes = 1U << 30U;  // of one call: zlib counts in 32 bits

class InflatingSource final : public ByteSource {
  public:
    explicit InflatingSource(std::unique_ptr<ByteSource> deflated)
        : deflated_(std::move(deflated)), input_(kInputBytes) {
        if (inflateInit2(&stream_, -MAX_WBITS) != Z_OK) throw std::runtime_error("zlib does not start");
    }
    ~InflatingSource() override { inflateEnd(&stream_); }
    InflatingSource(const InflatingSource&) = delete;
    InflatingSource& operator=(const InflatingSource&) = delete;

    Result<std::size_t> read(MutableBytes into) override {
        const auto wanted = static_cast<uInt>(std::min(into.size(), kMaxOutputBytes));
        stream_.next_out = reinterpret_cast<Bytef*>(into.data());
        stream_.avail_out = wanted;
        while (!ended_ && stream_.avail_out == wanted && wanted != 0) {
            if (stream_.avail_in == 0) ISO_CHECK(refill());
            const int outcome = inflate(&stream_, Z_NO_FLUSH);
            ended_ = outcome == Z_STREAM_END;
            if (outcome != Z_OK && !ended_) {
                return fail(ErrorCode::corrupt, "the deflated data set is damaged");
            }
        }
        return static_cast<std::size_t>(wanted - stream_.avail_out);
    }

  private:
    Status refill() {
        ISO_TRY(const std::size_t n, deflated_->read(input_));
        if (n == 0) return fail(ErrorCode::corrupt, "the deflated data set ends too soon");
        stream_.next_in = reinterpret_cast<Bytef*>(input_.data());
        stream_.avail_in = static_cast<uInt>(n);
        return {};
    }

    std::unique_ptr<ByteSource> deflated_;
    std::vector<std::byte> input_;
    z_stream stream_{};
    bool ended_ = false;
};

}  // namespace

std::unique_ptr<ByteSource> make_inflating_source(std::unique_ptr<ByteSource> deflated) {
    return std::make_unique<InflatingSource>(std::move(deflated));
}

}  // namespace isocenter::dicom
