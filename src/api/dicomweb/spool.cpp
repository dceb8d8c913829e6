#include "api/dicomweb/spool.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>

namespace isocenter::api {
namespace {

class SpoolSource : public ByteSource {
  public:
    SpoolSource(std::shared_ptr<const int> descriptor, ByteRange range)
        : descriptor_(std::move(descriptor)), range_(range) {}

    Result<std::size_t> read(MutableBytes into) override {
        const auto want = std::min<std::uint64_t>(range_.length, into.size());
        if (want == 0) return std::size_t{0};
        const ssize_t n = ::pread(*descriptor_, into.data(), want, static_cast<off_t>(range_.offset));
        if (n <= 0) return fail(ErrorCode::unavailable, "a temporary file cannot be read");
        range_.offset += static_cast<std::uint64_t>(n);
        range_.length -= static_cast<std::uint64_t>(n);
        return static_cast<std::size_t>(n);
    }
    std::optional<std::uint64_t> remaining() const override { return range_.length; }

  private:
    std::shared_ptr<const int> descriptor_;
    ByteRange range_;
};

std::shared_ptr<const int> make_file(const std::string& folder) {
    std::string name = (folder.empty() ? std::string(P_tmpdir) : folder) + "/isocenter-XXXXXX";
    const int descriptor = ::mkostemp(name.data(), O_CLOEXEC);
    if (descriptor < 0) return nullptr;
    ::unlink(name.c_str());
    return {new int(descriptor), [](const int* held) {
                ::close(*held);
                delete held;
            }};
}

}  // namespace

Status Spool::write(ByteView bytes) {
    if (bytes.size() > limit_ - size_)
        return fail(ErrorCode::too_large, "The bulk data of the request is too large.");
    if (!descriptor_) descriptor_ = make_file(folder_);
    if (!descriptor_) return fail(ErrorCode::unavailable, "No temporary file can be made.");
    while (!bytes.empty()) {
        const ssize_t n = ::pwrite(*descriptor_, bytes.data(), bytes.size(), static_cast<off_t>(size_));
        if (n <= 0) return fail(ErrorCode::unavailable, "A temporary file cannot be written.");
        size_ += static_cast<std::uint64_t>(n);
        bytes = bytes.subspan(static_cast<std::size_t>(n));
    }
    return {};
}

std::unique_ptr<ByteSource> Spool::open(ByteRange range) const {
    if (!descriptor_) return make_string_source({});
    return std::make_unique<SpoolSource>(descriptor_, range);
}

}  // namespace isocenter::api
