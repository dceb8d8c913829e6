#include "blob/disk/disk_blob_store.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <map>
#include <system_error>
#include <utility>

#include "blob/disk/disk_writer.h"
#include "blob/disk/slice_source.h"
#include "blob/key.h"

namespace isocenter::blob {
namespace {

namespace fs = std::filesystem;

Error unavailable(std::string message, int error) {
    return fail(ErrorCode::unavailable, std::move(message), std::generic_category().message(error));
}

std::string prefix_name(unsigned value) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    return {kDigits[value >> 4U], kDigits[value & 15U]};
}

// `flags`: O_DIRECTORY for a folder. A descriptor opened after the writing reports its errors all the same
// (Linux 4.14: errors nobody has seen yet).
Status sync_path(const std::string& path, int flags, DescriptorCache& cache) {
    const int descriptor = open_path(path, O_RDONLY | flags, 0, cache);
    if (descriptor < 0) return unavailable("the store cannot be written", errno);
    const int result = ::fsync(descriptor);
    const int error = errno;
    ::close(descriptor);
    if (result != 0) return unavailable("the store could not make data durable", error);
    return {};
}

// All 256 folders exist from the start: commit never has to make one durable.
Status make_folders(const std::string& folder) {
    std::error_code error;
    fs::create_directories(folder + "/incoming", error);
    for (unsigned i = 0; i < 256 && !error; ++i) {
        fs::create_directories(folder + "/objects/" + prefix_name(i), error);
    }
    if (error) return fail(ErrorCode::unavailable, "the store's folder cannot be made", error.message());
    return {};
}

/// Files can be renamed between folders that have the same.
struct Mount {
    unsigned device_major;
    unsigned device_minor;
    std::uint64_t id;  ///< 0 where the kernel does not tell: one device may be mounted at several places
    bool operator==(const Mount&) const = default;
};

Result<Mount> mount_of(const std::string& folder) {
    struct statx info {};
    if (::statx(AT_FDCWD, folder.c_str(), 0, STATX_BASIC_STATS | STATX_MNT_ID, &info) != 0)
        return unavailable("the store's folder cannot be read", errno);
    const bool told = (info.stx_mask & STATX_MNT_ID) != 0;
    return Mount{info.stx_dev_major, info.stx_dev_minor, told ? info.stx_mnt_id : 0};
}

/// Any of the folders may be a mount point or a symbolic link. From another file system nothing can be
/// renamed into it, and what syncs objects/ would not sync it.
Status check_mounts(const std::string& folder) {
    ISO_TRY(const Mount incoming, mount_of(folder + "/incoming"));
    for (int i = -1; i < 256; ++i) {
        const std::string name = i < 0 ? "objects" : "objects/" + prefix_name(static_cast<unsigned>(i));
        ISO_TRY(const Mount mount, mount_of(folder + "/" + name));
        if (mount == incoming) continue;
        return fail(ErrorCode::unavailable,
                    name +
                        " and incoming of the store's folder are on different file systems: "
                        "mount or link the whole folder, not a part of it");
    }
    return {};
}

void remove_leftovers(const std::string& incoming) {
    std::error_code error;
    for (fs::directory_iterator it(incoming, error), end; !error && it != end; it.increment(error)) {
        std::error_code ignored;
        fs::remove(it->path(), ignored);
    }
}

}  // namespace

DiskBlobStore::DiskBlobStore(const StoreOptions& options, int objects_descriptor, int lock_descriptor)
    : objects_(options.folder + "/objects/"),
      incoming_(options.folder + "/incoming/"),
      sync_(options.sync),
      objects_descriptor_(objects_descriptor),
      lock_descriptor_(lock_descriptor),
      cache_(options.open_files) {}

DiskBlobStore::~DiskBlobStore() {
    ::close(lock_descriptor_);
    ::close(objects_descriptor_);
}

Result<std::unique_ptr<DiskBlobStore>> DiskBlobStore::open_folder(const StoreOptions& options) {
    if (options.folder.empty()) return fail(ErrorCode::invalid_request, "the disk store needs a folder");
    ISO_CHECK(make_folders(options.folder));
    ISO_CHECK(check_mounts(options.folder));
    const int objects = ::open((options.folder + "/objects").c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (objects < 0) return unavailable("the store's folder cannot be opened", errno);
    // Beside the lock of a data folder, which is another promise: one process holds the whole folder. This
    // one is shared by all who have the store open, so the names differ by more than case.
    const int lock = ::open((options.folder + "/objects.lock").c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0640);
    if (lock < 0) {
        const int error = errno;
        ::close(objects);
        return unavailable("the store's folder cannot be written", error);
    }
    std::unique_ptr<DiskBlobStore> store(new DiskBlobStore(options, objects, lock));
    // The lock is exclusive only while nobody else has the store open: then nothing in incoming is in use.
    if (::flock(lock, LOCK_EX | LOCK_NB) == 0) remove_leftovers(store->incoming_);
    if (::flock(lock, LOCK_SH) != 0) return unavailable("the store's folder cannot be locked", errno);
    // The folders themselves: where objects and incoming are links, two file systems have a part in them.
    if (options.sync != SyncMode::none && (::syncfs(objects) != 0 || ::syncfs(lock) != 0))
        return unavailable("the store could not make data durable", errno);
    return store;
}

Result<std::unique_ptr<BlobWriter>> DiskBlobStore::create(const BlobKey& key) {
    if (!is_key(key.view())) return fail(ErrorCode::invalid_request, "not a blob key");
    ISO_TRY(auto writer, DiskWriter::open(key, incoming_ + key.str().substr(3), cache_));
    return std::unique_ptr<BlobWriter>(std::move(writer));
}

std::vector<Status> DiskBlobStore::commit(std::span<BlobWriter* const> writers) {
    std::vector<Status> statuses(writers.size());
    std::vector<std::size_t> visible;
    visible.reserve(writers.size());
    for (std::size_t i = 0; i < writers.size(); ++i) {
        statuses[i] = make_visible(*writers[i]);
        if (statuses[i]) visible.push_back(i);
    }
    if (visible.empty()) return statuses;
    make_durable(writers, statuses);
    for (const std::size_t i : visible) {
        if (!statuses[i]) ::unlink(path_of(writers[i]->key()).c_str());
    }
    return statuses;
}

// Renaming before the wait makes one wait enough: nobody knows the keys until commit has returned.
Status DiskBlobStore::make_visible(BlobWriter& writer) {
    ISO_CHECK(writer.complete());
    return dynamic_cast<DiskWriter&>(writer).rename_to(path_of(writer.key()));
}

// A sync that failed is never tried again: the kernel may have dropped the pages, and a second one would
// report success for bytes that are lost.
void DiskBlobStore::make_durable(std::span<BlobWriter* const> writers, std::vector<Status>& statuses) {
    if (sync_ == SyncMode::none) return;
    if (sync_ == SyncMode::files) return sync_files(writers, statuses);
    if (::syncfs(objects_descriptor_) == 0) return;
    const Status failed = unavailable("the store could not make data durable", errno);
    for (Status& status : statuses) {
        if (status) status = failed;
    }
}

void DiskBlobStore::sync_files(std::span<BlobWriter* const> writers, std::vector<Status>& statuses) {
    std::map<std::string, Status> folders;
    for (std::size_t i = 0; i < writers.size(); ++i) {
        if (statuses[i]) statuses[i] = sync_path(path_of(writers[i]->key()), 0, cache_);
        if (statuses[i]) folders.try_emplace(folder_of(writers[i]->key()));
    }
    for (auto& [folder, status] : folders)
        status = sync_path(folder, O_DIRECTORY, cache_);
    for (std::size_t i = 0; i < writers.size(); ++i) {
        if (statuses[i]) statuses[i] = folders.at(folder_of(writers[i]->key()));
    }
}

Result<OpenFile> DiskBlobStore::open_file(const BlobKey& key) {
    if (!is_key(key.view())) return fail(ErrorCode::not_found, "no such object");
    if (OpenFile cached = cache_.find(key); cached.descriptor) return cached;
    const int descriptor = open_path(path_of(key), O_RDONLY, 0, cache_);
    if (descriptor < 0) {
        if (errno == ENOENT) return fail(ErrorCode::not_found, "no such object");
        return unavailable("the store cannot be read", errno);
    }
    OpenFile file{own_descriptor(descriptor), 0};
    struct stat info {};
    if (::fstat(descriptor, &info) != 0) return unavailable("the store cannot be read", errno);
    file.size = static_cast<std::uint64_t>(info.st_size);
    cache_.insert(key, file);
    // remove() unlinks, then erases: when it came between open and insert, nobody else would drop the entry.
    if (::fstat(descriptor, &info) == 0 && info.st_nlink == 0) cache_.erase(key);
    return file;
}

Result<std::unique_ptr<ByteSource>> DiskBlobStore::open(const BlobKey& key, ByteRange range) {
    ISO_TRY(OpenFile file, open_file(key));
    if (range.offset > file.size || range.length > file.size - range.offset) {
        return fail(ErrorCode::out_of_range, "range passes the end of the object");
    }
    return std::unique_ptr<ByteSource>(std::make_unique<SliceSource>(std::move(file.descriptor), range));
}

Result<std::uint64_t> DiskBlobStore::size(const BlobKey& key) {
    if (!is_key(key.view())) return fail(ErrorCode::not_found, "no such object");
    struct stat info {};
    if (::stat(path_of(key).c_str(), &info) != 0) {
        if (errno == ENOENT) return fail(ErrorCode::not_found, "no such object");
        return unavailable("the store cannot be read", errno);
    }
    return static_cast<std::uint64_t>(info.st_size);
}

Status DiskBlobStore::remove(const BlobKey& key) {
    if (!is_key(key.view())) return {};
    const bool removed = ::unlink(path_of(key).c_str()) == 0 || errno == ENOENT;
    const int error = errno;
    cache_.erase(key);
    if (!removed) return unavailable("the object cannot be removed", error);
    return {};
}

/// The keys of a folder that are greater than `after`, descending: the next one is at the end.
Result<std::vector<BlobKey>> DiskBlobStore::read_folder(const std::string& prefix, const BlobKey& after) {
    std::vector<BlobKey> found;
    std::error_code error;
    for (fs::directory_iterator it(objects_ + prefix, error), end; !error && it != end; it.increment(error)) {
        BlobKey key(prefix + "/" + it->path().filename().string());
        if (key > after && is_key(key.view())) found.push_back(std::move(key));
    }
    if (error) return fail(ErrorCode::unavailable, "the store cannot be listed", error.message());
    std::sort(found.begin(), found.end(), std::greater<>());
    return found;
}

// A folder is read once for all the calls that walk through it: it may have many times their limit.
Result<std::vector<BlobKey>> DiskBlobStore::list(const BlobKey& after, std::size_t limit) {
    Walk walk;
    if (const std::lock_guard lock(walk_mutex_); !walk_.left.empty() && walk_.last == after)
        walk = std::exchange(walk_, Walk());
    if (walk.left.empty()) {
        while (walk.next_folder < 256 && prefix_name(walk.next_folder) < after.view().substr(0, 2))
            ++walk.next_folder;
    }
    std::vector<BlobKey> keys;
    while (keys.size() < limit) {
        if (!walk.left.empty()) {
            keys.push_back(std::move(walk.left.back()));
            walk.left.pop_back();
        } else if (walk.next_folder < 256) {
            ISO_TRY(walk.left, read_folder(prefix_name(walk.next_folder++), after));
        } else {
            break;
        }
    }
    if (walk.left.empty() || keys.empty()) return keys;
    walk.last = keys.back();
    const std::lock_guard lock(walk_mutex_);
    walk_ = std::move(walk);
    return keys;
}

Status DiskBlobStore::check() {
    ISO_TRY(auto probe, DiskWriter::open(BlobKey(), incoming_ + "probe-" + random_hex(8), cache_));
    ISO_CHECK(probe->write(as_bytes("probe")));
    ISO_CHECK(probe->complete());
    if (::access(objects_.c_str(), R_OK | W_OK | X_OK) != 0) {
        return unavailable("the store's folder is not accessible", errno);
    }
    return {};
}

Result<std::unique_ptr<BlobStore>> open_disk_store(const StoreOptions& options) {
    ISO_TRY(auto store, DiskBlobStore::open_folder(options));
    return std::unique_ptr<BlobStore>(std::move(store));
}

}  // namespace isocenter::blob
