#pragma once

#include <memory>
#include <string>

#include "fhir/auth/assertion.h"
#include "fhir/auth/secret.h"
#include "fhir/auth/token_source.h"
#include "net/http_client.h"

namespace isocenter::fhir {

enum class AuthKind {
    none,
    client_credentials,
    password,
    client_certificate,
    private_key_jwt,
    token_file,
    managed_identity
};

/// How one side is authorized; which members are needed depends on the kind.
struct AuthOptions {
    AuthKind kind = AuthKind::none;
    std::string token_uri;
    std::string client_id;
    Secret client_secret;
    std::string scope;
    std::string resource;
    std::string username;
    Secret password;
    std::string token_file;
    std::string key_file;  ///< PEM; empty for client_certificate: in the certificate's file
    std::string key_id;    ///< private_key_jwt: header `kid`
    SigningAlgorithm algorithm = SigningAlgorithm::rs384;  ///< of private_key_jwt
    std::string certificate_file;                          ///< PEM
    std::string identity_endpoint;                         ///< of managed_identity, as its header
    Secret identity_header;
};

/// What token sources know of time.
struct TokenTime {
    Pause pause = pause_until({});
    UnixClock clock = unix_now;
};

/// Nothing for `none`. `sender` carries the token requests and outlives the source.
std::unique_ptr<TokenSource> make_token_source(const AuthOptions& options, net::HttpSender& sender,
                                               const TokenTime& time);

}  // namespace isocenter::fhir
