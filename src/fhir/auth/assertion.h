#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"

namespace isocenter::fhir {

enum class SigningAlgorithm { rs256, rs384, es384 };

/// A client's statement about itself (RFC 7523), signed with its private key.
struct Assertion {
    SigningAlgorithm algorithm = SigningAlgorithm::rs384;
    std::string client_id;         ///< issuer and subject
    std::string audience;          ///< the token endpoint
    std::string key_id;            ///< header `kid`; empty: none
    std::string key_file;          ///< PEM
    std::string certificate_file;  ///< PEM; the first certificate becomes header `x5c`; empty: none
    std::int64_t lifetime = 0;     ///< seconds
};

/// A JWT with a random `jti`. The files are read at each call, so that keys may be changed while the process
/// runs. `unavailable` when they cannot be read or the key does not fit the algorithm.
Result<std::string> sign_assertion(const Assertion& assertion, std::int64_t now);

}  // namespace isocenter::fhir
