#pragma once

#include <string>
#include <utility>

#include "fhir/auth/token_source.h"

namespace isocenter::fhir {

/// The token that a caller brought along; there is no other.
class GivenToken : public TokenSource {
  public:
    explicit GivenToken(std::string token) : token_(std::move(token)) {}
    Result<std::string> token() override { return token_; }
    void discard(const std::string&) override {}

  private:
    const std::string token_;
};

}  // namespace isocenter::fhir
