#pragma once

#include <memory>
#include <optional>
#include <string>

#include "archive/store.h"
#include "base/digest.h"
#include "blob/blob_store.h"
#include "dicom/part10_reader.h"
#include "index/index.h"

namespace isocenter::archive {

/// An instance whose bytes have arrived: read, hashed, written, not yet committed.
struct Received {
    dicom::Part10Object object;
    std::unique_ptr<blob::BlobWriter> writer;
    Sha256 sha256{};
    std::uint64_t held_bytes = 0;  ///< of `object`, as of the reader
};

/// One pass over an instance's bytes: into an uncommitted object, the hash and the reader. The preamble is
/// zeroed, so that a file that is also of another format does not get through (PS3.10 7.5). Memory: what the
/// reader holds and one buffer of the writer. Used by one thread at a time.
class InstanceUpload {
  public:
    struct Failure {
        StoreFailure reason;
        std::string message;
        std::string detail = {};  ///< as StoreOutcome::detail
    };

    /// `reserve` may be null. `max_bytes` 0: no limit. `inline_bytes`: as in ArchiveOptions.
    InstanceUpload(blob::BlobStore& blobs, const index::RemovalReserve* reserve, std::uint64_t max_bytes,
                   std::uint64_t inline_bytes)
        : blobs_(blobs),
          reserve_(reserve),
          max_bytes_(max_bytes),
          reader_(dicom::ReaderLimits{.bulk_inline_bytes = inline_bytes}) {}
    /// After a failure further bytes are ignored, and what was written is gone.
    void write(ByteView bytes);
    /// What the reader holds.
    std::uint64_t held_bytes() const { return reader_.held_bytes(); }
    const std::optional<Failure>& failure() const { return failure_; }
    void fail(StoreFailure reason, std::string message, std::string detail = {});
    /// Nothing when there is a failure.
    std::optional<Received> finish();

  private:
    void take(ByteView bytes);
    void fail_with(const Error& error);

    blob::BlobStore& blobs_;
    const index::RemovalReserve* const reserve_;
    const std::uint64_t max_bytes_;
    std::uint64_t size_ = 0;
    std::unique_ptr<blob::BlobWriter> writer_;
    Sha256Stream hash_;
    dicom::Part10Reader reader_;
    std::optional<Failure> failure_;
};

}  // namespace isocenter::archive
