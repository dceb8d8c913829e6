#include "net/tls.h"

#include <openssl/err.h>

#include <string_view>

namespace isocenter::net {
namespace {

Error tls_failure(const std::string& what) {
    char text[256] = {};
    ERR_error_string_n(ERR_get_error(), text, sizeof text);
    ERR_clear_error();
    return fail(ErrorCode::unavailable, what, text);
}

int select_alpn(SSL* /*ssl*/, const unsigned char** out, unsigned char* out_length,
                const unsigned char* offered, unsigned int offered_length, void* /*arg*/) {
    static constexpr std::string_view kProtocols = "\x08http/1.1";
    unsigned char* chosen = nullptr;
    const int found =
        SSL_select_next_proto(&chosen, out_length, reinterpret_cast<const unsigned char*>(kProtocols.data()),
                              static_cast<unsigned>(kProtocols.size()), offered, offered_length);
    if (found != OPENSSL_NPN_NEGOTIATED) return SSL_TLSEXT_ERR_ALERT_FATAL;
    *out = chosen;
    return SSL_TLSEXT_ERR_OK;
}

}  // namespace

Result<SslContext> make_server_tls(const std::string& certificate_file, const std::string& key_file) {
    SslContext context(SSL_CTX_new(TLS_server_method()));
    if (!context) return tls_failure("no TLS context");
    SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
    SSL_CTX_set_options(context.get(),
                        SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE);
    SSL_CTX_set_mode(context.get(), SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_alpn_select_cb(context.get(), select_alpn, nullptr);
    if (SSL_CTX_use_certificate_chain_file(context.get(), certificate_file.c_str()) != 1)
        return tls_failure("the TLS certificate " + certificate_file + " cannot be read");
    if (SSL_CTX_use_PrivateKey_file(context.get(), key_file.c_str(), SSL_FILETYPE_PEM) != 1)
        return tls_failure("the TLS key " + key_file + " cannot be read");
    if (SSL_CTX_check_private_key(context.get()) != 1)
        return tls_failure("the TLS key " + key_file + " is not that of the certificate " + certificate_file);
    return context;
}

Status check_authorities(const std::string& file) {
    const std::unique_ptr<X509_STORE, decltype(&X509_STORE_free)> store(X509_STORE_new(), &X509_STORE_free);
    const bool is_read = store && X509_STORE_load_file(store.get(), file.c_str()) == 1;
    ERR_clear_error();
    if (is_read) return {};
    return fail(ErrorCode::invalid_request, file + " cannot be read, or holds no certificate (PEM)");
}

}  // namespace isocenter::net
