#include <gtest/gtest.h>

#include "api/route_caller.h"
#include "index/sql/connection.h"

namespace isocenter::api {
namespace {

constexpr const char* kStudy = "/studies/{study}/metadata";
constexpr const char* kInstance = "/studies/{study}/series/{series}/instances/{instance}/metadata";

http::Response get(RouteCaller& test, const char* pattern,
                   const std::vector<std::pair<std::string, std::string>>& path,
                   const std::string& accept = "application/dicom+json") {
    const auto routes = retrieve_metadata_routes(test.face);
    http::Request request = RouteCaller::request();
    request.headers.set("Accept", accept);
    return RouteCaller::call(RouteCaller::find(routes, http::Method::get, pattern), request, params_of(path));
}

http::Response get_instance(RouteCaller& test, const std::string& instance) {
    return get(test, kInstance, {{"study", "1.1"}, {"series", "1.1.1"}, {"instance", instance}});
}

std::string object(const std::string& instance) {
    return archive::to_part10(archive::make_data_set("1.1", "1.1.1", instance));
}

TEST(RetrieveMetadata, OneThatCannotBeReadSpoilsOnlyItsOwnAnswer) {
    RouteCaller test(standard_profile());
    test.stored.store({object("1.1.1.1"), object("1.1.1.2"), object("1.1.1.3")});
    {
        const auto writer = test.stored.database.connections->writer();
        ASSERT_TRUE(writer.ok());
        ASSERT_TRUE(
            (*writer)->execute("UPDATE document SET json = x'00' WHERE key = (SELECT document_key "
                               "FROM instance WHERE uid = '1.1.1.2')"));
    }
    EXPECT_EQ(get_instance(test, "1.1.1.1").status, 200U);
    EXPECT_EQ(get_instance(test, "1.1.1.2").status, 500U);
    const http::Response study = get(test, kStudy, {{"study", "1.1"}});
    EXPECT_EQ(study.status, 200U);
    EXPECT_EQ(json_of(study).as_array().size(), 2U);
}

}  // namespace
}  // namespace isocenter::api
