#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "blob/disk/descriptor_cache.h"
#include "blob/registry.h"

namespace isocenter::blob {

class DiskWriter;

/// One file per object: FOLDER/objects/ab/<32 hex digits>; what is being written lies in FOLDER/incoming.
class DiskBlobStore final : public BlobStore {
  public:
    /// Makes the folders; removes what a killed process left in incoming, unless another process has the
    /// store open. `unavailable` when the folder cannot be used, or when parts of it are on other file
    /// systems: objects are renamed into place, and one syncfs is to reach them all.
    static Result<std::unique_ptr<DiskBlobStore>> open_folder(const StoreOptions& options);
    ~DiskBlobStore() override;
    DiskBlobStore(const DiskBlobStore&) = delete;
    DiskBlobStore& operator=(const DiskBlobStore&) = delete;

    Result<std::unique_ptr<BlobWriter>> create(const BlobKey& key) override;
    std::vector<Status> commit(std::span<BlobWriter* const> writers) override;
    Result<std::unique_ptr<ByteSource>> open(const BlobKey& key, ByteRange range) override;
    Result<std::uint64_t> size(const BlobKey& key) override;
    Status remove(const BlobKey& key) override;
    Result<std::vector<BlobKey>> list(const BlobKey& after, std::size_t limit) override;
    Status check() override;

  private:
    DiskBlobStore(const StoreOptions& options, int objects_descriptor, int lock_descriptor);
    /// What a walk has read and not yet listed: of one folder at most.
    struct Walk {
        BlobKey last;  ///< the key that was listed last
        std::vector<BlobKey> left;
        unsigned next_folder = 0;
    };
    Result<OpenFile> open_file(const BlobKey& key);
    Result<std::vector<BlobKey>> read_folder(const std::string& prefix, const BlobKey& after);
    Status make_visible(BlobWriter& writer);
    void make_durable(std::span<BlobWriter* const> writers, std::vector<Status>& statuses);
    void sync_files(std::span<BlobWriter* const> writers, std::vector<Status>& statuses);
    std::string path_of(const BlobKey& key) const { return objects_ + key.str(); }
    std::string folder_of(const BlobKey& key) const { return objects_ + key.str().substr(0, 2); }

    std::string objects_;   ///< ends in '/'
    std::string incoming_;  ///< ends in '/'
    SyncMode sync_;
    int objects_descriptor_;
    int lock_descriptor_;
    DescriptorCache cache_;
    std::mutex walk_mutex_;
    Walk walk_;  ///< the latest
};

Result<std::unique_ptr<BlobStore>> open_disk_store(const StoreOptions& options);

}  // namespace isocenter::blob
