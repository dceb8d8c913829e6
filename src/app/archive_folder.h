#pragma once

#include <memory>

#include "app/data_folder.h"
#include "app/settings.h"
#include "archive/archive.h"
#include "base/metrics.h"
#include "blob/blob_store.h"
#include "index/registry.h"

namespace isocenter::app {

/// The embedded default opened by this process: folder lock, index, objects, and the archive over them. For
/// the server and for the command-line tools that work on a folder.
class ArchiveFolder {
  public:
    /// `conflict` when another process has the folder, `unavailable` or `invalid_request` when it cannot be
    /// opened.
    static Result<std::unique_ptr<ArchiveFolder>> open(const Settings& settings);
    ~ArchiveFolder();
    archive::Archive& archive();
    blob::BlobStore& blobs();
    const index::Database& database() const;
    Metrics& metrics();
    const DataFolder& folder() const;

  private:
    struct State;
    explicit ArchiveFolder(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace isocenter::app
