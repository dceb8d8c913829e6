// HTTPS: a certificate made on the spot, OpenSSL as the client.
#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "http/server.h"
#include "http/testing/pattern_source.h"
#include "http/testing/raw_client.h"
#include "http/testing/test_server.h"

namespace isocenter::http {
namespace {

using testing::pattern;
using testing::PatternSource;
using testing::RawClient;
using testing::SliceSource;
using testing::source_response;
using testing::TestServer;

/// A self-signed certificate and its key as files that go with the object.
class Certificate {
  public:
    Certificate() {
        char folder[] = "/tmp/isocenter_tls_XXXXXX";
        folder_ = ::mkdtemp(folder);
        EVP_PKEY* key = EVP_EC_gen("P-256");
        X509* certificate = X509_new();
        X509_set_version(certificate, 2);
        ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
        X509_gmtime_adj(X509_getm_notBefore(certificate), -3600);
        X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
        X509_set_pubkey(certificate, key);
        X509_NAME* name = X509_get_subject_name(certificate);
        X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                                   reinterpret_cast<const unsigned char*>("localhost"), -1, -1, 0);
        X509_set_issuer_name(certificate, name);
        X509_sign(certificate, key, EVP_sha256());
        write(certificate_file(), [&](FILE* out) { PEM_write_X509(out, certificate); });
        write(key_file(),
              [&](FILE* out) { PEM_write_PrivateKey(out, key, nullptr, nullptr, 0, nullptr, nullptr); });
        X509_free(certificate);
        EVP_PKEY_free(key);
    }
    ~Certificate() {
        ::unlink(certificate_file().c_str());
        ::unlink(key_file().c_str());
        ::rmdir(folder_.c_str());
    }
    Certificate(const Certificate&) = delete;
    Certificate& operator=(const Certificate&) = delete;
    std::string certificate_file() const { return folder_ + "/certificate.pem"; }
    std::string key_file() const { return folder_ + "/key.pem"; }

  private:
    template <class Write>
    static void write(const std::string& path, const Write& content) {
        FILE* out = ::fopen(path.c_str(), "w");
        content(out);
        ::fclose(out);
    }
    std::string folder_;
};

/// One TLS connection over a RawClient's socket.
class TlsClient {
  public:
    TlsClient(std::uint16_t port, int newest, const char* alpn = nullptr)
        : raw_(port), context_(SSL_CTX_new(TLS_client_method())), ssl_(nullptr) {
        SSL_CTX_set_min_proto_version(context_, TLS1_VERSION);
        SSL_CTX_set_max_proto_version(context_, newest);
        SSL_CTX_set_cipher_list(context_, "DEFAULT@SECLEVEL=0");
        ssl_ = SSL_new(context_);
        const std::string offered =
            alpn == nullptr ? "" : std::string(1, static_cast<char>(strlen(alpn))) + alpn;
        if (alpn != nullptr)
            SSL_set_alpn_protos(ssl_, reinterpret_cast<const unsigned char*>(offered.data()),
                                static_cast<unsigned>(offered.size()));
        SSL_set_fd(ssl_, raw_.descriptor());
        connected_ = SSL_connect(ssl_) == 1;
    }
    ~TlsClient() {
        SSL_free(ssl_);
        SSL_CTX_free(context_);
    }
    TlsClient(const TlsClient&) = delete;
    TlsClient& operator=(const TlsClient&) = delete;
    bool connected() const { return connected_; }
    const char* version() const { return SSL_get_version(ssl_); }
    void send(std::string_view bytes) {
        ASSERT_EQ(SSL_write(ssl_, bytes.data(), static_cast<int>(bytes.size())),
                  static_cast<int>(bytes.size()));
    }
    /// Everything up to the server's close.
    std::string read_all() {
        std::string text;
        char buffer[16384];
        int count = 0;
        while ((count = SSL_read(ssl_, buffer, sizeof buffer)) > 0)
            text.append(buffer, static_cast<std::size_t>(count));
        ended_cleanly_ = SSL_get_error(ssl_, count) == SSL_ERROR_ZERO_RETURN;
        SSL_shutdown(ssl_);
        return text;
    }
    bool ended_cleanly() const { return ended_cleanly_; }

  private:
    RawClient raw_;
    SSL_CTX* context_;
    SSL* ssl_;
    bool connected_ = false;
    bool ended_cleanly_ = false;
};

void set_up(TestServer& test, const Certificate& certificate) {
    test.options.tls_certificate_file = certificate.certificate_file();
    test.options.tls_key_file = certificate.key_file();
    test.get("/file", [](const RequestContext&) {
        return source_response(std::make_unique<SliceSource>(pattern(5'000'000), 100, 100));
    });
    test.get("/chunks", [](const RequestContext&) {
        return source_response(std::make_unique<PatternSource>(pattern(100'000), false));
    });
    test.get("/base", [](const RequestContext& context) {
        return text_response(200, "text/plain", context.request.base_url);
    });
}

std::string body_of(const std::string& response) {
    const std::size_t end = response.find("\r\n\r\n");
    return end == std::string::npos ? "" : response.substr(end + 4);
}

TEST(ServerTls, BodiesOfEveryKindArrive) {
    const Certificate certificate;
    TestServer test;
    set_up(test, certificate);
    const std::uint16_t port = test.start();
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
        TlsClient client(port, version, "http/1.1");
        ASSERT_TRUE(client.connected());
        client.send("GET /base HTTP/1.1\r\nHost: example:1\r\nConnection: close\r\n\r\n");
        EXPECT_EQ(body_of(client.read_all()), "https://example:1");
        EXPECT_TRUE(client.ended_cleanly());
        for (const auto& [path, size] :
             {std::pair<std::string, std::size_t>{"/file", 5'000'000}, {"/chunks", 100'000}}) {
            TlsClient other(port, version);
            ASSERT_TRUE(other.connected());
            other.send("GET " + path + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
            EXPECT_TRUE(body_of(other.read_all()) == pattern(size)) << path;
        }
    }
    TlsClient sender(port, TLS1_3_VERSION);
    const std::string body = pattern(1'000'000);
    sender.send("POST /echo HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 1000000\r\n\r\n");
    sender.send(body);
    EXPECT_TRUE(body_of(sender.read_all()) == "1000000:" + body);
}

TEST(ServerTls, OldVersionsAndOtherProtocolsAreRefused) {
    const Certificate certificate;
    TestServer test;
    set_up(test, certificate);
    const std::uint16_t port = test.start();
    EXPECT_FALSE(TlsClient(port, TLS1_1_VERSION).connected());
    EXPECT_FALSE(TlsClient(port, TLS1_3_VERSION, "h2").connected());
    RawClient plain(port);
    plain.send("GET /base HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_EQ(plain.receive().status, 0U);
    EXPECT_TRUE(TlsClient(port, TLS1_3_VERSION).connected());
}

TEST(ServerTls, AHandshakeMustEndInTime) {
    const Certificate certificate;
    TestServer test;
    set_up(test, certificate);
    test.options.header_timeout = std::chrono::milliseconds(150);
    RawClient silent(test.start());
    EXPECT_TRUE(silent.at_end());
    EXPECT_TRUE(test.server->stop(std::chrono::seconds(5)));
}

TEST(ServerTls, StartRefusesHalfASetting) {
    const Certificate certificate;
    TestServer test;
    test.options.tls_certificate_file = certificate.certificate_file();
    EXPECT_EQ(test.start(), 0U);
    TestServer swapped;
    swapped.options.tls_certificate_file = certificate.key_file();
    swapped.options.tls_key_file = certificate.certificate_file();
    EXPECT_EQ(swapped.start(), 0U);
}

}  // namespace
}  // namespace isocenter::http
