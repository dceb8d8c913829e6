#include "app/cast_auth.h"

#include <fmt/format.h>

#include "fhir/auth/managed_identity.h"

namespace isocenter::app {
namespace {

fhir::AuthKind kind_of(const std::string& name) {
    if (name == "client_credentials") return fhir::AuthKind::client_credentials;
    if (name == "password") return fhir::AuthKind::password;
    if (name == "client_certificate") return fhir::AuthKind::client_certificate;
    if (name == "private_key_jwt") return fhir::AuthKind::private_key_jwt;
    if (name == "managed_identity") return fhir::AuthKind::managed_identity;
    return name == "token_file" ? fhir::AuthKind::token_file : fhir::AuthKind::none;
}

fhir::SigningAlgorithm algorithm_of(const std::string& name) {
    return name == "ES384" ? fhir::SigningAlgorithm::es384 : fhir::SigningAlgorithm::rs384;
}

// Both sides have the same rows in settings.def under their own prefix.
#define AUTH_OPTIONS(side)                                                                                \
    fhir::AuthOptions {                                                                                   \
        .kind = kind_of(settings.side##_auth), .token_uri = settings.side##_auth_token_uri,               \
        .client_id = settings.side##_auth_client_id,                                                      \
        .client_secret = {settings.side##_auth_client_secret, settings.side##_auth_client_secret_file},   \
        .scope = settings.side##_auth_scope, .resource = settings.side##_auth_resource,                   \
        .username = settings.side##_auth_username,                                                        \
        .password = {settings.side##_auth_password, settings.side##_auth_password_file},                  \
        .token_file = settings.side##_auth_token_file, .key_file = settings.side##_auth_key_file,         \
        .key_id = settings.side##_auth_key_id, .algorithm = algorithm_of(settings.side##_auth_algorithm), \
        .certificate_file = settings.side##_auth_certificate_file,                                        \
        .identity_endpoint = settings.managed_identity_endpoint, .identity_header = {                     \
            settings.managed_identity_header,                                                             \
            settings.managed_identity_header_file                                                         \
        }                                                                                                 \
    }

Status check(const fhir::AuthOptions& options, std::string_view section) {
    using fhir::AuthKind;
    const auto need = [&](bool given, std::string_view name) -> Status {
        if (given) return {};
        return fail(ErrorCode::invalid_request,
                    fmt::format("{0}.{1} must be given: {0}.auth needs it", section, name));
    };
    if (options.kind == AuthKind::none) return {};
    if (options.kind == AuthKind::token_file) return need(!options.token_file.empty(), "auth_token_file");
    if (options.kind == AuthKind::managed_identity) {
        if (!fhir::is_identity_endpoint(options.identity_endpoint))
            return fail(
                ErrorCode::invalid_request,
                "managed_identity.endpoint must be https, or http at a loopback or link-local address");
        return need(!options.resource.empty(), "auth_resource");
    }
    const bool url = options.token_uri.starts_with("http://") || options.token_uri.starts_with("https://");
    ISO_CHECK(need(url, "auth_token_uri"));
    ISO_CHECK(need(!options.client_id.empty(), "auth_client_id"));
    if (options.kind == AuthKind::client_credentials)
        return need(options.client_secret.given(), "auth_client_secret");
    if (options.kind == AuthKind::client_certificate)
        return need(!options.certificate_file.empty(), "auth_certificate_file");
    if (options.kind == AuthKind::private_key_jwt) {
        ISO_CHECK(need(!options.key_id.empty(), "auth_key_id"));
        return need(!options.key_file.empty(), "auth_key_file");
    }
    ISO_CHECK(need(!options.username.empty(), "auth_username"));
    return need(options.password.given(), "auth_password");
}

}  // namespace

Result<CastAuth> cast_auth(const Settings& settings) {
    CastAuth auth{AUTH_OPTIONS(fhir), AUTH_OPTIONS(dicomweb)};
    ISO_CHECK(check(auth.fhir, "fhir"));
    ISO_CHECK(check(auth.dicom, "dicomweb"));
    return auth;
}

}  // namespace isocenter::app
