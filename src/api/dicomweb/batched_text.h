#pragma once

#include <algorithm>
#include <cstring>
#include <string>

#include "base/bytes.h"

namespace isocenter::api {

/// Text that is made batch by batch as the client reads: only one batch is in memory.
class BatchedText : public ByteSource {
  public:
    Result<std::size_t> read(MutableBytes into) final {
        while (sent_ == text_.size()) {
            if (ended_) return std::size_t{0};
            text_.clear();
            sent_ = 0;
            ISO_TRY(ended_, next(text_));
        }
        const std::size_t n = std::min(into.size(), text_.size() - sent_);
        std::memcpy(into.data(), text_.data() + sent_, n);
        sent_ += n;
        return n;
    }

  private:
    /// Appends the next batch to `text`; true when it is the last one.
    virtual Result<bool> next(std::string& text) = 0;

    std::string text_;
    std::size_t sent_ = 0;
    bool ended_ = false;
};

}  // namespace isocenter::api
