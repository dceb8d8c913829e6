#include "fhir/classic/removal.h"

#include <gtest/gtest.h>

#include "fhir/classic/test_entry.h"

namespace isocenter::fhir::classic {
namespace {

namespace json = boost::json;
using testing::Desk;
using testing::removed;

json::object series(const std::string& uid, json::array instances) {
    return {{"uid", uid}, {"instance", std::move(instances)}};
}

json::object study(json::array list, const std::string& source = "https://pacs.lakeside.test/v2") {
    json::object resource{{"resourceType", "ImagingStudy"},
                          {"status", "available"},
                          {"meta", {{"source", source}}},
                          {"series", std::move(list)}};
    return testing::found(std::move(resource), "is-881", "5");
}

std::optional<Request> removal(const std::vector<json::object>& found, bool keep_referenced = false) {
    Desk desk;
    return removal_request(found, removed("2.25.2", "2.25.2.1"), desk.options, keep_referenced);
}

// Obligation: 19.delete.no-study
TEST(ClassicRemoval, of_a_study_that_is_not_there_nothing_goes) {
    EXPECT_FALSE(removal({}));
}

// Obligation: 19.delete.no-instance
TEST(ClassicRemoval, of_a_series_or_instance_that_is_not_there_nothing_goes) {
    EXPECT_FALSE(removal({study({series("2.25.3", {{{"uid", "2.25.2.1"}}})})}));
    EXPECT_FALSE(removal({study({series("2.25.2", {{{"uid", "2.25.2.2"}}})})}));
}

// Obligation: 19.delete.instance
TEST(ClassicRemoval, others_of_the_series_stay) {
    const auto request = removal({study({series("2.25.2", {{{"uid", "2.25.2.1"}}, {{"uid", "2.25.2.2"}}})})});
    ASSERT_TRUE(request);
    EXPECT_EQ(request->mode, Mode::update);
    EXPECT_EQ(request->resource.at("series"), (json::array{series("2.25.2", {{{"uid", "2.25.2.2"}}})}));
    EXPECT_EQ(request->resource.at("meta").at("versionId"), "5");
}

// Obligation: 19.delete.series
TEST(ClassicRemoval, a_series_goes_with_its_last_instance) {
    const auto request = removal(
        {study({series("2.25.2", {{{"uid", "2.25.2.1"}}}), series("2.25.3", {{{"uid", "2.25.3.1"}}})})});
    ASSERT_TRUE(request);
    EXPECT_EQ(request->mode, Mode::update);
    EXPECT_EQ(request->resource.at("series"), (json::array{series("2.25.3", {{{"uid", "2.25.3.1"}}})}));
}

// Obligation: 19.delete.study
TEST(ClassicRemoval, a_study_of_ours_goes_with_its_last_series) {
    const auto request = removal({study({series("2.25.2", {{{"uid", "2.25.2.1"}}})})});
    ASSERT_TRUE(request);
    EXPECT_EQ(request->mode, Mode::remove);
    EXPECT_EQ(to_reference(request->id), "ImagingStudy/is-881");
}

// Obligation: 19.delete.foreign-study
TEST(ClassicRemoval, a_study_of_others_stays_without_series) {
    for (const char* source : {"https://elsewhere.test/v2", "https://pacs.lakeside.test/v2#request-9", ""}) {
        const auto request = removal({study({series("2.25.2", {{{"uid", "2.25.2.1"}}})}, source)});
        ASSERT_TRUE(request) << source;
        EXPECT_EQ(request->mode, Mode::update) << source;
        EXPECT_FALSE(request->resource.contains("series")) << source;
        EXPECT_EQ(request->resource.at("status"), "available") << source;
    }
}

TEST(ClassicRemoval, what_the_server_will_not_let_go_is_marked) {
    const auto request = removal({study({series("2.25.2", {{{"uid", "2.25.2.1"}}})})}, true);
    ASSERT_TRUE(request);
    EXPECT_EQ(request->mode, Mode::update);
    EXPECT_EQ(request->resource.at("status"), "entered-in-error");
}

}  // namespace
}  // namespace isocenter::fhir::classic
