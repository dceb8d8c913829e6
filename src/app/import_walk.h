#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "app/import.h"
#include "base/bytes.h"
#include "base/result.h"

namespace isocenter::app {

/// A file that may be DICOM, and by what it is known again in a later run.
struct ImportFile {
    std::filesystem::path path;  ///< absolute
    std::uint64_t bytes = 0;
    std::int64_t modified_ns = 0;  ///< since the epoch
};

/// What the walk met and cannot give, with the reason: `unreadable` or `left_out`.
struct PassedOver {
    std::filesystem::path path;
    ImportResult result;
};

struct FoundFiles {
    std::vector<ImportFile> files;
    std::vector<PassedOver> passed_over;
};

/// `path` from the root folder on, without `.`, `..` and a slash at its end. Links stay by their names, but
/// where `..` follows one it is the folder above what the link leads to, as for the system.
std::filesystem::path full_path(const std::filesystem::path& path);

/// Every file below the roots, folder by folder in the order of names. Links are followed, to folders too; a
/// folder is walked once, however many links lead to it. Folders whose name begins with a dot are left out
/// unless `hidden_folders` or named as a root; files with such names are files like all others. Pipes,
/// sockets and devices are left out and never opened. `invalid_request` for a root that is neither a file
/// nor a folder.
Result<FoundFiles> find_files(const std::vector<std::filesystem::path>& roots, bool hidden_folders);

/// The bytes of a file on disk. Never waits for the writer of a pipe that took the file's place.
class FileSource final : public ByteSource {
  public:
    /// `unavailable`, with the system's reason.
    static Result<std::unique_ptr<FileSource>> open(const std::filesystem::path& path);
    ~FileSource() override;
    FileSource(const FileSource&) = delete;
    FileSource& operator=(const FileSource&) = delete;
    Result<std::size_t> read(MutableBytes into) override;
    /// Why the last read failed; empty when it did not.
    const std::string& failure() const { return failure_; }

  private:
    explicit FileSource(int descriptor) : descriptor_(descriptor) {}
    int descriptor_;
    std::string failure_;
};

}  // namespace isocenter::app
