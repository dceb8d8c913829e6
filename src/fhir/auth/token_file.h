#pragma once

#include <array>
#include <cstdint>
#include <mutex>
#include <string>

#include "fhir/auth/token_source.h"

namespace isocenter::fhir {

/// A token that something else keeps fresh in a file; read again when the file changes and after a refusal.
class TokenFile : public TokenSource {
  public:
    explicit TokenFile(std::string path) : path_(std::move(path)) {}
    Result<std::string> token() override;
    void discard(const std::string& token) override;

  private:
    /// Device, inode, size and time of change: equal for an unchanged file.
    using Mark = std::array<std::int64_t, 5>;
    Mark mark() const;

    const std::string path_;
    std::mutex mutex_;
    Mark mark_{};
    std::string token_;
};

}  // namespace isocenter::fhir
