#pragma once

#include "base/bytes.h"

namespace isocenter::blob {

/// A part of an open file.
class SliceSource final : public ByteSource {
  public:
    SliceSource(std::shared_ptr<const int> descriptor, ByteRange range)
        : slice_{std::move(descriptor), range} {}
    Result<std::size_t> read(MutableBytes into) override;
    std::optional<std::uint64_t> remaining() const override { return slice_.range.length; }
    std::optional<FileSlice> as_file_slice() const override { return slice_; }

  private:
    FileSlice slice_;
};

}  // namespace isocenter::blob
