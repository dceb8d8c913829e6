#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <string>

#include "base/result.h"

namespace isocenter::net {

struct SslContextDeleter {
    void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};
using SslContext = std::unique_ptr<SSL_CTX, SslContextDeleter>;

/// A server's TLS settings: TLS 1.2 or newer, ALPN `http/1.1`, no renegotiation. `certificate_file` holds the
/// chain, leaf first (PEM). Fails with `unavailable` when a file cannot be read or key and certificate do not
/// belong together.
Result<SslContext> make_server_tls(const std::string& certificate_file, const std::string& key_file);

/// Whether `file` (PEM) holds a certificate that others can be checked by; `invalid_request` that names it
/// when it does not.
Status check_authorities(const std::string& file);

}  // namespace isocenter::net
