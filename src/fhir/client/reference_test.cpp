#include "fhir/client/reference.h"

#include <gtest/gtest.h>

namespace isocenter::fhir {
namespace {

constexpr const char* kBase = "https://Fhir.Test/fhir";

TEST(References, below_the_base_are_local_however_it_is_spelled) {
    for (const char* text :
         {"Patient/p5", "Patient/p5/_history/2", "https://fhir.test/fhir/Patient/p5",
          "HTTPS://FHIR.test:443/fhir/Patient/p5", "https://fhir.test/fhir/Patient/p5/_history/7"}) {
        EXPECT_EQ(local_id(text, "Patient", kBase), "p5") << text;
        EXPECT_EQ(local_id(text, "Patient", "https://fhir.test:443/fhir/"), "p5") << text;
    }
    EXPECT_EQ(local_id("http://fhir.test/Patient/p5", "Patient", "http://fhir.test:80"), "p5");
}

TEST(References, to_other_servers_and_other_types_are_not) {
    for (const char* text :
         {"https://other.example/fhir/Patient/p5", "http://fhir.test/fhir/Patient/p5",
          "https://fhir.test:8443/fhir/Patient/p5", "https://fhir.test/other/Patient/p5",
          "https://fhir.test/FHIR/Patient/p5", "https://fhir.test/fhir/tenant/Patient/p5",
          "https://fhir.test.example/fhir/Patient/p5", "https://fhir.test/fhirs/Patient/p5",
          "urn:uuid:9e3f5c0e-0f0b-4b5e-8a6e-5b0c1d2e3f40", "Group/p5", "xPatient/p5", "Patient", "Patient/",
          "Patient/p5/name", "Patient?identifier=p5", "#p5", ""})
        EXPECT_EQ(local_id(text, "Patient", kBase), "") << text;
}

}  // namespace
}  // namespace isocenter::fhir
