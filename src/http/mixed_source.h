#pragma once

#include "base/bytes.h"

namespace isocenter::http {

/// A source whose bytes come in part from local files, such as a multipart body: text between slices. Over
/// plain HTTP the server has the kernel send the slices; whoever only calls read() gets the same bytes.
class MixedSource : public ByteSource {
  public:
    /// When the next bytes are a slice of a file that is worth a call of the kernel: that slice, and the
    /// source goes on behind it. Nothing: read() gives what is next. May open files and thus block.
    virtual Result<std::optional<FileSlice>> take_slice() = 0;
};

}  // namespace isocenter::http
