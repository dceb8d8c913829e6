#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "base/result.h"

namespace isocenter::app {

/// The folder of the embedded default, held by this process alone: a second process on it is refused.
class DataFolder {
  public:
    /// Makes the folder when absent and takes its lock. `conflict` when another process has it (named by its
    /// number), `unavailable` when it cannot be made or written.
    static Result<DataFolder> open(const std::filesystem::path& path);
    const std::filesystem::path& path() const { return path_; }
    std::filesystem::path database_file() const { return database_file_of(path_); }
    /// Where the index of a data folder lies; looks at nothing.
    static std::filesystem::path database_file_of(const std::filesystem::path& folder) {
        return folder / "index.sqlite";
    }
    /// For unnamed temporary files; exists. On the same disk, so that its room is the archive's.
    std::string spool_folder() const { return (path_ / "incoming").string(); }
    std::string object_folder() const { return path_.string(); }

  private:
    std::filesystem::path path_;
    std::shared_ptr<const int> lock_;  ///< closing it gives the lock back, also when the process is killed
};

}  // namespace isocenter::app
