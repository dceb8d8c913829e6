#pragma once

#include <string>
#include <string_view>

#include "fhir/auth/issued_token.h"
#include "fhir/auth/secret.h"
#include "fhir/auth/token_source.h"
#include "net/http_client.h"

namespace isocenter::fhir {

/// How the machine gives tokens of the identity that its cloud manages for it.
struct ManagedIdentity {
    std::string endpoint;   ///< of the machine's metadata, or of the hosting service (IDENTITY_ENDPOINT)
    Secret header;          ///< of the hosting service (IDENTITY_HEADER); not given: metadata
    std::string resource;   ///< for which the token is
    std::string client_id;  ///< of a user-assigned identity; empty: the machine's own
};

/// Whether tokens may be asked for there: https, or http that stays on the machine or its link.
bool is_identity_endpoint(std::string_view url);

/// Asks the endpoint, never through a proxy. A passing refusal (404, 410, 429, 5xx) is waited out for at most
/// 75 seconds when a token is needed: the vendor has updates of the endpoint end after 70. `sender` outlives
/// the function.
TokenFetch ask_managed_identity(net::HttpSender& sender, ManagedIdentity identity, Pause pause);

}  // namespace isocenter::fhir
