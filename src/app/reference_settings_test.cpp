#include "app/reference_settings.h"

#include <gtest/gtest.h>

#include <map>

namespace isocenter::app {
namespace {

TEST(ReferenceSettings, durations) {
    EXPECT_EQ(parse_duration("00:01:00"), 60'000U);
    EXPECT_EQ(parse_duration("1.02:03:04.5"), 93'784'500U);
    EXPECT_EQ(parse_duration("00:00:00"), 0U);
    EXPECT_EQ(parse_duration("00:00:00.0019999"), 1U);
    for (const char* wrong : {"", "60", "00:01", "24:00:00", "00:60:00", "00:00:60", "-00:00:01", "00:00:01.",
                              "00:00:01.12345678", "1.00:00", "00:00:1s", "a.00:00:00"})
        EXPECT_EQ(parse_duration(wrong), std::nullopt) << wrong;
}

TEST(ReferenceSettings, tables_name_what_takes_their_place) {
    for (const auto& [name, ours] :
         {std::pair("Cast__IssuerMap__Lakeside", "cast.issuer_map"),
          std::pair("Cast:IssuerMap", "cast.issuer_map"),
          std::pair("Cast:Partitions:north:Target", "cast.partitions and cast.partition_systems")}) {
        const auto setting = translate_reference_setting(name, "x", "test");
        ASSERT_TRUE(setting && setting->ok()) << name;
        EXPECT_EQ((*setting)->key, "") << name;
        EXPECT_EQ((*setting)->instead, ours) << name;
    }
    EXPECT_FALSE(translate_reference_setting("Cast:PartitionsElsewhere", "x", "test"));
}

TEST(ReferenceSettings, names_of_the_reference_become_ours) {
    struct Case {
        const char* name;
        const char* value;
        const char* key;
        const char* ours;
    };
    const Case cases[] = {
        {"Fhir:Endpoint", "http://fhir/R4", "fhir.endpoint", "http://fhir/R4"},
        {"FHIR__ENDPOINT", "http://fhir/R4", "fhir.endpoint", "http://fhir/R4"},
        {"DicomWeb__Endpoint", "http://pacs/v2", "dicomweb.endpoint", "http://pacs/v2"},
        {"DicomCastWorker:PollInterval", "00:00:30", "cast.poll_interval_ms", "30000"},
        {"RetryConfiguration__TotalRetryDuration", "00:10:00.5", "cast.retry_total_s", "601"},
        {"DicomCast:Features:GenerateObservations", "True", "cast.generate_observations", "true"},
        {"Cast__Profile", "cast-compatible", "cast.profile", "cast-compatible"},
        {"Patient:PatientSystemId", "urn:lakeside:mrn", "cast.patient_system_id", "urn:lakeside:mrn"},
        {"Cast:SubjectMismatch", "deadLetter", "cast.subject_mismatch", "dead_letter"},
        {"Fhir:Authentication:AuthenticationType", "OAuth2ClientCredential", "fhir.auth",
         "client_credentials"},
        {"Fhir:Authentication:OAuth2ClientCredential:TokenUri", "http://id", "fhir.auth_token_uri",
         "http://id"},
        {"DicomWeb__Authentication__OAuth2UserPasswordCredential__Password", "p:w__",
         "dicomweb.auth_password", "p:w__"},
        {"Fhir:Authentication:Enabled", "false", "fhir.auth", "none"},
        {"Fhir:Authentication:Enabled", "true", "", ""},
        {"Fhir__Authentication__AuthenticationType", "ManagedIdentity", "fhir.auth", "managed_identity"},
        {"Fhir:Authentication:ManagedIdentityCredential:Resource", "http://fhir", "fhir.auth_resource",
         "http://fhir"},
        {"DicomWeb:Authentication:ManagedIdentityCredential:ClientId", "c", "dicomweb.auth_client_id", "c"},
        {"Fhir:Authentication:ManagedIdentityCredential:TenantId", "t", "", ""},
        {"Cohort__ForwardToken", "True", "cohort.forward_token", "true"},
        {"Cohort:ResultTtl", "01:00:00", "cohort.result_ttl_s", "3600"},
        {"IDENTITY_ENDPOINT", "http://127.0.0.1:1/t", "managed_identity.endpoint", "http://127.0.0.1:1/t"},
        {"IDENTITY_HEADER", "s", "managed_identity.header", "s"},
        {"TableStore__ConnectionString", "UseDevelopmentStorage=true", "", ""},
    };
    for (const Case& c : cases) {
        const auto setting = translate_reference_setting(c.name, c.value, "test");
        ASSERT_TRUE(setting.has_value()) << c.name;
        ASSERT_TRUE(setting->ok()) << c.name << ": " << setting->error().message;
        EXPECT_EQ((*setting)->key, c.key) << c.name;
        EXPECT_EQ((*setting)->value, c.ours) << c.name;
    }
}

TEST(ReferenceSettings, what_is_unknown_or_wrong) {
    EXPECT_FALSE(translate_reference_setting("Fhir:Endpoints", "x", "test").has_value());
    EXPECT_FALSE(translate_reference_setting("fhir.endpoint", "x", "test").has_value());
    const auto duration = translate_reference_setting("Cast:Settle", "2s", "Cast__Settle");
    ASSERT_TRUE(duration.has_value());
    ASSERT_FALSE(duration->ok());
    EXPECT_NE(duration->error().message.find("Cast__Settle"), std::string::npos);
    const auto kind =
        translate_reference_setting("Fhir:Authentication:AuthenticationType", "Kerberos", "test");
    ASSERT_TRUE(kind.has_value());
    EXPECT_FALSE(kind->ok());
}

}  // namespace
}  // namespace isocenter::app
