#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "base/bytes.h"

namespace isocenter::api {

/// A temporary file without a name for bytes that must wait for others of the same request; gone with its
/// last source. Written by one thread at a time.
class Spool {
  public:
    /// At most `limit_bytes`; more is `too_large`. `folder` exists; empty: the system's folder for such
    /// files.
    Spool(std::uint64_t limit_bytes, std::string folder) : limit_(limit_bytes), folder_(std::move(folder)) {}
    /// `unavailable` when the disk does not take it. The file is made by the first write.
    Status write(ByteView bytes);
    std::uint64_t size() const { return size_; }
    /// What was written in `range`.
    std::unique_ptr<ByteSource> open(ByteRange range) const;

  private:
    std::uint64_t limit_;
    std::string folder_;
    std::uint64_t size_ = 0;
    std::shared_ptr<const int> descriptor_;
};

}  // namespace isocenter::api
