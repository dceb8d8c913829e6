#include "base/bytes.h"

#include <algorithm>
#include <cstring>
#include <vector>

namespace isocenter {
namespace {

constexpr std::size_t kCopyBufferBytes = 256 * 1024;

class StringSource final : public ByteSource {
  public:
    explicit StringSource(std::string text) : text_(std::move(text)) {}

    Result<std::size_t> read(MutableBytes into) override {
        const std::size_t n = std::min(into.size(), text_.size() - position_);
        if (n != 0) std::memcpy(into.data(), text_.data() + position_, n);
        position_ += n;
        return n;
    }
    std::optional<std::uint64_t> remaining() const override { return text_.size() - position_; }

  private:
    std::string text_;
    std::size_t position_ = 0;
};

}  // namespace

std::unique_ptr<ByteSource> make_string_source(std::string text) {
    return std::make_unique<StringSource>(std::move(text));
}

Result<std::string> read_all(ByteSource& source, std::uint64_t limit) {
    std::string text;
    std::vector<std::byte> buffer(kCopyBufferBytes);
    for (;;) {
        ISO_TRY(const std::size_t n, source.read(buffer));
        if (n == 0) return text;
        if (n > limit - text.size()) return fail(ErrorCode::too_large, "more bytes than allowed here");
        text.append(as_text(ByteView(buffer).first(n)));
    }
}

Status ByteSink::take(std::unique_ptr<ByteSource> source) {
    ISO_TRY([[maybe_unused]] const std::uint64_t copied, copy_all(*source, *this));
    return {};
}

Result<std::uint64_t> copy_all(ByteSource& source, ByteSink& sink) {
    std::vector<std::byte> buffer(kCopyBufferBytes);
    std::uint64_t total = 0;
    for (;;) {
        ISO_TRY(const std::size_t n, source.read(buffer));
        if (n == 0) return total;
        ISO_CHECK(sink.write(ByteView(buffer).first(n)));
        total += n;
    }
}

}  // namespace isocenter
