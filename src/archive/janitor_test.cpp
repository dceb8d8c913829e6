#include "archive/janitor.h"

#include <gtest/gtest.h>

#include "archive/test_archive.h"
#include "blob/key.h"

namespace isocenter::archive {
namespace {

constexpr Ticks kMinute = 60 * kTicksPerSecond;

class JanitorTest : public ::testing::Test {
  protected:
    std::size_t kept() { return test.memory.list(BlobKey(), 1000)->size(); }
    std::string object(const std::string& uid) { return to_part10(make_data_set("1.2", "1.3", uid)); }

    /// As a failure between the two commits of a store leaves it.
    void add_without_record() {
        auto writer = std::move(*test.blobs.create(blob::make_key()));
        ASSERT_TRUE(writer->write(as_bytes("no record")).ok());
        blob::BlobWriter* const raw = writer.get();
        ASSERT_TRUE(test.blobs.commit({&raw, 1}).front().ok());
    }

    TestArchive test;
    Metrics metrics;
    Janitor janitor{test.blobs, test.database, {}, metrics};
};

TEST_F(JanitorTest, RemovesBlobsOfRemovedInstances) {
    test.store({object("1.4"), object("1.5")});
    ASSERT_TRUE(test.archive->remove(key_of("1.2", "1.3", "1.4")).ok());
    EXPECT_EQ(kept(), 2U);
    EXPECT_EQ(*janitor.run_once(now_ticks()), 1U);
    EXPECT_EQ(kept(), 1U);
    EXPECT_EQ(*test.database.removals->size(), 0U);
    EXPECT_TRUE(test.archive->locate(key_of("1.2", "1.3", "1.5")).ok());
}

TEST_F(JanitorTest, TriesAgainLaterAndLater) {
    test.store({object("1.4")});
    ASSERT_TRUE(test.archive->remove(key_of("1.2")).ok());
    test.blobs.fail_from(blob::FaultStore::Call::remove, 1);
    const Ticks start = now_ticks();
    EXPECT_EQ(*janitor.run_once(start), 0U);
    test.blobs.heal();
    EXPECT_EQ(*janitor.run_once(start + 9 * kTicksPerSecond), 0U);
    EXPECT_EQ(kept(), 1U);
    EXPECT_EQ(*janitor.run_once(start + 11 * kTicksPerSecond), 1U);
    EXPECT_EQ(kept(), 0U);
}

TEST_F(JanitorTest, RemovesUnreferencedBlobsOnlyWhenOld) {
    test.store({object("1.4")});
    ASSERT_EQ(*janitor.run_once(now_ticks() - 61 * kMinute), 0U);
    add_without_record();
    auto uploading = std::move(*test.blobs.create(blob::make_key()));
    ASSERT_TRUE(uploading->write(as_bytes("in progress")).ok());

    const Ticks start = now_ticks();
    EXPECT_EQ(*janitor.run_once(start), 0U);
    EXPECT_EQ(*janitor.run_once(start + 59 * kMinute), 0U);
    EXPECT_EQ(kept(), 2U);
    EXPECT_EQ(*janitor.run_once(start + 121 * kMinute), 1U);
    EXPECT_EQ(kept(), 1U);
    EXPECT_TRUE(test.archive->locate(key_of("1.2", "1.3", "1.4")).ok());
    blob::BlobWriter* const late = uploading.get();
    EXPECT_TRUE(test.blobs.commit({&late, 1}).front().ok());
}

TEST_F(JanitorTest, KeepsWhatHadNoRecordFromTheBeginning) {
    add_without_record();
    const Ticks start = now_ticks();
    EXPECT_EQ(*janitor.run_once(start), 0U);
    add_without_record();
    EXPECT_EQ(*janitor.run_once(start + 61 * kMinute), 0U);
    EXPECT_EQ(*janitor.run_once(start + 183 * kMinute), 1U);
    EXPECT_EQ(kept(), 1U);
}

TEST_F(JanitorTest, KeepsTheReserveFull) {
    class CountingReserve final : public index::RemovalReserve {
      public:
        Status stores_may_write() const override { return {}; }
        void replenish() override { ++fillings; }
        int fillings = 0;
    } reserve;
    index::Database database = test.database;
    database.reserve = &reserve;
    Metrics other_metrics;
    Janitor other(test.blobs, database, {}, other_metrics);
    ASSERT_TRUE(other.run_once(now_ticks()).ok());
    EXPECT_EQ(reserve.fillings, 1);
    test.store({object("1.4")});
    ASSERT_TRUE(test.archive->remove(key_of("1.2")).ok());
    test.blobs.fail_from(blob::FaultStore::Call::remove, 1);
    EXPECT_EQ(*other.run_once(now_ticks()), 0U);
    EXPECT_EQ(reserve.fillings, 2);
}

TEST_F(JanitorTest, StartsAndStops) {
    janitor.start();
    janitor.stop();
}

}  // namespace
}  // namespace isocenter::archive
