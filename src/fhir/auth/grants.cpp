#include "fhir/auth/grants.h"

namespace isocenter::fhir {
namespace {

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

}  // namespace isocenter::fhir
