#pragma once

#include <memory>
#include <string>

#include "app/import.h"
#include "app/settings.h"
#include "base/result.h"

namespace isocenter::app {

/// Stores straight into a data folder that no server runs on. Its targets must not outlive it.
class FolderImport {
  public:
    /// Into `storage.folder`, by the rules of the standard face. Errors as of ArchiveFolder::open.
    static Result<FolderImport> open(const Settings& settings);
    ~FolderImport();
    FolderImport(FolderImport&&) noexcept;
    ImportTargetFactory make_target() const;

  private:
    struct State;
    FolderImport();
    std::unique_ptr<State> state_;
};

}  // namespace isocenter::app
