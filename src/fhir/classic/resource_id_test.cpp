#include "fhir/classic/resource_id.h"

#include <gtest/gtest.h>

namespace isocenter::fhir::classic {
namespace {

// Obligation: 19.ids.client-text
TEST(ClassicResourceId, a_client_id_is_written_as_uuid_urn) {
    EXPECT_EQ(to_reference(ClientId{"5f0c0000-0000-4000-8000-000000000001"}),
              "urn:uuid:5f0c0000-0000-4000-8000-000000000001");
}

// Obligation: 19.ids.server-text
TEST(ClassicResourceId, a_server_id_is_written_as_relative_reference) {
    EXPECT_EQ(to_reference(ServerId{"ImagingStudy", "is-881"}), "ImagingStudy/is-881");
    EXPECT_EQ(id_of({{"resourceType", "Patient"}, {"id", "p1"}}), (ServerId{"Patient", "p1"}));
}

// Obligation: 19.ids.client-equality
TEST(ClassicResourceId, client_ids_are_equal_by_their_uuid) {
    const ResourceId id = ClientId{"a"};
    EXPECT_EQ(id, ResourceId(ClientId{"a"}));
    EXPECT_NE(id, ResourceId(ClientId{"b"}));
}

// Obligation: 19.ids.fresh
TEST(ClassicResourceId, fresh_uuids_differ_and_are_of_version_4) {
    const std::string uuid = random_uuid();
    ASSERT_EQ(uuid.size(), 36U);
    for (const std::size_t dash : {8U, 13U, 18U, 23U})
        EXPECT_EQ(uuid[dash], '-');
    EXPECT_EQ(uuid[14], '4');
    EXPECT_NE(std::string("89ab").find(uuid[19]), std::string::npos);
    EXPECT_EQ(uuid.find_first_not_of("0123456789abcdef-"), std::string::npos);
    EXPECT_NE(uuid, random_uuid());
}

// Obligation: 19.ids.server-equality
TEST(ClassicResourceId, server_ids_are_equal_by_type_and_id) {
    const ResourceId id = ServerId{"Patient", "1"};
    EXPECT_EQ(id, ResourceId(ServerId{"Patient", "1"}));
    EXPECT_NE(id, ResourceId(ServerId{"Patient", "2"}));
    EXPECT_NE(id, ResourceId(ServerId{"Endpoint", "1"}));
}

// Obligation: 19.ids.kinds
TEST(ClassicResourceId, ids_of_different_kinds_are_never_equal) {
    EXPECT_NE(ResourceId(ClientId{"1"}), ResourceId(ServerId{"", "1"}));
    EXPECT_NE(ResourceId(ClientId{""}), ResourceId(ServerId{}));
}

}  // namespace
}  // namespace isocenter::fhir::classic
