#include "index/sqlite/reserve.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

#include "base/log.h"

namespace isocenter::index::sqlite {
namespace {

constexpr std::uint64_t kLongestStepBytes = 1U << 20U;
constexpr std::uint64_t kShortestStepBytes = 4096;
constexpr std::uint64_t kBlockBytes = 512;  // of st_blocks, whatever the file system's are

class File {
  public:
    explicit File(const std::string& path)
        : descriptor_(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0640)) {}
    ~File() {
        if (descriptor_ >= 0) ::close(descriptor_);
    }
    File(const File&) = delete;
    File& operator=(const File&) = delete;
    int descriptor() const { return descriptor_; }

  private:
    int descriptor_;
};

/// What the file really holds: a copy of it, from a backup, may be nothing but a length.
std::uint64_t held_by(const std::string& path) {
    struct stat info {};
    if (::stat(path.c_str(), &info) != 0) return 0;
    const auto size = static_cast<std::uint64_t>(info.st_size);
    return static_cast<std::uint64_t>(info.st_blocks) * kBlockBytes >= size ? size : 0;
}

bool lacks_room(int error) {
    return error == ENOSPC || error == EDQUOT;
}

/// Adds to `held` until it is `bytes`, or there is no room left; the error that ended it, or 0. In steps, for
/// a file system may give nothing at all of what it cannot give whole.
int extend(int descriptor, std::uint64_t& held, std::uint64_t bytes) {
    std::uint64_t longest = kLongestStepBytes;
    while (held < bytes) {
        const std::uint64_t step = std::min(longest, bytes - held);
        const int error = ::posix_fallocate(descriptor, static_cast<off_t>(held), static_cast<off_t>(step));
        if (error == 0) {
            held += step;
        } else if (lacks_room(error) && longest > kShortestStepBytes) {
            longest /= 2;
        } else {
            return error;
        }
    }
    return 0;
}

}  // namespace

ReserveFile::ReserveFile(std::string path, std::uint64_t bytes) : path_(std::move(path)), bytes_(bytes) {
    if (bytes_ == 0) ::unlink(path_.c_str());
}

void ReserveFile::fill() {
    const std::lock_guard lock(mutex_);
    if (!given_up_) fill_locked();
}

void ReserveFile::fill_locked() {
    if (bytes_ == 0) return;
    std::uint64_t held = held_by(path_);
    int error = 0;
    if (held != bytes_) {
        const File file(path_);
        if (file.descriptor() < 0) {
            error = errno;
        } else {
            held = std::min(held, bytes_);
            error = extend(file.descriptor(), held, bytes_);
            // Also what a step that failed has left.
            if (::ftruncate(file.descriptor(), static_cast<off_t>(held)) != 0) error = errno;
        }
    }
    note(held, error);
    // A file system that cannot keep one for another reason must not make the archive useless.
    refuse_ = lacks_room(error) && held < bytes_ / 2;
}

/// Logs what is news: this is called every second.
void ReserveFile::note(std::uint64_t held, int error) {
    if (held == held_ && error == error_) return;
    const bool better = error == 0;
    if (better && error_ != 0) log_event(LogLevel::info, "index_reserve_whole", {{"bytes", held}});
    if (!better && error != error_) {
        log_event(LogLevel::warning, "index_reserve_short",
                  {{"bytes", held}, {"wanted", bytes_}, {"detail", std::generic_category().message(error)}});
    }
    held_ = held;
    error_ = error;
}

bool ReserveFile::give_up() {
    const std::lock_guard lock(mutex_);
    const std::uint64_t held = bytes_ == 0 ? 0 : held_by(path_);
    if (held == 0) return false;
    const File file(path_);
    if (file.descriptor() < 0) return false;
    given_up_ = true;
    refuse_ = true;
    // The sync, for a journal gives out no blocks again that a power cut could bring back.
    const bool given = ::ftruncate(file.descriptor(), 0) == 0 && ::fsync(file.descriptor()) == 0;
    log_event(LogLevel::warning, "index_reserve_used", {{"bytes", held}, {"given", given ? 1 : 0}});
    return true;
}

void ReserveFile::take_back() {
    const std::lock_guard lock(mutex_);
    given_up_ = false;
    fill_locked();
}

Status ReserveFile::stores_may_write() const {
    if (!refuse_.load(std::memory_order_relaxed)) return {};
    return fail(ErrorCode::unavailable, "the disk of the index is full; removals are still taken");
}

}  // namespace isocenter::index::sqlite
