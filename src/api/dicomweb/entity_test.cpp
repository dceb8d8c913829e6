#include "api/dicomweb/entity.h"

#include <gtest/gtest.h>

namespace isocenter::api {
namespace {

TEST(Entity, ReadsWhatThePathNames) {
    http::PathParams params;
    params.set("study", "1.2     ");
    const auto study = read_entity(params);
    ASSERT_TRUE(study);
    EXPECT_EQ(study->study.str(), "1.2");
    EXPECT_TRUE(study->series.empty());
    params.set("series", "98-0-705");
    EXPECT_EQ(read_entity(params).error().code, ErrorCode::invalid_request);
    params.set("series", "");
    EXPECT_FALSE(read_entity(params));
}

TEST(Entity, NamesTheParameterOfAPathThatIsIllFormed) {
    http::PathParams params;
    EXPECT_EQ(ill_formed_parameter(params), "");
    params.set("study", "1.2");
    params.set("frames", "1,2");
    EXPECT_EQ(ill_formed_parameter(params), "");
    params.set("frames", "1,,2");
    EXPECT_EQ(ill_formed_parameter(params), "frames");
    params.set("instance", "x");
    EXPECT_EQ(ill_formed_parameter(params), "instance");
}

TEST(Entity, UrisAndTags) {
    index::EntityKey key;
    key.study = StudyUid("1.2");
    EXPECT_EQ(entity_uri("http://h/v2", key), "http://h/v2/studies/1.2");
    const std::string tag = revision_tag({7, 3, false, "a"}, key);
    EXPECT_EQ(tag.substr(0, 5), "\"7-3-");
    EXPECT_EQ(revision_tag({7, 3, false, "a"}, key), tag);
    EXPECT_NE(revision_tag({7, 3, false, "b"}, key), tag);
    key.series = SeriesUid("1.3");
    key.instance = SopInstanceUid("1.4");
    EXPECT_EQ(entity_uri("http://h/v2", key), "http://h/v2/studies/1.2/series/1.3/instances/1.4");
    EXPECT_EQ(revision_tag({7, 1, false, "a"}, key), "\"7-" + tag.substr(5));
    EXPECT_EQ(boundary_of("\"a\""), boundary_of("\"a\""));
    EXPECT_NE(boundary_of("\"a\""), boundary_of("\"b\""));
    EXPECT_EQ(boundary_of("\"a\"").size(), 40U);
}

}  // namespace
}  // namespace isocenter::api
