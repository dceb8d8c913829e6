#pragma once

#include <string>

#include "base/result.h"

namespace isocenter::fhir {

/// A small text file without the white space around its content; `unavailable` when it cannot be read. `what`
/// names the file in the error, in place of its path.
Result<std::string> read_small_file(const std::string& path, const std::string& what);

/// A secret of the settings: itself, or the file that holds it, read at each use so that it may be changed
/// while the process runs.
struct Secret {
    std::string value;
    std::string file;

    bool given() const { return !value.empty() || !file.empty(); }
    Result<std::string> read(const std::string& what) const;
};

}  // namespace isocenter::fhir
