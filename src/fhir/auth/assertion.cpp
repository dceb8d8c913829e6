#include "fhir/auth/assertion.h"

#include <openssl/bio.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <algorithm>
#include <boost/json.hpp>
#include <memory>
#include <string_view>

#include "base/digest.h"
#include "dicom/base64.h"
#include "fhir/auth/secret.h"

namespace isocenter::fhir {
namespace {

namespace json = boost::json;

template <auto Free>
struct Freed {
    template <class T>
    void operator()(T* object) const {
        Free(object);
    }
};
using Bio = std::unique_ptr<BIO, Freed<BIO_free_all>>;
using Key = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Freed<X509_free>>;
using Digest = std::unique_ptr<EVP_MD_CTX, Freed<EVP_MD_CTX_free>>;
using EcSignature = std::unique_ptr<ECDSA_SIG, Freed<ECDSA_SIG_free>>;

/// Bytes of each half of an ES384 signature (RFC 7518, section 3.4).
constexpr int kHalf = 48;
constexpr int kCurveBits = 384;

std::string_view name_of(SigningAlgorithm algorithm) {
    if (algorithm == SigningAlgorithm::rs256) return "RS256";
    return algorithm == SigningAlgorithm::es384 ? "ES384" : "RS384";
}

std::string base64url(std::string_view bytes) {
    std::string text;
    dicom::append_base64(text, bytes);
    std::replace(text.begin(), text.end(), '+', '-');
    std::replace(text.begin(), text.end(), '/', '_');
    text.resize(text.find_last_not_of('=') + 1);
    return text;
}

Bio bio_of(const std::string& text) {
    return Bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

/// A key with a passphrase is refused: nobody is there to be asked for it.
int no_passphrase(char* /*buffer*/, int /*size*/, int /*writing*/, void* /*data*/) {
    return -1;
}

Result<Key> read_key(const Assertion& assertion) {
    ISO_TRY(const std::string text, read_small_file(assertion.key_file, "the private key"));
    Key key(PEM_read_bio_PrivateKey(bio_of(text).get(), nullptr, no_passphrase, nullptr));
    if (key == nullptr)
        return fail(ErrorCode::unavailable,
                    "the file of the private key holds no PEM key without passphrase");
    const bool elliptic = assertion.algorithm == SigningAlgorithm::es384;
    const bool fits = EVP_PKEY_base_id(key.get()) == (elliptic ? EVP_PKEY_EC : EVP_PKEY_RSA);
    if (!fits || (elliptic && EVP_PKEY_bits(key.get()) != kCurveBits))
        return fail(ErrorCode::unavailable, "the private key is not of the kind that " +
                                                std::string(name_of(assertion.algorithm)) + " needs");
    return key;
}

/// DER of the first certificate, in base64 (RFC 7515, section 4.1.6).
Result<std::string> read_certificate(const std::string& file) {
    ISO_TRY(const std::string text, read_small_file(file, "the certificate"));
    const Certificate certificate(PEM_read_bio_X509(bio_of(text).get(), nullptr, no_passphrase, nullptr));
    unsigned char* der = nullptr;
    const int size = certificate == nullptr ? -1 : i2d_X509(certificate.get(), &der);
    if (size <= 0)
        return fail(ErrorCode::unavailable, "the file of the certificate holds no PEM certificate");
    std::string encoded;
    dicom::append_base64(encoded, {reinterpret_cast<const char*>(der), static_cast<std::size_t>(size)});
    OPENSSL_free(der);
    return encoded;
}

/// The two numbers side by side, as JWTs have them, of a signature as OpenSSL makes it.
std::string joined_halves(const std::string& der) {
    const auto* begin = reinterpret_cast<const unsigned char*>(der.data());
    const EcSignature parsed(d2i_ECDSA_SIG(nullptr, &begin, static_cast<long>(der.size())));
    std::string halves(std::size_t{2} * kHalf, '\0');
    auto* out = reinterpret_cast<unsigned char*>(halves.data());
    const bool made = parsed != nullptr &&
                      BN_bn2binpad(ECDSA_SIG_get0_r(parsed.get()), out, kHalf) == kHalf &&
                      BN_bn2binpad(ECDSA_SIG_get0_s(parsed.get()), out + kHalf, kHalf) == kHalf;
    return made ? halves : std::string();
}

Result<std::string> signature_of(const std::string& text, EVP_PKEY* key, SigningAlgorithm algorithm) {
    const EVP_MD* hash = algorithm == SigningAlgorithm::rs256 ? EVP_sha256() : EVP_sha384();
    const Digest digest(EVP_MD_CTX_new());
    const auto* bytes = reinterpret_cast<const unsigned char*>(text.data());
    std::size_t size = 0;
    bool made = EVP_DigestSignInit(digest.get(), nullptr, hash, nullptr, key) == 1 &&
                EVP_DigestSign(digest.get(), nullptr, &size, bytes, text.size()) == 1;
    std::string signature(size, '\0');
    made = made && EVP_DigestSign(digest.get(), reinterpret_cast<unsigned char*>(signature.data()), &size,
                                  bytes, text.size()) == 1;
    signature.resize(size);
    if (made && algorithm == SigningAlgorithm::es384) signature = joined_halves(signature);
    if (!made || signature.empty())
        return fail(ErrorCode::unavailable, "the private key could not sign the client assertion");
    return signature;
}

}  // namespace

Result<std::string> sign_assertion(const Assertion& assertion, std::int64_t now) {
    ISO_TRY(const Key key, read_key(assertion));
    json::object header{{"alg", name_of(assertion.algorithm)}, {"typ", "JWT"}};
    if (!assertion.key_id.empty()) header["kid"] = assertion.key_id;
    if (!assertion.certificate_file.empty()) {
        ISO_TRY(const std::string certificate, read_certificate(assertion.certificate_file));
        header["x5c"] = json::array{certificate};
    }
    const json::object claims{{"iss", assertion.client_id},
                              {"sub", assertion.client_id},
                              {"aud", assertion.audience},
                              {"jti", random_hex(16)},
                              {"nbf", now},
                              {"exp", now + assertion.lifetime}};
    const std::string text = base64url(json::serialize(header)) + '.' + base64url(json::serialize(claims));
    ISO_TRY(const std::string signature, signature_of(text, key.get(), assertion.algorithm));
    return text + '.' + base64url(signature);
}

}  // namespace isocenter::fhir
