#include "fhir/auth/auth.h"

#include "fhir/auth/grants.h"
#include "fhir/auth/managed_identity.h"
#include "fhir/auth/token_cache.h"
#include "fhir/auth/token_endpoint.h"
#include "fhir/auth/token_file.h"

namespace isocenter::fhir {
namespace {

Grant grant_of(const AuthOptions& options) {
    if (options.kind == AuthKind::password) return password_grant(options);
    if (options.kind == AuthKind::client_certificate) return certificate_grant(options);
    if (options.kind == AuthKind::private_key_jwt) return private_key_grant(options);
    return client_credentials_grant(options);
}

TokenFetch fetch_of(const AuthOptions& options, net::HttpSender& sender, const Pause& pause) {
    if (options.kind != AuthKind::managed_identity)
        return ask_token_endpoint(sender, options.token_uri, grant_of(options));
    const ManagedIdentity identity{options.identity_endpoint, options.identity_header, options.resource,
                                   options.client_id};
    return ask_managed_identity(sender, identity, pause);
}

}  // namespace

std::unique_ptr<TokenSource> make_token_source(const AuthOptions& options, net::HttpSender& sender,
                                               const TokenTime& time) {
    if (options.kind == AuthKind::none) return nullptr;
    if (options.kind == AuthKind::token_file) return std::make_unique<TokenFile>(options.token_file);
    return std::make_unique<TokenCache>(fetch_of(options, sender, time.pause), time.clock);
}

}  // namespace isocenter::fhir
