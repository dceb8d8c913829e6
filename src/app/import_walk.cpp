#include "app/import_walk.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <set>
#include <utility>

namespace isocenter::app {
namespace {

namespace fs = std::filesystem;
using Kind = ImportResult::Kind;

std::string system_reason(int code) {
    return std::generic_category().message(code);
}

bool is_hidden(const fs::path& path) {
    return path.filename().native().starts_with('.');
}

class Walker {
  public:
    explicit Walker(bool hidden_folders) : hidden_folders_(hidden_folders) {}

    Status visit_root(const fs::path& given) {
        struct stat status {};
        if (::stat(given.c_str(), &status) != 0)
            return fail(ErrorCode::invalid_request,
                        fmt::format("{}: {}", given.string(), system_reason(errno)));
        const fs::path root = full_path(given);
        if (S_ISDIR(status.st_mode)) {
            visit_folder(root, status);
        } else if (S_ISREG(status.st_mode)) {
            add(root, status);
        } else {
            return fail(ErrorCode::invalid_request,
                        fmt::format("{} is neither a file nor a folder", given.string()));
        }
        return {};
    }

    FoundFiles found;

  private:
    void pass_over(const fs::path& path, Kind kind, std::string reason) {
        found.passed_over.push_back({path, {kind, std::move(reason)}});
    }

    void add(const fs::path& path, const struct stat& status) {
        constexpr std::int64_t kNanoseconds = 1'000'000'000;
        found.files.push_back({path, static_cast<std::uint64_t>(status.st_size),
                               status.st_mtim.tv_sec * kNanoseconds + status.st_mtim.tv_nsec});
    }

    void visit_folder(const fs::path& path, const struct stat& status) {
        if (!folders_.emplace(status.st_dev, status.st_ino).second) {
            return pass_over(path, Kind::left_out, "its files are imported by another path to the folder");
        }
        // Read to the end first: a deep tree would hold a descriptor for every level.
        std::vector<fs::path> entries;
        std::error_code error;
        for (fs::directory_iterator entry(path, error); !error && entry != fs::directory_iterator();
             entry.increment(error)) {
            entries.push_back(entry->path());
        }
        if (error) pass_over(path, Kind::unreadable, "the folder cannot be read: " + error.message());
        std::sort(entries.begin(), entries.end());
        for (const fs::path& entry : entries)
            visit(entry);
    }

    void visit(const fs::path& path) {
        struct stat status {};
        if (::stat(path.c_str(), &status) != 0) {
            const int code = errno;
            std::error_code ignored;
            const bool leads_nowhere = code == ENOENT && fs::is_symlink(fs::symlink_status(path, ignored));
            return pass_over(path, Kind::unreadable,
                             leads_nowhere ? "the link leads nowhere" : system_reason(code));
        }
        if (S_ISREG(status.st_mode)) return add(path, status);
        if (!S_ISDIR(status.st_mode))
            return pass_over(path, Kind::left_out, "a pipe, socket or device, not a file");
        if (is_hidden(path) && !hidden_folders_)
            return pass_over(path, Kind::left_out, "a hidden folder; --hidden imports it");
        visit_folder(path, status);
    }

    const bool hidden_folders_;
    std::set<std::pair<dev_t, ino_t>> folders_;
};

}  // namespace

fs::path full_path(const fs::path& path) {
    fs::path full;
    if (path.empty()) return full;
    for (const fs::path& part : fs::absolute(path)) {
        if (part == "..") {
            std::error_code error;
            if (fs::is_symlink(fs::symlink_status(full, error))) {
                const fs::path target = fs::canonical(full, error);
                if (!error) full = target;
            }
            full = full.parent_path();
        } else if (!part.empty() && part != ".") {
            full /= part;
        }
    }
    return full;
}

Result<FoundFiles> find_files(const std::vector<fs::path>& roots, bool hidden_folders) {
    Walker walker(hidden_folders);
    for (const fs::path& root : roots)
        ISO_CHECK(walker.visit_root(root));
    return std::move(walker.found);
}

Result<std::unique_ptr<FileSource>> FileSource::open(const fs::path& path) {
    const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (descriptor < 0)
        return fail(ErrorCode::unavailable, "the file cannot be opened: " + system_reason(errno));
    return std::unique_ptr<FileSource>(new FileSource(descriptor));
}

FileSource::~FileSource() {
    close(descriptor_);
}

Result<std::size_t> FileSource::read(MutableBytes into) {
    const ssize_t n = ::read(descriptor_, into.data(), into.size());
    if (n >= 0) return static_cast<std::size_t>(n);
    failure_ = "the file cannot be read: " + system_reason(errno);
    return fail(ErrorCode::unavailable, failure_);
}

}  // namespace isocenter::app
