#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "net/http_client.h"

namespace isocenter::fhir {

/// A token as it was given out.
struct IssuedToken {
    std::string token;
    std::optional<std::int64_t> life;  ///< seconds; nothing: until it is refused
};

/// Asks for a token. `needed`: nobody has one to go on with, so that waiting for it is worth while.
using TokenFetch = std::function<Result<IssuedToken>(std::int64_t now, bool needed)>;

/// The token in the reply of `who` ("the identity provider"). Its life: the `exp` of a JWT, else
/// `expires_in`, else `expires_on`. `unavailable` when the reply holds none or is a refusal, of which only
/// the registered error codes are quoted: other text could repeat what was sent.
Result<IssuedToken> read_token_reply(const net::HttpReply& reply, std::int64_t now, std::string_view who);
/// The error that a missing reply of `who` means; `cancelled` stays so.
Error no_token_reply(const Error& error, std::string_view who);

}  // namespace isocenter::fhir
