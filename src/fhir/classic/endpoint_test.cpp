#include "fhir/classic/endpoint.h"

#include <gtest/gtest.h>

#include "fhir/classic/test_entry.h"

namespace isocenter::fhir::classic {
namespace {

namespace json = boost::json;
using testing::Desk;

json::object endpoint_at(const std::string& address) {
    return testing::found({{"resourceType", "Endpoint"}, {"address", address}}, "e1");
}

// Obligation: 19.endpoint.create
TEST(ClassicEndpoint, an_unknown_one_is_created_under_its_name) {
    Desk desk;
    const auto request = endpoint_request({}, desk.options, desk.new_uuid);
    ASSERT_TRUE(request.ok());
    EXPECT_EQ(request->mode, Mode::create);
    const json::object wanted{{"resourceType", "Endpoint"},
                              {"status", "active"},
                              {"connectionType",
                               {{"system", "http://terminology.hl7.org/CodeSystem/endpoint-connection-type"},
                                {"code", "dicom-wado-rs"}}},
                              {"name", "DICOM WADO-RS endpoint https://pacs.lakeside.test/v2"},
                              {"payloadType", json::array{{{"text", "DICOM WADO-RS"}}}},
                              {"payloadMimeType", json::array{"application/dicom"}},
                              {"address", "https://pacs.lakeside.test/v2"}};
    EXPECT_EQ(request->resource, wanted);
    EXPECT_EQ(request->condition,
              "connection-type=http%3A%2F%2Fterminology.hl7.org%2FCodeSystem%2Fendpoint-connection-type%7C"
              "dicom-wado-rs&name:exact=DICOM%20WADO-RS%20endpoint%20https%3A%2F%2Fpacs.lakeside.test%2Fv2");
}

// Obligation: 19.endpoint.found
TEST(ClassicEndpoint, a_known_one_is_referred_to) {
    Desk desk;
    const auto request =
        endpoint_request({endpoint_at("https://pacs.lakeside.test/v2")}, desk.options, desk.new_uuid);
    ASSERT_TRUE(request.ok());
    EXPECT_EQ(request->mode, Mode::none);
    EXPECT_EQ(to_reference(request->id), "Endpoint/e1");
}

// Obligation: 19.endpoint.other-address
TEST(ClassicEndpoint, one_with_another_address_is_refused) {
    Desk desk;
    const auto request =
        endpoint_request({endpoint_at("https://pacs.lakeside.test/V2")}, desk.options, desk.new_uuid);
    ASSERT_FALSE(request.ok());
    EXPECT_NE(request.error().message.find("Endpoint/e1"), std::string::npos);
}

}  // namespace
}  // namespace isocenter::fhir::classic
