#include "app/data_folder.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace isocenter::app {
namespace {

std::string holder_of(int descriptor) {
    std::array<char, 32> text{};
    const ssize_t n = pread(descriptor, text.data(), text.size() - 1, 0);
    std::string holder(text.data(), n > 0 ? static_cast<std::size_t>(n) : 0U);
    while (!holder.empty() && holder.back() == '\n')
        holder.pop_back();
    return holder.empty() ? "unknown" : holder;
}

Status write_holder(int descriptor) {
    const std::string text = fmt::format("{}\n", getpid());
    // In this order, for a full disk would not give back the block that shortening frees.
    if (pwrite(descriptor, text.data(), text.size(), 0) != static_cast<ssize_t>(text.size()) ||
        ftruncate(descriptor, static_cast<off_t>(text.size())) != 0) {
        return fail(ErrorCode::unavailable,
                    fmt::format("the data folder cannot be written: {}", std::strerror(errno)));
    }
    return {};
}

}  // namespace

Result<DataFolder> DataFolder::open(const std::filesystem::path& path) {
    std::error_code error;
    std::filesystem::create_directories(path / "incoming", error);
    if (error)
        return fail(ErrorCode::unavailable,
                    fmt::format("{} cannot be made: {}", path.string(), error.message()));
    const std::filesystem::path lock_file = path / "LOCK";
    const int descriptor = ::open(lock_file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (descriptor < 0) {
        return fail(ErrorCode::unavailable,
                    fmt::format("{} cannot be written: {}", lock_file.string(), std::strerror(errno)));
    }
    const std::shared_ptr<const int> lock(new int(descriptor), [](const int* fd) {
        close(*fd);
        delete fd;
    });
    if (flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
        return fail(ErrorCode::conflict, fmt::format("{} is in use by another isocenter process (number {}); "
                                                     "stop it, or choose another folder with --data",
                                                     path.string(), holder_of(descriptor)));
    }
    ISO_CHECK(write_holder(descriptor));
    DataFolder folder;
    folder.path_ = std::filesystem::absolute(path);
    folder.lock_ = lock;
    return folder;
}

}  // namespace isocenter::app
