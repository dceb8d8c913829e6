#include "jobs/entity_values.h"

#include <gtest/gtest.h>

#include "dicom/tags.h"

namespace isocenter::jobs {
namespace {

namespace tags = dicom::tags;
using dicom::Level;

index::InstanceRecord record_of(std::int64_t id, const std::string& series = "1.3") {
    index::InstanceRecord record;
    record.id = id;
    record.version = id;
    record.key.study = StudyUid("1.2");
    record.key.series = SeriesUid(series);
    record.key.instance = SopInstanceUid("1.4." + std::to_string(id));
    return record;
}

index::SearchRow row_of(const index::InstanceRecord& record) {
    index::SearchRow row;
    row.key = record.key;
    return row;
}

TEST(EntityValues, TheNewestValueThatIsThereCounts) {
    EntityValues values(Level::study);
    // In any order: the objects are read by several threads.
    values.add(record_of(2), {{tags::PatientSex, "F"}, {tags::Modality, "CT"}}, {});
    values.add(record_of(3, "1.9"), {{tags::StudyID, "7"}}, {});
    values.add(record_of(1), {{tags::PatientSex, "M"}}, {});
    index::SearchRow row = row_of(record_of(1));
    row.study = {{tags::PatientSex, "F"}, {tags::StudyID, "7"}};
    EXPECT_TRUE(values.compare(row).empty());

    row.study = {{tags::PatientSex, "M"}, {tags::StudyDescription, "x"}};
    const auto found = values.compare(row);
    ASSERT_EQ(found.size(), 3U);
    EXPECT_EQ(found[0].tag, tags::PatientSex);
    EXPECT_TRUE(found[0].in_row);
    EXPECT_EQ(found[0].said_by, 2);
    EXPECT_EQ(found[1].tag, tags::StudyID);
    EXPECT_FALSE(found[1].in_row);
    EXPECT_EQ(found[1].said_by, 3);
    EXPECT_EQ(found[2].tag, tags::StudyDescription);
    EXPECT_TRUE(found[2].in_row);
    EXPECT_EQ(found[2].said_by, 0);
}

TEST(EntityValues, RequestsOfASeriesCountWhole) {
    EntityValues values(Level::series);
    values.add(record_of(1), {{tags::Modality, "CT"}}, {{"step", "procedure"}});
    index::SearchRow row = row_of(record_of(1));
    row.series = {{tags::Modality, "CT"}};
    row.requests = {{"step", "procedure"}};
    EXPECT_TRUE(values.compare(row).empty());
    row.requests = {{"step", "other"}};
    ASSERT_EQ(values.compare(row).size(), 1U);
    EXPECT_EQ(values.compare(row)[0].tag, tags::RequestAttributesSequence);
    row.requests.clear();
    EXPECT_FALSE(values.compare(row)[0].in_row);
}

TEST(EntityValues, NothingIsSaidOfWhatIsNotKnownWhole) {
    EntityValues values(Level::series);
    values.add(record_of(1), {{tags::Modality, "CT"}}, {});
    index::SearchRow row = row_of(record_of(1));
    EXPECT_EQ(values.compare(row).size(), 1U);
    EXPECT_TRUE(values.compare(row_of(record_of(1, "1.9"))).empty()) << "a series that came meanwhile";
    values.add_unread(record_of(2));
    EXPECT_TRUE(values.compare(row).empty());
}

TEST(EntityValues, KnowsWhenInstancesCameOrWent) {
    EntityValues values(Level::study);
    values.add(record_of(1), {}, {});
    values.add(record_of(2), {}, {});
    const index::EntityKey key{index::kDefaultPartition, StudyUid("1.2"), {}, {}};
    EXPECT_TRUE(values.is_current(key, {2, 2, false}));
    EXPECT_FALSE(values.is_current(key, {3, 3, false}));
    EXPECT_FALSE(values.is_current(key, {2, 1, false}));
    EXPECT_FALSE(values.is_current(key, {3, 2, false})) << "one was replaced";
}

}  // namespace
}  // namespace isocenter::jobs
