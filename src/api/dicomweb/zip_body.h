#pragma once

#include <memory>
#include <string>
#include <vector>

#include "api/dicomweb/byte_response.h"

namespace isocenter::api {

/// One file of a ZIP archive. The name is plain ASCII.
struct ZipEntry {
    std::string name;
    SourceOpener open;
};

/// A ZIP archive (PKWARE APPNOTE 6.3) streamed file by file without compression; sizes and checksums follow
/// the data, in ZIP64 form, since they are not known before.
std::unique_ptr<ByteSource> make_zip_source(std::vector<ZipEntry> entries);

}  // namespace isocenter::api
