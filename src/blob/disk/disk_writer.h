#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "blob/blob_store.h"
#include "blob/disk/descriptor_cache.h"

namespace isocenter::blob {

/// A file being written under a temporary name. Small pieces are gathered, large ones go straight to the
/// kernel; write-back starts while bytes still arrive, so that commit has little left to wait for. The
/// descriptor is closed by complete: a request of thousands of instances must not need thousands of them.
class DiskWriter final : public BlobWriter {
  public:
    /// `unavailable` when the file cannot be made. `cache`: gives its descriptors up where there is none
    /// left.
    static Result<std::unique_ptr<DiskWriter>> open(BlobKey key, std::string temporary_path,
                                                    DescriptorCache& cache);
    ~DiskWriter() override;
    DiskWriter(const DiskWriter&) = delete;
    DiskWriter& operator=(const DiskWriter&) = delete;

    const BlobKey& key() const override { return key_; }
    std::uint64_t size() const override { return written_ + pending_.size(); }
    Status write(ByteView bytes) override;
    Status complete() override;

    /// Gives the file its final name; from then on the destructor leaves it alone.
    Status rename_to(const std::string& path);

  private:
    DiskWriter(BlobKey key, std::string path, int descriptor)
        : key_(std::move(key)), path_(std::move(path)), descriptor_(descriptor) {}
    Status flush(ByteView bytes);
    void start_write_back();

    BlobKey key_;
    std::string path_;
    int descriptor_;  ///< -1 once complete
    bool renamed_ = false;
    bool failed_ = false;
    std::vector<std::byte> pending_;
    std::uint64_t written_ = 0;
    std::uint64_t started_ = 0;  ///< up to where write-back was started
};

}  // namespace isocenter::blob
