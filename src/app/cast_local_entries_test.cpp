#include "app/cast_local_entries.h"

#include <gtest/gtest.h>

#include "archive/test_archive.h"

namespace isocenter::app {
namespace {

namespace classic = fhir::classic;
using archive::make_data_set;
using archive::to_part10;

TEST(LocalEntries, an_entry_has_the_metadata_of_what_is_there_now) {
    archive::TestArchive stored;
    LocalEntrySource entries(*stored.archive);
    EXPECT_EQ(*entries.entry(1), std::nullopt);
    dicom::DataSet data_set = make_data_set("1.2", "1.2.1", "1.2.3");
    data_set.set_text(dicom::tags::PatientID, "P1");
    ASSERT_EQ(stored.store({to_part10(data_set)}).size(), 1U);
    const auto entry = entries.entry(1);
    ASSERT_TRUE(entry && *entry);
    EXPECT_EQ((*entry)->sequence, 1);
    EXPECT_EQ((*entry)->action, classic::Action::create);
    EXPECT_FALSE((*entry)->gone);
    EXPECT_EQ((*entry)->study_uid, "1.2");
    EXPECT_EQ((*entry)->series_uid, "1.2.1");
    EXPECT_EQ((*entry)->sop_uid, "1.2.3");
    ASSERT_TRUE((*entry)->metadata);
    EXPECT_EQ((*entry)->metadata->at("00100020").at("Value").at(0), "P1");
    EXPECT_EQ(*entries.entry(2), std::nullopt);
}

TEST(LocalEntries, what_was_deleted_is_gone_and_has_no_metadata) {
    archive::TestArchive stored;
    LocalEntrySource entries(*stored.archive);
    ASSERT_EQ(stored.store({to_part10(make_data_set("1.2", "1.2.1", "1.2.3"))}).size(), 1U);
    ASSERT_TRUE(stored.archive->remove(archive::key_of("1.2")).ok());
    const auto created = entries.entry(1);
    ASSERT_TRUE(created && *created);
    EXPECT_TRUE((*created)->gone);
    EXPECT_FALSE((*created)->metadata);
    const auto removed = entries.entry(2);
    ASSERT_TRUE(removed && *removed);
    EXPECT_EQ((*removed)->action, classic::Action::remove);
    EXPECT_EQ((*removed)->sop_uid, "1.2.3");
}

}  // namespace
}  // namespace isocenter::app
