#include "archive/rope.h"

#include <utility>

namespace isocenter::archive {
namespace {

class RopeSource final : public ByteSource {
  public:
    explicit RopeSource(std::deque<std::unique_ptr<ByteSource>> sources) : sources_(std::move(sources)) {}
    Result<std::size_t> read(MutableBytes into) override {
        while (!into.empty() && !sources_.empty()) {
            ISO_TRY(const std::size_t n, sources_.front()->read(into));
            if (n != 0) return n;
            sources_.pop_front();
        }
        return std::size_t{0};
    }
    std::optional<std::uint64_t> remaining() const override {
        std::uint64_t total = 0;
        for (const auto& source : sources_) {
            const auto left = source->remaining();
            if (!left) return std::nullopt;
            total += *left;
        }
        return total;
    }

  private:
    std::deque<std::unique_ptr<ByteSource>> sources_;
};

}  // namespace

Status RopeSink::write(ByteView bytes) {
    text_.append(as_text(bytes));
    return {};
}

Status RopeSink::take(std::unique_ptr<ByteSource> source) {
    seal_text();
    sources_.push_back(std::move(source));
    return {};
}

void RopeSink::seal_text() {
    if (!text_.empty()) sources_.push_back(make_string_source(std::exchange(text_, {})));
}

std::unique_ptr<ByteSource> RopeSink::release() {
    seal_text();
    return std::make_unique<RopeSource>(std::exchange(sources_, {}));
}

}  // namespace isocenter::archive
