#include "jobs/mend.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "archive/test_archive.h"
#include "blob/key.h"
#include "index/sql/connection.h"
#include "jobs/forwarding_scan.h"

namespace isocenter::jobs {
namespace {

using archive::key_of;
using archive::make_data_set;
using archive::to_part10;
using ::testing::ElementsAre;

/// Looks records up in an index that has lost its entries.
class ForgetfulScan final : public ForwardingScan {
  public:
    using ForwardingScan::ForwardingScan;
    Result<std::vector<BlobKey>> unreferenced(std::span<const BlobKey> keys) override {
        return std::vector<BlobKey>(keys.begin(), keys.end());
    }
};

class MendTest : public ::testing::Test {
  protected:
    MendTest() {
        for (const char* uid : {"1.4", "1.5"})
            EXPECT_TRUE(test.store({to_part10(make_data_set("1.2", "1.3", uid))})[0].created);
    }
    BlobKey add_without_record(std::string_view bytes) {
        auto writer = std::move(*test.memory.create(blob::make_key()));
        EXPECT_TRUE(writer->write(as_bytes(bytes)).ok());
        blob::BlobWriter* const raw = writer.get();
        EXPECT_TRUE(test.memory.commit({&raw, 1}).front().ok());
        return raw->key();
    }
    Result<RemovedObjects> remove() {
        return remove_unreferenced(
            test.memory, test.database, report().findings,
            [&](const BlobKey& key, std::uint64_t bytes) { told.emplace_back(key, bytes); });
    }
    void run(std::string_view script) {
        ASSERT_TRUE((*test.database.connections->writer())->execute(script).ok());
    }
    VerifyReport report() { return std::move(*verify(test.memory, test.database, {})); }

    archive::TestArchive test;
    std::vector<std::pair<BlobKey, std::uint64_t>> told;
};

TEST_F(MendTest, RemovesWhatNothingRefersToAndNothingElse) {
    EXPECT_EQ(remove()->objects, 0U);
    // Queued for removal: the janitor counts on finding it.
    ASSERT_TRUE(test.archive->remove(key_of("1.2", "1.3", "1.5")).ok());
    const BlobKey orphan = add_without_record("12345");
    const auto removed = remove();
    ASSERT_TRUE(removed.ok());
    EXPECT_EQ(removed->objects, 1U);
    EXPECT_EQ(removed->bytes, 5U);
    EXPECT_THAT(told, ElementsAre(std::pair(orphan, std::uint64_t{5})));
    EXPECT_EQ(test.memory.list({}, 100)->size(), 2U);
    EXPECT_EQ(report().problems, 0U);
}

TEST_F(MendTest, RemovesMoreThanAReportNames) {
    for (int i = 0; i < 1000; ++i)
        add_without_record("x");
    EXPECT_EQ(remove()->objects, 1000U);
    EXPECT_EQ(report().problems, 0U);
}

TEST_F(MendTest, RemovesNothingWhenTheIndexHasNoRecord) {
    ASSERT_TRUE(test.archive->remove(key_of("1.2")).ok());
    add_without_record("the only copy");
    EXPECT_EQ(remove().error().code, ErrorCode::conflict);
    EXPECT_EQ(test.memory.list({}, 100)->size(), 3U);
}

TEST_F(MendTest, RemovesNothingWhereARecordHasNoObject) {
    ASSERT_TRUE(test.memory.remove((*test.archive->locate(key_of("1.2", "1.3", "1.4")))->record.blob).ok());
    add_without_record("what a restored index does not know yet");
    EXPECT_EQ(remove().error().code, ErrorCode::conflict);
    EXPECT_EQ(test.memory.list({}, 100)->size(), 2U);
}

TEST_F(MendTest, RemovesNothingWhenTheIndexContradictsItself) {
    run("UPDATE series SET instance_count = 1");
    add_without_record("x");
    EXPECT_EQ(remove().error().code, ErrorCode::conflict);
    EXPECT_EQ(test.memory.list({}, 100)->size(), 3U);
}

TEST_F(MendTest, BelievesNoLookUpThatFindsNoRecord) {
    ForgetfulScan forgetful(*test.database.records);
    const BlobKey orphan = add_without_record("x");
    index::Database database = test.database;
    database.records = &forgetful;
    const auto removed = remove_unreferenced(test.memory, database, {}, [](const BlobKey&, std::uint64_t) {});
    EXPECT_EQ(removed->objects, 1U);
    EXPECT_EQ(test.memory.size(orphan).error().code, ErrorCode::not_found);
    EXPECT_EQ(test.memory.list({}, 100)->size(), 2U);
}

TEST_F(MendTest, SaysWhenTheStoreFails) {
    add_without_record("x");
    test.blobs.fail_from(blob::FaultStore::Call::remove, 1);
    const auto failed =
        remove_unreferenced(test.blobs, test.database, {}, [](const BlobKey&, std::uint64_t) {});
    EXPECT_EQ(failed.error().code, ErrorCode::unavailable);
}

TEST_F(MendTest, RewritesRowsWithWrongValues) {
    run("UPDATE study SET patient_id = NULL, patient_id_fold = NULL, study_id = 'S', study_id_fold = 's'");
    run("UPDATE series SET modality = 'PT', modality_fold = 'pt'");
    const VerifyReport wrong = report();
    EXPECT_EQ(wrong.problems, 3U);
    std::vector<RewrittenRow> rewritten;
    const auto rows = rewrite_rows(test.database, wrong.findings,
                                   [&](const RewrittenRow& row) { rewritten.push_back(row); });
    ASSERT_TRUE(rows.ok());
    EXPECT_EQ(rows->rows, 2U);
    EXPECT_EQ(rows->findings, 3U);
    ASSERT_EQ(rewritten.size(), 2U);
    EXPECT_EQ(rewritten[0].entity, "study 1.2");
    EXPECT_THAT(rewritten[0].attributes, ElementsAre("PatientID", "StudyID"));
    EXPECT_EQ(rewritten[1].entity, "series 1.3");
    EXPECT_THAT(rewritten[1].attributes, ElementsAre("Modality"));
    EXPECT_EQ(report().problems, 0U);
}

TEST_F(MendTest, CountsNoFindingThatIsLeft) {
    run("UPDATE study SET patient_id = NULL, patient_id_fold = NULL, study_id = 'S', study_id_fold = 's'");
    VerifyReport wrong = report();
    ASSERT_EQ(wrong.problems, 2U);
    // As if the documents agreed with the row about one of them, and about all of another row.
    wrong.findings[0].attribute = dicom::tags::StudyDate;
    jobs::Finding other = wrong.findings[0];
    other.entity = key_of("1.2", "1.3");
    other.attribute = dicom::tags::Modality;
    wrong.findings.push_back(other);
    const auto rows = rewrite_rows(test.database, wrong.findings, [](const RewrittenRow&) {});
    ASSERT_TRUE(rows.ok());
    EXPECT_EQ(rows->rows, 1U);
    EXPECT_EQ(rows->findings, 1U);
}

TEST_F(MendTest, RewritesNamesThatAreNotFiledAsTheyAre) {
    const std::string name(200, 'x');
    run("UPDATE study SET patient_name = '" + name + "', patient_name_fold = '" + name + "'");
    const auto rows = rewrite_rows(test.database, report().findings, [](const RewrittenRow&) {});
    ASSERT_TRUE(rows.ok()) << rows.error().message;
    EXPECT_EQ(report().problems, 0U);
}

TEST_F(MendTest, LeavesOtherFindingsAlone) {
    add_without_record("x");
    run("UPDATE instance SET transfer_syntax = '1.2.840.10008.1.2' WHERE uid = '1.4'");
    const VerifyReport wrong = report();
    EXPECT_EQ(wrong.problems, 2U);
    EXPECT_EQ(rewrite_rows(test.database, wrong.findings, [](const RewrittenRow&) {})->rows, 0U);
    EXPECT_EQ(report().problems, 2U);
}

}  // namespace
}  // namespace isocenter::jobs
