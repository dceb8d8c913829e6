#include "app/cast_embedded.h"

#include <gtest/gtest.h>

namespace isocenter::app {
namespace {

TEST(EmbeddedCast, the_address_in_the_resources_is_the_one_that_clients_reach) {
    Settings settings;
    EXPECT_EQ(*endpoint_for_clients(settings), "http://127.0.0.1:8080/dicom-web");
    settings.address = "0.0.0.0";
    settings.tls_certificate_file = "chain.pem";
    settings.port = 8443;
    EXPECT_EQ(*endpoint_for_clients(settings), "https://127.0.0.1:8443/dicom-web");
    settings.address = "fe80::1";
    EXPECT_EQ(*endpoint_for_clients(settings), "https://[fe80::1]:8443/dicom-web");
    settings.public_url = "https://pacs.example/images/";
    EXPECT_EQ(*endpoint_for_clients(settings), "https://pacs.example/images/dicom-web");
    settings.dicomweb_endpoint = "https://pacs.example/v2";
    EXPECT_EQ(*endpoint_for_clients(settings), "https://pacs.example/v2");
}

TEST(EmbeddedCast, an_address_that_changes_at_every_start_is_refused) {
    Settings settings;
    settings.port = 0;
    const auto endpoint = endpoint_for_clients(settings);
    ASSERT_FALSE(endpoint.ok());
    EXPECT_EQ(endpoint.error().code, ErrorCode::invalid_request);
    EXPECT_NE(endpoint.error().message.find("dicomweb.endpoint"), std::string::npos);
}

}  // namespace
}  // namespace isocenter::app
