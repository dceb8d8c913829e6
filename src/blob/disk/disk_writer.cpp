#include "blob/disk/disk_writer.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <system_error>
#include <utility>

namespace isocenter::blob {
namespace {

constexpr std::size_t kGatherBytes = 64 * 1024;
// Two windows at most are dirty: a large upload must not make the syncfs of others wait for all of it.
constexpr std::uint64_t kWindowBytes = 4ULL << 20U;

Error failed_write(int error) {
    return fail(ErrorCode::unavailable,
                error == ENOSPC || error == EDQUOT ? "the store is full" : "the store cannot be written",
                std::generic_category().message(error));
}

}  // namespace

Result<std::unique_ptr<DiskWriter>> DiskWriter::open(BlobKey key, std::string temporary_path,
                                                     DescriptorCache& cache) {
    const int descriptor = open_path(temporary_path, O_CREAT | O_EXCL | O_WRONLY, 0640, cache);
    if (descriptor < 0) return failed_write(errno);
    return std::unique_ptr<DiskWriter>(new DiskWriter(std::move(key), std::move(temporary_path), descriptor));
}

DiskWriter::~DiskWriter() {
    if (descriptor_ >= 0) ::close(descriptor_);
    if (!renamed_) ::unlink(path_.c_str());
}

Status DiskWriter::write(ByteView bytes) {
    if (failed_ || descriptor_ < 0) return fail(ErrorCode::unavailable, "the store cannot be written");
    if (pending_.size() + bytes.size() < kGatherBytes) {
        pending_.insert(pending_.end(), bytes.begin(), bytes.end());
        return {};
    }
    if (!pending_.empty()) {
        ISO_CHECK(flush(pending_));
        pending_.clear();
    }
    if (bytes.size() < kGatherBytes) {
        pending_.assign(bytes.begin(), bytes.end());
        return {};
    }
    return flush(bytes);
}

Status DiskWriter::complete() {
    if (failed_) return fail(ErrorCode::unavailable, "the store cannot be written");
    if (!pending_.empty()) {
        ISO_CHECK(flush(pending_));
        pending_.clear();
        pending_.shrink_to_fit();
    }
    if (descriptor_ < 0) return {};
    if (started_ < written_) start_write_back();
    const int result = ::close(std::exchange(descriptor_, -1));
    if (result != 0) {
        failed_ = true;
        return failed_write(errno);
    }
    return {};
}

Status DiskWriter::flush(ByteView bytes) {
    while (!bytes.empty()) {
        const ssize_t n = ::pwrite(descriptor_, bytes.data(), bytes.size(), static_cast<off_t>(written_));
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) {
            failed_ = true;
            return failed_write(n == 0 ? ENOSPC : errno);
        }
        written_ += static_cast<std::uint64_t>(n);
        bytes = bytes.subspan(static_cast<std::size_t>(n));
    }
    if (written_ - started_ >= kWindowBytes) start_write_back();
    return {};
}

// sync_file_range only advises here: commit makes durable and reports errors, so its result does not matter.
void DiskWriter::start_write_back() {
    if (started_ >= kWindowBytes) {
        ::sync_file_range(descriptor_, 0, static_cast<off_t>(started_),
                          SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER);
    }
    ::sync_file_range(descriptor_, static_cast<off_t>(started_), static_cast<off_t>(written_ - started_),
                      SYNC_FILE_RANGE_WRITE);
    started_ = written_;
}

Status DiskWriter::rename_to(const std::string& path) {
    if (::rename(path_.c_str(), path.c_str()) != 0) return failed_write(errno);
    renamed_ = true;
    return {};
}

}  // namespace isocenter::blob
