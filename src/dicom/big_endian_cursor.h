#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string_view>

#include "base/bytes.h"

namespace isocenter::dicom {

/// Big endian numbers from bytes whose end may come at any time: then they are 0 and `failed` is set.
class BigEndianCursor {
  public:
    explicit BigEndianCursor(ByteView bytes) : bytes_(bytes) {}

    std::uint64_t number(std::size_t width) {
        if (width > bytes_.size()) {
            failed_ = true;
            bytes_ = {};
            return 0;
        }
        std::uint64_t value = 0;
        for (std::size_t i = 0; i < width; ++i)
            value = value << 8U | std::to_integer<std::uint64_t>(bytes_[i]);
        bytes_ = bytes_.subspan(width);
        return value;
    }
    std::uint8_t u8() { return static_cast<std::uint8_t>(number(1)); }
    std::uint16_t u16() { return static_cast<std::uint16_t>(number(2)); }
    std::uint32_t u32() { return static_cast<std::uint32_t>(number(4)); }
    /// The next `length` bytes on their own.
    BigEndianCursor take(std::uint64_t length) {
        if (length > bytes_.size()) {
            failed_ = true;
            length = bytes_.size();
        }
        const BigEndianCursor taken(bytes_.first(static_cast<std::size_t>(length)));
        bytes_ = bytes_.subspan(static_cast<std::size_t>(length));
        return taken;
    }
    ByteView bytes() const { return bytes_; }
    std::string_view rest() const { return as_text(bytes_); }
    bool failed() const { return failed_; }

  private:
    ByteView bytes_;
    bool failed_ = false;
};

/// A box of the file formats of JPEG 2000 and JPEG XL (T.800 annex I): length:4 type:4 [length:8 when 1].
struct ImageBox {
    std::uint32_t type = 0;
    BigEndianCursor content;  ///< what there is of it, when the bytes end before it does
};

/// The box that `in` begins with, which is taken from it; `in` has failed when there is none.
inline ImageBox next_box(BigEndianCursor& in) {
    std::uint64_t length = in.u32();
    std::uint64_t head = 8;
    const std::uint32_t type = in.u32();
    if (length == 1) {
        length = in.number(8);
        head = 16;
    }
    // 0: up to the end of the file.
    if (length == 0) length = std::numeric_limits<std::uint64_t>::max();
    return {type, in.take(length < head ? 0 : length - head)};
}

}  // namespace isocenter::dicom
