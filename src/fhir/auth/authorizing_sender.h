#pragma once

#include <memory>

#include "fhir/auth/token_source.h"
#include "net/http_client.h"

namespace isocenter::fhir {

/// Puts a bearer token on every request of one side. A request that is answered 401 is sent once more with a
/// new token; the second reply counts, whatever it is. Thread-safe when its sender is.
class AuthorizingSender : public net::HttpSender {
  public:
    /// Without `tokens` the requests pass unchanged. `sender` outlives this.
    AuthorizingSender(net::HttpSender& sender, std::unique_ptr<TokenSource> tokens)
        : sender_(sender), tokens_(std::move(tokens)) {}
    /// Beside the sender's errors those of the token source.
    Result<net::HttpReply> send(const net::HttpRequest& request) override;

  private:
    net::HttpSender& sender_;
    const std::unique_ptr<TokenSource> tokens_;
};

}  // namespace isocenter::fhir
