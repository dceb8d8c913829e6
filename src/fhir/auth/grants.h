#pragma once

#include "fhir/auth/auth.h"
#include "fhir/auth/token_endpoint.h"

namespace isocenter::fhir {

/// The fields of each kind of token request. Scope and resource are left out when empty: a parameter without
/// value is as good as none (RFC 6749, section 3.2), and some servers refuse it.
Grant client_credentials_grant(const AuthOptions& options);
Grant password_grant(const AuthOptions& options);
Grant certificate_grant(const AuthOptions& options);
Grant private_key_grant(const AuthOptions& options);

}  // namespace isocenter::fhir
