#pragma once

#include <mutex>
#include <string>
#include <utility>

#include "fhir/auth/issued_token.h"
#include "fhir/auth/token_source.h"

namespace isocenter::fhir {

/// Keeps a token until 5 minutes before its end, or half of its life when that is shorter, or until it is
/// refused. When a renewal fails, the old one serves to its end.
class TokenCache : public TokenSource {
  public:
    TokenCache(TokenFetch fetch, UnixClock clock) : fetch_(std::move(fetch)), clock_(std::move(clock)) {}
    Result<std::string> token() override;
    void discard(const std::string& token) override;

  private:
    struct Kept {
        std::string token;
        std::int64_t renew = 0;  ///< when to ask for the next
        std::int64_t end = 0;
    };

    const TokenFetch fetch_;
    const UnixClock clock_;
    std::mutex mutex_;  ///< held during a request: whoever waits uses its token
    Kept kept_;
};

}  // namespace isocenter::fhir
