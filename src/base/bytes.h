#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"

namespace isocenter {

using ByteView = std::span<const std::byte>;
using MutableBytes = std::span<std::byte>;

inline ByteView as_bytes(std::string_view text) {
    return {reinterpret_cast<const std::byte*>(text.data()), text.size()};
}
inline std::string_view as_text(ByteView bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// `length` bytes from `offset`, both counted from the first byte of the stored object.
struct ByteRange {
    std::uint64_t offset = 0;
    std::uint64_t length = 0;
    std::uint64_t end() const { return offset + length; }
    friend bool operator==(const ByteRange&, const ByteRange&) = default;
};

/// An open file and a part of it that can be sent by the kernel. Shared: whoever holds it keeps the
/// descriptor open.
struct FileSlice {
    std::shared_ptr<const int> descriptor;
    ByteRange range;
};

/// Bytes that are pulled, in order, once. Not thread-safe; may be moved between threads between calls.
class ByteSource {
  public:
    virtual ~ByteSource() = default;
    /// Fills a part of `into`; the number of bytes read, 0 only at the end (when `into` is not empty). May
    /// block on disk or network.
    virtual Result<std::size_t> read(MutableBytes into) = 0;
    /// Bytes left to read, when known before reading.
    virtual std::optional<std::uint64_t> remaining() const { return std::nullopt; }
    /// The rest as a slice of a local file, when that is what this source is; the source is not advanced.
    virtual std::optional<FileSlice> as_file_slice() const { return std::nullopt; }
};

/// Bytes that are pushed, in order.
class ByteSink {
  public:
    virtual ~ByteSink() = default;
    /// Takes all of `bytes` or fails; after a failure the sink is of no further use.
    virtual Status write(ByteView bytes) = 0;
    /// Takes everything that `source` still has: copied at once unless the sink can keep the source for
    /// later.
    virtual Status take(std::unique_ptr<ByteSource> source);
};

/// A source over a string it owns.
std::unique_ptr<ByteSource> make_string_source(std::string text);

/// Reads to the end, but fails with `too_large` past `limit` bytes.
Result<std::string> read_all(ByteSource& source, std::uint64_t limit);

/// Copies everything from `source` to `sink` through one buffer of 256 KiB; the number of bytes copied.
Result<std::uint64_t> copy_all(ByteSource& source, ByteSink& sink);

}  // namespace isocenter
