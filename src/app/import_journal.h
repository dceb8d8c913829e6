#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <unordered_set>
#include <vector>

#include "app/import_walk.h"
#include "base/result.h"

namespace isocenter::app {

/// Where an import keeps its journal and its report when nothing else is said.
struct ImportPlaces {
    std::filesystem::path journal;
    std::filesystem::path report;
};

/// In DATA/imports for an import into the data folder DATA, else in isocenter/imports of the user's state
/// folder ($XDG_STATE_HOME, or ~/.local/state). The names are made from target and roots, so that the same
/// command finds its journal again and another one does not. `invalid_request` when the user has no state
/// folder.
Result<ImportPlaces> default_import_places(const std::string& target, const std::string& data_folder,
                                           const std::vector<std::filesystem::path>& roots);

/// The files that an import into one target is done with, for the run that goes on with it. A file is known
/// by path, size and time of change. Held by one import at a time. Not thread-safe.
class ImportJournal {
  public:
    /// Opens or begins the journal; an empty path makes one that remembers nothing. `conflict` when another
    /// import has it or when it was begun for another target, `invalid_request` when the file is something
    /// else, `unavailable` when it cannot be read or written.
    static Result<ImportJournal> open(const std::filesystem::path& path, const std::string& target);

    bool has(const ImportFile& file) const;
    /// A line that cannot be written costs no more than a second try of that file in the next run.
    void add(const ImportFile& file);
    /// To be called when there is nothing left to go on with.
    void remove();

  private:
    std::filesystem::path path_;
    std::shared_ptr<const int> descriptor_;
    std::unordered_set<std::string> lines_;
};

/// What was not stored, or with a warning, and why, one JSON object a line: file, result, reason. Not
/// thread-safe.
class ImportReport {
  public:
    /// `invalid_request` when the path is that of a file with something else in it than a report.
    static Status check(const std::filesystem::path& path);
    /// Keeps of an earlier report the lines whose file `keep` names. An empty path makes one that takes
    /// nothing. `unavailable` when it cannot be written, errors of check.
    static Result<ImportReport> open(const std::filesystem::path& path,
                                     const std::function<bool(const std::string& file)>& keep);
    void add(const std::filesystem::path& file, const ImportResult& result);
    /// Takes an empty report away; the first write that failed, if any, as `unavailable`.
    Status finish();

  private:
    std::filesystem::path path_;
    std::shared_ptr<const int> descriptor_;
    bool lost_ = false;
};

}  // namespace isocenter::app
