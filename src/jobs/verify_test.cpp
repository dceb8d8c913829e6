#include "jobs/verify.h"

#include <gtest/gtest.h>

#include "archive/test_archive.h"
#include "blob/key.h"
#include "jobs/forwarding_scan.h"

namespace isocenter::jobs {
namespace {

using archive::key_of;
using archive::make_data_set;
using archive::to_part10;

/// Gives records that say something else than what is stored.
class AlteredScan final : public ForwardingScan {
  public:
    using ForwardingScan::ForwardingScan;
    std::function<void(index::InstanceRecord&)> alter;
    Result<std::vector<index::InstanceRecord>> scan(std::int64_t after, std::size_t limit) override {
        ISO_TRY(auto records, ForwardingScan::scan(after, limit));
        for (index::InstanceRecord& record : records)
            alter(record);
        return records;
    }
};

/// Others remove an instance while its folder is walked through.
class RacingScan final : public ForwardingScan {
  public:
    using ForwardingScan::ForwardingScan;
    std::function<void()> first;
    Result<std::vector<BlobKey>> unreferenced(std::span<const BlobKey> keys) override {
        first();
        return ForwardingScan::unreferenced(keys);
    }
};

class VerifyTest : public ::testing::Test {
  protected:
    VerifyTest() {
        std::vector<std::string> objects;
        for (int i = 0; i < 10; ++i) {
            dicom::DataSet data_set = make_data_set("1.2", "1.3", "1.4." + std::to_string(i));
            archive::set_pixels(data_set, 8, 8, 1, std::string(128, 'p'));
            objects.push_back(to_part10(data_set));
        }
        for (const auto& outcome : test.store(objects))
            EXPECT_TRUE(outcome.created);
        blob = (*test.archive->locate(key_of("1.2", "1.3", "1.4.5")))->record.blob;
    }
    VerifyReport report() {
        auto result = verify(test.memory, test.database, options);
        EXPECT_TRUE(result.ok());
        return std::move(*result);
    }
    std::vector<Finding::Kind> kinds() {
        std::vector<Finding::Kind> found;
        for (const Finding& finding : report().findings)
            found.push_back(finding.kind);
        return found;
    }

    archive::TestArchive test;
    VerifyOptions options;
    BlobKey blob;
};

TEST_F(VerifyTest, FindsNothingWhereNothingIsWrong) {
    std::uint64_t seen = 0;
    options.progress = [&](std::uint64_t records) { seen = records; };
    const VerifyReport clean = report();
    EXPECT_EQ(clean.problems, 0U) << (clean.findings.empty() ? "" : clean.findings[0].detail);
    EXPECT_EQ(clean.records, 10U);
    EXPECT_GT(clean.bytes, 1280U);
    EXPECT_EQ(seen, 10U);
    EXPECT_TRUE(clean.complete);
}

TEST_F(VerifyTest, ValuesThatChangeWithinAStudyAreNoProblem) {
    namespace tags = dicom::tags;
    std::vector<std::string> objects;
    for (int i = 0; i < 6; ++i) {
        const std::string number = std::to_string(i);
        dicom::DataSet data_set = make_data_set("1.2", i % 2 == 0 ? "1.3" : "1.8", "1.7." + number);
        data_set.set_text(tags::StudyDescription, i == 5 ? "" : "description " + number);
        data_set.set_text(tags::StudyDate, "2020010" + std::to_string(i + 1));
        data_set.set_text(tags::StudyTime, i == 3 ? "no time" : "120000.5");
        data_set.set_text(tags::SeriesNumber, number);
        data_set.set_text(tags::InstanceNumber, i == 4 ? " 4 " : number);
        data_set.set_text(tags::PatientName, "D\\E^" + number + "=I=P");
        data_set.set_text(tags::SeriesDescription, " spaces ");
        objects.push_back(to_part10(data_set));
    }
    for (const auto& outcome : test.store(objects))
        EXPECT_TRUE(outcome.created) << outcome.message;
    const VerifyReport clean = report();
    EXPECT_EQ(clean.problems, 0U) << (clean.findings.empty() ? "" : clean.findings[0].detail);
    EXPECT_EQ(clean.records, 16U);
}

TEST_F(VerifyTest, FindsAFlippedBit) {
    ASSERT_TRUE(test.memory.damage(blob, *test.memory.size(blob) - 10).ok());
    const VerifyReport damaged = report();
    ASSERT_EQ(damaged.problems, 1U);
    EXPECT_EQ(damaged.findings[0].kind, Finding::Kind::wrong_digest);
    EXPECT_EQ(damaged.findings[0].blob, blob);
}

TEST_F(VerifyTest, FindsAMissingObject) {
    ASSERT_TRUE(test.memory.remove(blob).ok());
    EXPECT_EQ(kinds(), std::vector{Finding::Kind::missing_object});
}

TEST_F(VerifyTest, FindsRecordsThatDifferFromTheirObjects) {
    AlteredScan altered(*test.database.records);
    test.database.records = &altered;
    const auto with = [&](std::function<void(index::InstanceRecord&)> change) {
        altered.alter = [this, change = std::move(change)](index::InstanceRecord& record) {
            if (record.blob == blob) change(record);
        };
        return kinds();
    };
    using Kinds = std::vector<Finding::Kind>;
    EXPECT_EQ(with([](auto& record) { record.size_bytes += 1; }), Kinds{Finding::Kind::wrong_size});
    EXPECT_EQ(with([](auto& record) { record.key.series = SeriesUid("1.9"); }),
              Kinds{Finding::Kind::wrong_record});
    EXPECT_EQ(with([](auto& record) { record.transfer_syntax = "1.2.840.10008.1.2"; }),
              Kinds{Finding::Kind::wrong_record});
    EXPECT_EQ(with([](auto& record) { record.layout.back() ^= 1; }), Kinds{Finding::Kind::wrong_record});
    EXPECT_EQ(with([](auto& record) { record.sha256[0] ^= 1U; }), Kinds{Finding::Kind::wrong_digest});
}

TEST_F(VerifyTest, SaysWhenARecordDoesNotKnowOfAWrongLabel) {
    dicom::DataSet data_set = make_data_set("1.2", "1.3", "1.6");
    archive::set_pixels(data_set, 8, 8, 1, std::string(128, 'p'));
    std::string object = to_part10(data_set);
    const std::string_view label = dicom::kExplicitVrLittleEndian;
    object.replace(object.find(label), label.size(), dicom::kRleLossless);
    ASSERT_TRUE(test.store({object})[0].created);
    ASSERT_EQ(report().problems, 0U);
    AlteredScan altered(*test.database.records);
    test.database.records = &altered;
    altered.alter = [](index::InstanceRecord& record) {
        if (record.key.instance.view() != "1.6") return;
        auto layout = *dicom::decode_layout(record.layout);
        layout.foreign_pixels = false;
        record.layout = dicom::encode_layout(layout);
    };
    const VerifyReport found = report();
    ASSERT_EQ(found.problems, 1U);
    EXPECT_EQ(found.findings[0].kind, Finding::Kind::wrong_record);
    EXPECT_NE(found.findings[0].detail.find("pixel data that contradict"), std::string::npos);
}

TEST_F(VerifyTest, FindsObjectsWithoutARecord) {
    auto writer = std::move(*test.memory.create(blob::make_key()));
    blob::BlobWriter* const raw = writer.get();
    ASSERT_TRUE(test.memory.commit({&raw, 1}).front().ok());
    const VerifyReport found = report();
    ASSERT_EQ(found.problems, 1U);
    EXPECT_EQ(found.findings[0].kind, Finding::Kind::unreferenced_object);
    EXPECT_EQ(found.findings[0].blob, raw->key());
}

TEST_F(VerifyTest, AnObjectThatWentWhileItWasListedIsNoProblem) {
    auto writer = std::move(*test.memory.create(blob::make_key()));
    blob::BlobWriter* const raw = writer.get();
    ASSERT_TRUE(test.memory.commit({&raw, 1}).front().ok());
    RacingScan racing(*test.database.records);
    test.database.records = &racing;
    racing.first = [&] { EXPECT_TRUE(test.memory.remove(raw->key()).ok()); };
    EXPECT_EQ(report().problems, 0U);
}

TEST_F(VerifyTest, EndsEarlyWhenCancelled) {
    options.cancelled = [] { return true; };
    EXPECT_FALSE(report().complete);
}

TEST_F(VerifyTest, KnowsTheLimitOfInlineValuesOfEachRecord) {
    for (const std::uint64_t limit : {std::uint64_t{0}, std::uint64_t{4000}}) {
        archive::ArchiveOptions options_of_archive;
        options_of_archive.inline_bytes = limit;
        test.restart(options_of_archive);
        dicom::DataSet data_set = make_data_set("1.2", "1.3", "1.5." + std::to_string(limit));
        dicom::Element value;
        value.tag = {0x0028, 0x1201};
        value.vr = dicom::Vr::OW;
        value.bytes = std::string(limit == 0 ? 100 : 3000, 'x');
        data_set.set(std::move(value));
        EXPECT_TRUE(test.store({to_part10(data_set)})[0].created);
    }
    EXPECT_TRUE(report().findings.empty());
}

}  // namespace
}  // namespace isocenter::jobs
