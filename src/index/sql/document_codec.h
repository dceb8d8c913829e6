#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

namespace isocenter::index::sql {

struct PackedDocument {
    std::int64_t dictionary = 0;  ///< 0: none
    std::string bytes;
};

/// Compresses documents with zstd and the newest dictionary that the program carries. Thread-safe.
class DocumentCodec {
  public:
    DocumentCodec();
    ~DocumentCodec();
    DocumentCodec(const DocumentCodec&) = delete;
    DocumentCodec& operator=(const DocumentCodec&) = delete;
    /// `internal` when zstd fails (memory).
    Result<PackedDocument> pack(std::string_view json) const;
    /// What unpack makes of these bytes; `corrupt` when they do not say.
    static Result<std::uint64_t> unpacked_size(std::string_view bytes);
    /// `corrupt` when the bytes or the dictionary's number are not what pack made.
    Result<std::string> unpack(std::int64_t dictionary, std::string_view bytes) const;

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace isocenter::index::sql
