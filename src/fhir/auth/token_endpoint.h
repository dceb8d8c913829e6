#pragma once

#include <functional>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "fhir/auth/token_source.h"
#include "net/http_client.h"

namespace isocenter::fhir {

/// The fields of a token request, in order.
using Form = std::vector<std::pair<std::string, std::string>>;
/// Makes the fields of a request sent at that time.
using Grant = std::function<Result<Form>(std::int64_t now)>;

/// Tokens of an OAuth 2.0 token endpoint. A token is kept until 5 minutes before its end, or half of its life
/// when that is shorter: the `exp` of a JWT, else `expires_in`, else until it is refused. When a renewal
/// fails, the old one serves to its end.
class TokenEndpoint : public TokenSource {
  public:
    /// `sender` outlives this.
    TokenEndpoint(net::HttpSender& sender, std::string uri, Grant grant, UnixClock clock)
        : sender_(sender), uri_(std::move(uri)), grant_(std::move(grant)), clock_(std::move(clock)) {}
    Result<std::string> token() override;
    void discard(const std::string& token) override;

  private:
    struct Kept {
        std::string token;
        std::int64_t renew = 0;  ///< when to ask for the next
        std::int64_t end = 0;
    };
    Result<Kept> request(std::int64_t now);

    net::HttpSender& sender_;
    const std::string uri_;
    const Grant grant_;
    const UnixClock clock_;
    std::mutex mutex_;  ///< held during a request: whoever waits uses its token
    Kept kept_;
};

}  // namespace isocenter::fhir
