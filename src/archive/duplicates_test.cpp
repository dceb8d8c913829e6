#include <gtest/gtest.h>

#include <functional>

#include "archive/test_archive.h"

namespace isocenter::archive {
namespace {

namespace tags = dicom::tags;

TEST(Duplicates, TheSameDataSetInAnotherEncodingIsNoOtherInstance) {
    TestArchive test;
    dicom::DataSet data_set = make_data_set("1.2", "1.3", "1.4");
    set_pixels(data_set, 64, 64, 20, std::string(64 * 64 * 2 * 20, '\x7A'));
    const auto store = [&](const dicom::DataSet& set, std::string_view syntax) {
        return test.store({to_part10(set, syntax)})[0];
    };
    ASSERT_TRUE(store(data_set, dicom::kExplicitVrLittleEndian).created);
    const StoreOutcome same = store(data_set, dicom::kImplicitVrLittleEndian);
    EXPECT_FALSE(same.failure || same.created) << same.message;
    dicom::DataSet pixel = data_set;
    pixel.find(tags::PixelData)->bytes.back() = 'x';
    EXPECT_EQ(store(pixel, dicom::kImplicitVrLittleEndian).failure, StoreFailure::duplicate);
    dicom::DataSet longer = data_set;
    longer.set_text(tags::PatientName, "Doe^Jane^Q");
    EXPECT_EQ(store(longer, dicom::kImplicitVrLittleEndian).failure, StoreFailure::duplicate);
    EXPECT_EQ(store(longer, dicom::kExplicitVrLittleEndian).failure, StoreFailure::duplicate);
    EXPECT_EQ(blobs_kept(test), 1U + queued(test));
    EXPECT_EQ((*test.archive->locate(key_of("1.2", "1.3", "1.4")))->record.transfer_syntax,
              dicom::kExplicitVrLittleEndian);
}

TEST(Duplicates, TellsOfAUidThatIsInAnotherSeries) {
    TestArchive test;
    const auto store = [&](const char* series, const char* instance) {
        return test.store({to_part10(make_data_set("1.2", series, instance))})[0];
    };
    EXPECT_FALSE(store("1.3", "1.4").in_other_series);
    EXPECT_FALSE(store("1.3", "1.5").in_other_series);
    const StoreOutcome outcome = store("1.9", "1.4");
    EXPECT_TRUE(outcome.created);
    EXPECT_TRUE(outcome.in_other_series);
    EXPECT_FALSE(store("1.9", "1.4").in_other_series) << "nothing was stored";
}

/// What sending the same bytes again comes to when the object of the instance is not there as it was.
StoreOutcome send_again(Duplicates duplicates,
                        const std::function<void(TestArchive&, const BlobKey&)>& harm) {
    TestArchive test;
    const std::string object = to_part10(make_data_set("1.2", "1.3", "1.4"));
    const index::EntityKey key = key_of("1.2", "1.3", "1.4");
    EXPECT_TRUE(test.store({object})[0].created);
    const BlobKey lost = (*test.archive->locate(key))->record.blob;
    harm(test, lost);
    StorePolicy policy;
    policy.duplicates = duplicates;
    StoreOutcome outcome = test.store({object}, policy)[0];
    if (outcome.failure) return outcome;
    EXPECT_EQ(stored_bytes(*test.archive, key), object);
    EXPECT_EQ(test.archive->list(key_of("1.2"))->size(), 1U);
    EXPECT_NE((*test.archive->locate(key))->record.blob, lost);
    return outcome;
}

TEST(Duplicates, WhatIsSentAgainHealsALostObject) {
    const auto remove = [](TestArchive& test, const BlobKey& key) {
        EXPECT_TRUE(test.memory.remove(key).ok());
    };
    const auto shorten = [&](TestArchive& test, const BlobKey& key) {
        remove(test, key);
        auto writer = *test.memory.create(key);
        EXPECT_TRUE(writer->write(as_bytes(std::string_view("shorter"))).ok());
        blob::BlobWriter* const written = writer.get();
        EXPECT_TRUE(test.memory.commit({&written, 1}).front().ok());
    };
    for (const Duplicates duplicates :
         {Duplicates::refuse, Duplicates::accept_identical, Duplicates::keep, Duplicates::replace}) {
        EXPECT_TRUE(send_again(duplicates, remove).created) << static_cast<int>(duplicates);
        EXPECT_TRUE(send_again(duplicates, shorten).created) << static_cast<int>(duplicates);
    }
}

TEST(Duplicates, NothingIsAcknowledgedThatTheStoreCannotBeAskedFor) {
    const StoreOutcome outcome = send_again(
        Duplicates::accept_identical,
        [](TestArchive& test, const BlobKey&) { test.blobs.fail_from(blob::FaultStore::Call::size, 1); });
    EXPECT_EQ(outcome.failure, StoreFailure::out_of_resources);
}

}  // namespace
}  // namespace isocenter::archive
