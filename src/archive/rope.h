#pragma once

#include <deque>
#include <memory>
#include <string>

#include "base/bytes.h"

namespace isocenter::archive {

/// Keeps what is written and the sources that are given, for reading later in the same order: an answer of
/// small pieces of text around large values is never held whole.
class RopeSink final : public ByteSink {
  public:
    Status write(ByteView bytes) override;
    Status take(std::unique_ptr<ByteSource> source) override;
    /// Everything taken; the sink is empty afterwards.
    std::unique_ptr<ByteSource> release();

  private:
    void seal_text();
    std::string text_;
    std::deque<std::unique_ptr<ByteSource>> sources_;
};

}  // namespace isocenter::archive
