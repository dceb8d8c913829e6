#include "fhir/auth/grants.h"

namespace isocenter::fhir {
namespace {

constexpr std::int64_t kCertificateLifetime = 600;
/// SMART allows 5 minutes; what is left lets the provider's clock be slow.
constexpr std::int64_t kPrivateKeyLifetime = 240;

void add_target(Form& form, const AuthOptions& options) {
    if (!options.scope.empty()) form.emplace_back("scope", options.scope);
    if (!options.resource.empty()) form.emplace_back("resource", options.resource);
}

Result<Form> secret_form(const AuthOptions& options, const std::string& grant_type) {
    ISO_TRY(std::string secret, options.client_secret.read("the client secret"));
    Form form = {{"grant_type", grant_type}, {"client_id", options.client_id}};
    if (!secret.empty()) form.emplace_back("client_secret", std::move(secret));
    add_target(form, options);
    return form;
}

Grant assertion_grant(const AuthOptions& options, Assertion assertion) {
    assertion.client_id = options.client_id;
    assertion.audience = options.token_uri;
    return [options, assertion](std::int64_t now) -> Result<Form> {
        ISO_TRY(std::string jwt, sign_assertion(assertion, now));
        Form form = {{"grant_type", "client_credentials"}, {"client_id", options.client_id}};
        add_target(form, options);
        form.emplace_back("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer");
        form.emplace_back("client_assertion", std::move(jwt));
        return form;
    };
}

}  // namespace

Grant client_credentials_grant(const AuthOptions& options) {
    return [options](std::int64_t) { return secret_form(options, "client_credentials"); };
}

Grant password_grant(const AuthOptions& options) {
    return [options](std::int64_t) -> Result<Form> {
        ISO_TRY(std::string password, options.password.read("the password"));
        ISO_TRY(Form form, secret_form(options, "password"));
        form.emplace_back("username", options.username);
        form.emplace_back("password", std::move(password));
        return form;
    };
}

Grant certificate_grant(const AuthOptions& options) {
    Assertion assertion;
    assertion.algorithm = SigningAlgorithm::rs256;
    assertion.certificate_file = options.certificate_file;
    assertion.key_file = options.key_file.empty() ? options.certificate_file : options.key_file;
    assertion.lifetime = kCertificateLifetime;
    return assertion_grant(options, std::move(assertion));
}

Grant private_key_grant(const AuthOptions& options) {
    Assertion assertion;
    assertion.algorithm = options.algorithm;
    assertion.key_id = options.key_id;
    assertion.key_file = options.key_file;
    assertion.lifetime = kPrivateKeyLifetime;
    return assertion_grant(options, std::move(assertion));
}

}  // namespace isocenter::fhir
