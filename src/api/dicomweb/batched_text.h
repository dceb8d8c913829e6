#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "base/bytes.h"
#include "http/message.h"

namespace isocenter::api {

/// Text that is made batch by batch as the client reads: only one batch is in memory.
class BatchedText : public ByteSource {
  public:
    Result<std::size_t> read(MutableBytes into) final;
    std::optional<std::uint64_t> remaining() const final;
    /// Makes the first batch, so that what fails there can still become an error answer.
    Status begin();
    /// All of the text, when the first batch is the last one and a short one. Nothing is left to read then.
    std::optional<std::string> take_short();

  private:
    /// Appends the next batch to `text`; true when it is the last one.
    virtual Result<bool> next(std::string& text) = 0;

    std::string text_;
    std::size_t sent_ = 0;
    bool ended_ = false;
};

/// Makes `text` the body: a short one whole. An error of its first batch leaves the response as it is.
Status send_in_batches(http::Response& response, std::unique_ptr<BatchedText> text);

}  // namespace isocenter::api
