#include "api/dicomweb/batched_text.h"

#include <algorithm>
#include <cstring>

namespace isocenter::api {
namespace {

/// What need not be charged to the memory of all requests.
constexpr std::size_t kShortBytes = 64 * 1024;

}  // namespace

Result<std::size_t> BatchedText::read(MutableBytes into) {
    while (sent_ == text_.size()) {
        if (ended_) return std::size_t{0};
        ISO_CHECK(begin());
    }
    const std::size_t n = std::min(into.size(), text_.size() - sent_);
    std::memcpy(into.data(), text_.data() + sent_, n);
    sent_ += n;
    return n;
}

std::optional<std::uint64_t> BatchedText::remaining() const {
    return ended_ ? std::optional<std::uint64_t>(text_.size() - sent_) : std::nullopt;
}

Status BatchedText::begin() {
    // A new string: the memory of a large batch goes before the next one is made.
    text_ = std::string();
    sent_ = 0;
    ISO_TRY(ended_, next(text_));
    return {};
}

std::optional<std::string> BatchedText::take_short() {
    if (!ended_ || sent_ != 0 || text_.size() > kShortBytes) return std::nullopt;
    return std::exchange(text_, {});
}

Status send_in_batches(http::Response& response, std::unique_ptr<BatchedText> text) {
    ISO_CHECK(text->begin());
    if (auto whole = text->take_short())
        response.body = *std::move(whole);
    else
        response.body = std::move(text);
    return {};
}

}  // namespace isocenter::api
