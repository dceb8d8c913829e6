#include "blob/disk/slice_source.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

namespace isocenter::blob {

Result<std::size_t> SliceSource::read(MutableBytes into) {
    ByteRange& range = slice_.range;
    const std::size_t wanted = std::min<std::uint64_t>(into.size(), range.length);
    if (wanted == 0) return std::size_t{0};
    ssize_t n = 0;
    do {
        n = ::pread(*slice_.descriptor, into.data(), wanted, static_cast<off_t>(range.offset));
    } while (n < 0 && errno == EINTR);
    if (n < 0) {
        return fail(ErrorCode::unavailable, "the store cannot be read",
                    std::generic_category().message(errno));
    }
    if (n == 0) return fail(ErrorCode::corrupt, "the stored object is shorter than it was");
    range.offset += static_cast<std::uint64_t>(n);
    range.length -= static_cast<std::uint64_t>(n);
    return static_cast<std::size_t>(n);
}

}  // namespace isocenter::blob
