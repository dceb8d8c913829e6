#pragma once

#include <cstddef>
#include <cstdint>

#include "base/bytes.h"

namespace isocenter::dicom {

/// Which bit of a byte comes first.
enum class BitOrder { least_significant_first, most_significant_first };

/// Numbers of some bits from bytes whose end may come at any time: then they are 0, and failed() tells. A
/// number's bits are in the order of the bytes' bits. Does not own the bytes. Used by one thread.
template <BitOrder order>
class BitReader {
  public:
    explicit BitReader(ByteView bytes) : bytes_(bytes) {}

    /// `count` up to 32.
    std::uint32_t take(unsigned count) {
        std::uint32_t value = 0;
        for (unsigned i = 0; i < count; ++i, ++at_) {
            if (at_ / 8 >= bytes_.size()) {
                fail_here();
                return 0;
            }
            const auto byte = std::to_integer<std::uint32_t>(bytes_[at_ / 8]);
            if constexpr (order == BitOrder::least_significant_first) {
                value |= (byte >> at_ % 8 & 1U) << i;
            } else {
                value = value << 1U | (byte >> (7U - at_ % 8) & 1U);
            }
        }
        return value;
    }
    bool flag() { return take(1) != 0; }
    void to_whole_byte() { at_ = (at_ + 7) / 8 * 8; }
    void fail_here() { failed_ = true; }
    bool failed() const { return failed_; }

  private:
    ByteView bytes_;
    std::uint64_t at_ = 0;
    bool failed_ = false;
};

}  // namespace isocenter::dicom
