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
/// the data, in ZIP64 form, since they are not known before. What is held of files that were sent is their
/// place in the directory, `directory_bytes` in all.
std::unique_ptr<ByteSource> make_zip_source(std::unique_ptr<Supply<ZipEntry>> entries,
                                            std::size_t directory_bytes);
/// What the directory says of a file whose name has that length.
std::size_t zip_directory_bytes(std::size_t name_size);

}  // namespace isocenter::api
