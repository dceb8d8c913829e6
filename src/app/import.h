#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"

namespace isocenter::app {

/// What became of one file.
struct ImportResult {
    enum class Kind { stored, already_there, refused, not_dicom, unreachable };
    Kind kind = Kind::stored;
    std::string reason;  ///< of refused, unreachable
};

/// Where files go. One object per worker thread.
class ImportTarget {
  public:
    virtual ~ImportTarget() = default;
    virtual ImportResult store(const std::filesystem::path& file, std::uint64_t bytes) = 0;
};
using ImportTargetFactory = std::function<Result<std::unique_ptr<ImportTarget>>()>;

/// Stores into a running server through its standard face; `base` is the server's root or the face's address.
ImportTargetFactory make_server_target(std::string base);

struct ImportOptions {
    std::vector<std::filesystem::path> roots;  ///< files and folders
    unsigned parallel = 4;
    std::filesystem::path journal;  ///< finished files; those in it are skipped when run again. Empty: none
    /// Every file that was not stored and why, as JSON lines; no file when there is none. Empty: none
    std::filesystem::path report;
    bool progress = true;  ///< a bar on stderr
};

struct ImportSummary {
    std::uint64_t files = 0;
    std::uint64_t bytes = 0;
    std::uint64_t stored = 0;
    std::uint64_t already_there = 0;
    std::uint64_t skipped = 0;  ///< finished in an earlier run
    std::uint64_t not_dicom = 0;
    std::uint64_t refused = 0;
    std::uint64_t unreachable = 0;  ///< could not be tried: left for the next run
    double seconds = 0;
};

/// Walks the roots (no hidden files, symbolic links to files only) and stores every DICOM file. A second run
/// with the same journal goes on where the first ended; a file whose size or time changed is stored again.
/// `invalid_request` for a root that does not exist.
Result<ImportSummary> run_import(const ImportOptions& options, const ImportTargetFactory& make_target);

}  // namespace isocenter::app
