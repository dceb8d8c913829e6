#include "app/cast_auth.h"

#include <gtest/gtest.h>

namespace isocenter::app {
namespace {

TEST(CastAuth, nothing_is_authorized_by_default) {
    const auto auth = cast_auth(Settings{});
    ASSERT_TRUE(auth.ok());
    EXPECT_EQ(auth->fhir.kind, fhir::AuthKind::none);
    EXPECT_EQ(auth->dicom.kind, fhir::AuthKind::none);
}

TEST(CastAuth, each_side_has_its_own_settings) {
    Settings settings;
    settings.fhir_auth = "client_credentials";
    settings.fhir_auth_token_uri = "https://login.test/token";
    settings.fhir_auth_client_id = "cast";
    settings.fhir_auth_client_secret_file = "/run/secrets/cast";
    settings.dicomweb_auth = "token_file";
    settings.dicomweb_auth_token_file = "/run/token";
    const auto auth = cast_auth(settings);
    ASSERT_TRUE(auth.ok());
    EXPECT_EQ(auth->fhir.kind, fhir::AuthKind::client_credentials);
    EXPECT_EQ(auth->fhir.token_uri, "https://login.test/token");
    EXPECT_EQ(auth->fhir.client_secret.file, "/run/secrets/cast");
    EXPECT_EQ(auth->dicom.kind, fhir::AuthKind::token_file);
    EXPECT_EQ(auth->dicom.token_file, "/run/token");
}

TEST(CastAuth, keys_and_certificates) {
    Settings settings;
    for (std::string* uri : {&settings.fhir_auth_token_uri, &settings.dicomweb_auth_token_uri})
        *uri = "https://login.test/token";
    settings.fhir_auth = "private_key_jwt";
    settings.fhir_auth_client_id = settings.dicomweb_auth_client_id = "cast";
    settings.fhir_auth_key_file = "key.pem";
    settings.fhir_auth_key_id = "k1";
    settings.fhir_auth_algorithm = "ES384";
    settings.dicomweb_auth = "client_certificate";
    settings.dicomweb_auth_certificate_file = "cert.pem";
    const auto auth = cast_auth(settings);
    ASSERT_TRUE(auth.ok());
    EXPECT_EQ(auth->fhir.kind, fhir::AuthKind::private_key_jwt);
    EXPECT_EQ(auth->fhir.key_file, "key.pem");
    EXPECT_EQ(auth->fhir.key_id, "k1");
    EXPECT_EQ(auth->fhir.algorithm, fhir::SigningAlgorithm::es384);
    EXPECT_EQ(auth->dicom.kind, fhir::AuthKind::client_certificate);
    EXPECT_EQ(auth->dicom.certificate_file, "cert.pem");
}

TEST(CastAuth, a_managed_identity_is_the_machines) {
    Settings settings;
    settings.fhir_auth = "managed_identity";
    EXPECT_EQ(cast_auth(settings).error().message, "fhir.auth_resource must be given: fhir.auth needs it");
    settings.fhir_auth_resource = "https://fhir.test";
    settings.managed_identity_header_file = "/run/header";
    const auto auth = cast_auth(settings);
    ASSERT_TRUE(auth.ok());
    EXPECT_EQ(auth->fhir.kind, fhir::AuthKind::managed_identity);
    EXPECT_EQ(auth->fhir.identity_endpoint, "http://169.254.169.254/metadata/identity/oauth2/token");
    EXPECT_EQ(auth->fhir.identity_header.file, "/run/header");
    settings.managed_identity_endpoint = "http://pacs.test/token";
    EXPECT_NE(cast_auth(settings).error().message.find("managed_identity.endpoint"), std::string::npos);
}

TEST(CastAuth, what_a_kind_needs_is_named_when_missing) {
    const auto missing = [](const std::string& kind, const std::string& secret) {
        Settings settings;
        settings.dicomweb_auth = kind;
        settings.dicomweb_auth_token_uri = "https://login.test/token";
        settings.dicomweb_auth_client_id = "cast";
        settings.dicomweb_auth_client_secret = secret;
        const auto auth = cast_auth(settings);
        return auth.ok() ? std::string() : auth.error().message;
    };
    EXPECT_EQ(missing("client_credentials", "s"), "");
    EXPECT_EQ(missing("client_credentials", ""),
              "dicomweb.auth_client_secret must be given: dicomweb.auth needs it");
    EXPECT_EQ(missing("password", "s"), "dicomweb.auth_username must be given: dicomweb.auth needs it");
    EXPECT_EQ(missing("client_certificate", ""),
              "dicomweb.auth_certificate_file must be given: dicomweb.auth needs it");
    EXPECT_EQ(missing("private_key_jwt", ""), "dicomweb.auth_key_id must be given: dicomweb.auth needs it");
    EXPECT_EQ(missing("token_file", "s"), "dicomweb.auth_token_file must be given: dicomweb.auth needs it");
}

}  // namespace
}  // namespace isocenter::app
