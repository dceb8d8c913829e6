#include "fhir/classic/whole_study.h"

#include <gtest/gtest.h>

#include "fhir/classic/test_entry.h"

namespace isocenter::fhir::classic {
namespace {

namespace json = boost::json;

const Key kKey{"Microsoft.Default", "2.25.1"};
const Options kOptions{.own_endpoint = "https://pacs.lakeside.test/v2"};

json::object study(const std::string& source) {
    return testing::found(
        {{"resourceType", "ImagingStudy"},
         {"meta", {{"source", source}}},
         {"series", json::array{{{"uid", "2.25.2"},
                                 {"instance", json::array{{{"uid", "2.25.2.1"}}, {{"uid", "2.25.2.9"}}}}}}}},
        "is-1");
}

TEST(ClassicWholeStudy, the_archive_is_stored_and_what_only_fhir_has_is_deleted_before) {
    const StudyContent content{{testing::image("2.25.3", 1), testing::image("2.25.2", 1)}, ""};
    const auto entries =
        entries_of_study(kKey, content, {study("https://pacs.lakeside.test/v2#9")}, kOptions);
    ASSERT_EQ(entries.size(), 3U);
    EXPECT_EQ(entries[0].action, Action::remove);
    EXPECT_EQ(entries[0].series_uid, "2.25.2");
    EXPECT_EQ(entries[0].sop_uid, "2.25.2.9");
    EXPECT_EQ(entries[1].action, Action::create);
    EXPECT_EQ(entries[1].sop_uid, "2.25.2.1");
    EXPECT_EQ(entries[2].sop_uid, "2.25.3.1");
    EXPECT_TRUE(entries[2].metadata);
    EXPECT_EQ(entries[2].study_uid, "2.25.1");
}

TEST(ClassicWholeStudy, nothing_is_deleted_from_a_study_of_others) {
    EXPECT_TRUE(entries_of_study(kKey, {}, {study("https://elsewhere.test/v2")}, kOptions).empty());
    EXPECT_EQ(entries_of_study(kKey, {}, {study("https://pacs.lakeside.test/v2")}, kOptions).size(), 2U);
}

}  // namespace
}  // namespace isocenter::fhir::classic
