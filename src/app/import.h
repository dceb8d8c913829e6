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
    enum class Kind {
        stored,
        already_there,
        refused,
        not_dicom,
        unreachable,  ///< the target could not be asked
        unreadable,   ///< file or folder
        left_out,     ///< not looked into, on purpose
    };
    Kind kind = Kind::stored;
    /// Of all but the first two; of those, what is wrong with a file that is stored all the same.
    std::string reason;
};

/// Where files go. One object per worker thread.
class ImportTarget {
  public:
    virtual ~ImportTarget() = default;
    virtual ImportResult store(const std::filesystem::path& file, std::uint64_t bytes) = 0;
};
using ImportTargetFactory = std::function<Result<std::unique_ptr<ImportTarget>>()>;

/// Where files are posted to; `base` is the server's root, or the address of a face or of its studies.
std::string studies_address(std::string base);
/// Stores into a running server; `studies` as above, `ca_file` as in net::HttpClient::Options.
ImportTargetFactory make_server_target(std::string studies, std::string ca_file);

struct ImportOptions {
    std::vector<std::filesystem::path> roots;  ///< files and folders
    unsigned parallel = 4;
    bool hidden_folders = false;
    std::string target;             ///< what the journal is bound to: an address, or an absolute path
    std::filesystem::path journal;  ///< app/import_journal.h. Empty: none
    std::filesystem::path
        report;            ///< app/import_journal.h; no file when there is nothing to say. Empty: none
    bool progress = true;  ///< a bar on stderr
};

struct ImportSummary {
    std::uint64_t files = 0;
    std::uint64_t bytes = 0;
    std::uint64_t stored = 0;
    std::uint64_t with_warning = 0;  ///< stored or there already, and in the report all the same
    std::uint64_t already_there = 0;
    std::uint64_t skipped = 0;  ///< finished in an earlier run
    std::uint64_t not_dicom = 0;
    std::uint64_t refused = 0;
    std::uint64_t unreachable = 0;  ///< could not be tried: left for the next run
    std::uint64_t unreadable = 0;   ///< files and folders
    /// Links, folders and special files that app/import_walk.h leaves out, and DICOMDIRs.
    std::uint64_t left_out = 0;
    double seconds = 0;
    /// Nothing that may be DICOM was kept out: another run would find nothing to do.
    bool complete() const { return refused + unreachable + unreadable == 0; }
};

/// Walks the roots as app/import_walk.h says and stores every DICOM file. A second run with the same journal
/// goes on where the first ended; a file whose size or time changed is stored again. A complete import
/// removes its journal. Errors: those of the walk, of the journal and of the report.
Result<ImportSummary> run_import(const ImportOptions& options, const ImportTargetFactory& make_target);

}  // namespace isocenter::app
