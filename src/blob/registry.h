#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "blob/blob_store.h"

namespace isocenter::blob {

/// What commit waits for; figures in docs/decisions/0004-durable-stores.md.
enum class SyncMode {
    filesystem,  ///< one syncfs for the whole group: fastest where the file system is the archive's own
    files,       ///< each file and folder by itself: where others write much to the same file system
    none,        ///< nothing: a power cut loses what was acknowledged; for tests and throw-away archives
};

struct StoreOptions {
    std::string kind = "disk";  ///< a row of registry.cpp
    std::string folder;         ///< disk: made when absent
    SyncMode sync = SyncMode::filesystem;
    std::size_t open_files = 1024;  ///< descriptors of recently read objects kept open
};

/// `invalid_request` for an unknown kind, `unavailable` when it cannot be opened.
Result<std::unique_ptr<BlobStore>> open_store(const StoreOptions& options);

}  // namespace isocenter::blob
