#include "fhir/auth/assertion.h"

#include <gtest/gtest.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <unistd.h>

#include <algorithm>
#include <boost/json.hpp>
#include <filesystem>
#include <memory>

#include "dicom/base64.h"
#include "fhir/auth/auth.h"

namespace isocenter::fhir {
namespace {

namespace json = boost::json;

constexpr std::int64_t kNow = 1'800'000'000;
using Key = std::shared_ptr<EVP_PKEY>;

struct Jwt {
    json::value header;
    json::value claims;
    std::string signed_text;
    std::string signature;
};

std::string decoded(std::string text) {
    EXPECT_EQ(text.find_first_of("+/="), std::string::npos);
    std::replace(text.begin(), text.end(), '-', '+');
    std::replace(text.begin(), text.end(), '_', '/');
    return dicom::decode_base64(text).value();
}

Jwt parsed(const std::string& token) {
    const std::size_t first = token.find('.');
    const std::size_t second = token.find('.', first + 1);
    return {json::parse(decoded(token.substr(0, first))),
            json::parse(decoded(token.substr(first + 1, second - first - 1))), token.substr(0, second),
            decoded(token.substr(second + 1))};
}

bool verifies(const Jwt& jwt, const Key& key, const EVP_MD* hash) {
    std::string signature = jwt.signature;
    if (EVP_PKEY_base_id(key.get()) == EVP_PKEY_EC) {
        if (signature.size() != 96) return false;
        const auto* bytes = reinterpret_cast<const unsigned char*>(signature.data());
        const std::unique_ptr<ECDSA_SIG, decltype(&ECDSA_SIG_free)> pair(ECDSA_SIG_new(), ECDSA_SIG_free);
        ECDSA_SIG_set0(pair.get(), BN_bin2bn(bytes, 48, nullptr), BN_bin2bn(bytes + 48, 48, nullptr));
        unsigned char* der = nullptr;
        const int size = i2d_ECDSA_SIG(pair.get(), &der);
        signature.assign(reinterpret_cast<const char*>(der), static_cast<std::size_t>(size));
        OPENSSL_free(der);
    }
    const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> digest(EVP_MD_CTX_new(), EVP_MD_CTX_free);
    EVP_DigestVerifyInit(digest.get(), nullptr, hash, nullptr, key.get());
    return EVP_DigestVerify(digest.get(), reinterpret_cast<const unsigned char*>(signature.data()),
                            signature.size(), reinterpret_cast<const unsigned char*>(jwt.signed_text.data()),
                            jwt.signed_text.size()) == 1;
}

/// Answers every request with a token and keeps the last body.
class Endpoint : public net::HttpSender {
  public:
    Result<net::HttpReply> send(const net::HttpRequest& request) override {
        body = request.body;
        return net::HttpReply{200, "application/json", {}, R"({"access_token":"t","expires_in":60})"};
    }
    std::string body;
};

class AssertionTest : public testing::Test {
  protected:
    AssertionTest() {
        std::filesystem::create_directories(folder);
        assertion.client_id = "cast";
        assertion.audience = "https://login.test/token";
        assertion.key_id = "key-1";
        assertion.key_file = path("key.pem");
        assertion.lifetime = 240;
    }
    ~AssertionTest() override { std::filesystem::remove_all(folder); }
    std::string path(const std::string& name) const { return (folder / name).string(); }
    Key rsa() const { return written(EVP_RSA_gen(2048)); }
    Key elliptic(const char* curve) const { return written(EVP_EC_gen(curve)); }
    Key written(EVP_PKEY* made) const {
        const std::unique_ptr<FILE, decltype(&std::fclose)> file(std::fopen(assertion.key_file.c_str(), "w"),
                                                                 std::fclose);
        PEM_write_PrivateKey(file.get(), made, nullptr, nullptr, 0, nullptr, nullptr);
        return {made, EVP_PKEY_free};
    }
    /// Writes a certificate of the key; its DER.
    std::string certify(const Key& key) const {
        const std::unique_ptr<X509, decltype(&X509_free)> made(X509_new(), X509_free);
        X509_gmtime_adj(X509_getm_notBefore(made.get()), 0);
        X509_gmtime_adj(X509_getm_notAfter(made.get()), 3600);
        X509_set_pubkey(made.get(), key.get());
        X509_sign(made.get(), key.get(), EVP_sha256());
        const std::unique_ptr<FILE, decltype(&std::fclose)> file(std::fopen(path("cert.pem").c_str(), "w"),
                                                                 std::fclose);
        PEM_write_X509(file.get(), made.get());
        unsigned char* der = nullptr;
        const int size = i2d_X509(made.get(), &der);
        std::string bytes(reinterpret_cast<const char*>(der), static_cast<std::size_t>(size));
        OPENSSL_free(der);
        return bytes;
    }
    std::string request_body(AuthKind kind) {
        AuthOptions options;
        options.kind = kind;
        options.token_uri = assertion.audience;
        options.client_id = assertion.client_id;
        options.scope = "all";
        options.resource = "api";
        options.key_file = assertion.key_file;
        options.key_id = assertion.key_id;
        options.certificate_file = path("cert.pem");
        Endpoint endpoint;
        EXPECT_TRUE(make_token_source(options, endpoint, {.clock = [] { return kNow; }})->token().ok());
        return endpoint.body;
    }

    const std::filesystem::path folder =
        std::filesystem::temp_directory_path() / ("isocenter-assertion-" + std::to_string(getpid()));
    Assertion assertion;
};

TEST_F(AssertionTest, rs384_verifies_and_says_who_for_whom_and_how_long) {
    const Key key = rsa();
    const Jwt jwt = parsed(*sign_assertion(assertion, kNow));
    EXPECT_TRUE(verifies(jwt, key, EVP_sha384()));
    EXPECT_EQ(jwt.header, json::parse(R"({"alg":"RS384","typ":"JWT","kid":"key-1"})"));
    json::object claims = jwt.claims.as_object();
    const std::string id(claims.at("jti").as_string());
    EXPECT_GE(id.size(), 32U);
    EXPECT_NE(parsed(*sign_assertion(assertion, kNow)).claims.at("jti"), claims.at("jti"));
    claims.erase("jti");
    EXPECT_EQ(claims, json::parse(R"({"iss":"cast","sub":"cast","aud":"https://login.test/token",
                                      "nbf":1800000000,"exp":1800000240})")
                          .as_object());
}

TEST_F(AssertionTest, es384_verifies) {
    const Key key = elliptic("P-384");
    assertion.algorithm = SigningAlgorithm::es384;
    const Jwt jwt = parsed(*sign_assertion(assertion, kNow));
    EXPECT_EQ(jwt.header.at("alg"), "ES384");
    EXPECT_TRUE(verifies(jwt, key, EVP_sha384()));
}

TEST_F(AssertionTest, a_key_that_does_not_fit_is_refused_without_its_path) {
    elliptic("P-384");
    EXPECT_EQ(sign_assertion(assertion, kNow).error().message,
              "the private key is not of the kind that RS384 needs");
    assertion.algorithm = SigningAlgorithm::es384;
    elliptic("P-256");
    EXPECT_FALSE(sign_assertion(assertion, kNow).ok());
    std::filesystem::remove(assertion.key_file);
    const Error error = sign_assertion(assertion, kNow).error();
    EXPECT_EQ(error.code, ErrorCode::unavailable);
    EXPECT_EQ(error.message.find(folder.string()), std::string::npos);
}

TEST_F(AssertionTest, private_key_jwt_form) {
    const Key key = rsa();
    const std::string body = request_body(AuthKind::private_key_jwt);
    const std::string begin =
        "grant_type=client_credentials&client_id=cast&scope=all&resource=api&client_assertion_type="
        "urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer&client_assertion=";
    ASSERT_TRUE(body.starts_with(begin)) << body;
    const Jwt jwt = parsed(body.substr(begin.size()));
    EXPECT_TRUE(verifies(jwt, key, EVP_sha384()));
    EXPECT_EQ(jwt.header.as_object().count("x5c"), 0U);
    EXPECT_EQ(jwt.header.at("kid"), "key-1");
    EXPECT_GT(jwt.claims.at("exp").as_int64(), kNow);
    EXPECT_LE(jwt.claims.at("exp").as_int64(), kNow + 300);
}

TEST_F(AssertionTest, client_certificate_form) {
    const Key key = rsa();
    const std::string der = certify(key);
    const std::string body = request_body(AuthKind::client_certificate);
    const Jwt jwt = parsed(body.substr(body.rfind('=') + 1));
    EXPECT_TRUE(verifies(jwt, key, EVP_sha256()));
    EXPECT_EQ(jwt.header.at("alg"), "RS256");
    EXPECT_EQ(jwt.header.as_object().count("kid"), 0U);
    ASSERT_EQ(jwt.header.at("x5c").as_array().size(), 1U);
    EXPECT_EQ(dicom::decode_base64(jwt.header.at("x5c").at(0).as_string()), der);
    EXPECT_EQ(jwt.claims.at("exp").as_int64(), kNow + 600);
}

}  // namespace
}  // namespace isocenter::fhir
