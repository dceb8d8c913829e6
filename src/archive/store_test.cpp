#include "archive/store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>
#include <utility>

#include "archive/faulty_index.h"
#include "archive/test_archive.h"

namespace isocenter::archive {
namespace {

namespace tags = dicom::tags;

TEST(StoreBatch, StoresTheBytesWithAZeroPreamble) {
    TestArchive test;
    std::string object = to_part10(make_data_set("1.2", "1.3", "1.4"));
    std::string dual = object;
    dual.replace(0, 4, "MZxx");
    StoreBatch batch(*test.archive, {});
    batch.begin_instance();
    for (const char c : dual)
        batch.write(as_bytes({&c, 1}));
    const auto outcomes = batch.finish();
    ASSERT_EQ(outcomes.size(), 1U);
    EXPECT_FALSE(outcomes[0].failure) << outcomes[0].message;
    EXPECT_TRUE(outcomes[0].created);
    EXPECT_EQ(stored_bytes(*test.archive, key_of("1.2", "1.3", "1.4")), object);
    const auto location = *test.archive->locate(key_of("1.2", "1.3", "1.4"));
    EXPECT_EQ(location->record.sha256, sha256(as_bytes(object)));
    EXPECT_EQ(location->record.size_bytes, object.size());
}

TEST(StoreBatch, WhatIsToldOfAnInstanceIsBoundedAndCounted) {
    TestArchive test;
    dicom::DataSet data_set = make_data_set("1.2", "1.3", "1.4");
    for (std::uint16_t element = 0x1000; element < 0x1000 + kMaxViolations + 100; ++element)
        data_set.set({.tag = {0x0009, element}, .vr = dicom::Vr::CS, .bytes = "lower case"});
    StorePolicy policy;
    policy.validation = Validation::lenient;
    StoreBatch batch(*test.archive, policy);
    batch.begin_instance();
    batch.write(as_bytes(to_part10(data_set)));
    batch.begin_instance();
    EXPECT_GT(batch.held_bytes(), kMaxViolations * sizeof(dicom::Violation));
    batch.drop_instance();
    const auto outcomes = batch.finish();
    ASSERT_EQ(outcomes.size(), 1U);
    EXPECT_FALSE(outcomes[0].failure) << outcomes[0].message;
    EXPECT_EQ(outcomes[0].violations.size(), kMaxViolations);
}

TEST(StoreBatch, OneBadInstanceSpoilsNoOther) {
    TestArchive test;
    const std::string good = to_part10(make_data_set("1.2", "1.3", "1.4"));
    const auto outcomes = test.store({"", "no DICOM", good.substr(0, good.size() - 5), good});
    ASSERT_EQ(outcomes.size(), 4U);
    for (std::size_t i = 0; i < 3; ++i)
        EXPECT_EQ(outcomes[i].failure, StoreFailure::not_understood) << i;
    EXPECT_FALSE(outcomes[3].failure);
    EXPECT_EQ(blobs_kept(test), 1U);
}

TEST(StoreBatch, ADroppedInstanceLeavesNothing) {
    TestArchive test;
    const std::string good = to_part10(make_data_set("1.2", "1.3", "1.4"));
    StoreBatch batch(*test.archive, {});
    batch.begin_instance();
    batch.write(as_bytes(good));
    batch.end_instance();
    batch.drop_instance();  // none is under way
    batch.begin_instance();
    batch.write(as_bytes(std::string_view(good).substr(0, 300)));
    batch.drop_instance();
    EXPECT_EQ(batch.finish().size(), 1U);
    EXPECT_EQ(blobs_kept(test), 1U);
}

TEST(StoreBatch, ManyInstancesCostOneCommit) {
    TestArchive test;
    std::vector<std::string> objects;
    for (int i = 0; i < 25; ++i)
        objects.push_back(to_part10(make_data_set("1.2", "1.3", "1.4." + std::to_string(i))));
    for (const StoreOutcome& outcome : test.store(objects))
        EXPECT_TRUE(outcome.created);
    EXPECT_EQ(test.blobs.commits(), 1U);
    EXPECT_EQ(test.archive->list(key_of("1.2"))->size(), 25U);
}

TEST(StoreBatch, LargeBatchesCommitInGroupsUnlessTheyMustNot) {
    TestArchive test;
    ArchiveOptions options;
    options.group_instances = 4;
    test.restart(options);
    StorePolicy policy;
    {
        StoreBatch batch(*test.archive, policy);
        policy.commit_only_at_finish = true;
        StoreBatch patient(*test.archive, policy);
        for (int i = 0; i < 10; ++i) {
            for (StoreBatch* each : {&batch, &patient}) {
                const std::string study = each == &batch ? "1.2" : "1.9";
                each->begin_instance();
                each->write(as_bytes(to_part10(make_data_set(study, "1.3", "1.4." + std::to_string(i)))));
                each->end_instance();
            }
        }
        EXPECT_EQ(test.archive->list(key_of("1.2"))->size(), 8U);
        EXPECT_EQ(test.archive->list(key_of("1.9")).error().code, ErrorCode::not_found);
    }
    EXPECT_EQ(blobs_kept(test), 8U);
}

TEST(StoreBatch, DuplicatesFollowThePolicy) {
    TestArchive test;
    const std::string object = to_part10(make_data_set("1.2", "1.3", "1.4"));
    dicom::DataSet changed = make_data_set("1.2", "1.3", "1.4");
    changed.set_text(tags::PatientName, "Roe^Jane");
    const std::string other = to_part10(changed);
    std::string other_meta = object;
    // Another character of the implementation version name: the data set is the same.
    other_meta[other_meta.find("ISOCENTER_0_1")] = 'J';
    const index::EntityKey key = key_of("1.2", "1.3", "1.4");
    StorePolicy policy;
    ASSERT_TRUE(test.store({object}, policy)[0].created);

    const auto with = [&](Duplicates duplicates, const std::string& bytes) {
        policy.duplicates = duplicates;
        return test.store({bytes}, policy)[0];
    };
    EXPECT_EQ(with(Duplicates::refuse, object).failure, StoreFailure::duplicate);
    EXPECT_FALSE(with(Duplicates::accept_identical, object).failure);
    EXPECT_FALSE(with(Duplicates::accept_identical, other_meta).failure);
    EXPECT_EQ(with(Duplicates::accept_identical, other).failure, StoreFailure::duplicate);
    const StoreOutcome kept = with(Duplicates::keep, other);
    EXPECT_FALSE(kept.failure || kept.created);
    EXPECT_EQ(stored_bytes(*test.archive, key), object);
    EXPECT_TRUE(with(Duplicates::replace, other).created);
    EXPECT_EQ(stored_bytes(*test.archive, key), other);
    const StoreOutcome again = with(Duplicates::replace, other);
    EXPECT_FALSE(again.failure || again.created) << "identical bytes change nothing";
    EXPECT_EQ(blobs_kept(test), 1U + queued(test));
}

TEST(StoreBatch, TwoEqualInstancesOfOneRequest) {
    TestArchive test;
    const std::string object = to_part10(make_data_set("1.2", "1.3", "1.4"));
    StorePolicy policy;
    policy.duplicates = Duplicates::refuse;
    const auto refused = test.store({object, object}, policy);
    EXPECT_TRUE(refused[0].created);
    EXPECT_EQ(refused[1].failure, StoreFailure::duplicate);
    const std::string second = to_part10(make_data_set("1.2", "1.3", "1.5"));
    const auto accepted = test.store({second, second});
    EXPECT_TRUE(accepted[0].created);
    EXPECT_FALSE(accepted[1].created || accepted[1].failure);
    EXPECT_EQ(queued(test), 2U);
}

TEST(StoreBatch, TheLaterOfOneRequestReplacesTheEarlier) {
    TestArchive test;
    dicom::DataSet changed = make_data_set("1.2", "1.3", "1.4");
    changed.set_text(tags::PatientName, "Roe^Jane");
    const std::string other = to_part10(changed);
    StorePolicy policy;
    policy.duplicates = Duplicates::replace;
    const auto outcomes = test.store({to_part10(make_data_set("1.2", "1.3", "1.4")), other}, policy);
    EXPECT_TRUE(outcomes[0].created && outcomes[1].created);
    EXPECT_EQ(stored_bytes(*test.archive, key_of("1.2", "1.3", "1.4")), other);
    EXPECT_EQ(blobs_kept(test), 1U + queued(test));
}

TEST(StoreBatch, OnlyALostObjectIsHealed) {
    TestArchive test;
    const index::EntityKey key = key_of("1.2", "1.3", "1.4");
    ASSERT_TRUE(test.store({to_part10(make_data_set("1.2", "1.3", "1.4"))})[0].created);
    ASSERT_TRUE(test.memory.remove((*test.archive->locate(key))->record.blob).ok());
    std::vector<std::string> objects;
    for (const char* name : {"Roe^Jane", "Poe^Jane"}) {
        dicom::DataSet data_set = make_data_set("1.2", "1.3", "1.4");
        data_set.set_text(tags::PatientName, name);
        objects.push_back(to_part10(data_set));
    }
    StorePolicy policy;
    policy.duplicates = Duplicates::keep;
    // Both are judged before either is committed: what the first has healed is not lost any more.
    const auto outcomes = test.store(objects, policy);
    EXPECT_TRUE(outcomes[0].created);
    EXPECT_FALSE(outcomes[1].created || outcomes[1].failure) << outcomes[1].message;
    EXPECT_EQ(stored_bytes(*test.archive, key), objects[0]);
    EXPECT_EQ(test.archive->list(key)->size(), 1U);
}

TEST(StoreBatch, AFullStoreLeavesNothing) {
    TestArchive test;
    const std::string object = to_part10(make_data_set("1.2", "1.3", "1.4"));
    for (const auto call :
         {blob::FaultStore::Call::create, blob::FaultStore::Call::write, blob::FaultStore::Call::commit}) {
        test.blobs.fail_from(call, 1);
        EXPECT_EQ(test.store({object})[0].failure, StoreFailure::out_of_resources);
        test.blobs.heal();
        EXPECT_EQ(test.archive->locate(key_of("1.2", "1.3", "1.4")).error().code, ErrorCode::not_found);
        EXPECT_EQ(blobs_kept(test), 0U);
    }
    EXPECT_TRUE(test.store({object})[0].created);
}

TEST(StoreBatch, AFailedIndexLeavesTheBlobToTheJanitor) {
    TestArchive test;
    index::Index* const healthy = test.database.index;
    FaultyIndex failing(*healthy);
    failing.before_add = [](auto) -> Status { return fail(ErrorCode::unavailable, "the database is full"); };
    test.database.index = &failing;
    test.restart();
    const std::string object = to_part10(make_data_set("1.2", "1.3", "1.4"));
    EXPECT_EQ(test.archive->check().error().code, ErrorCode::unavailable);
    EXPECT_EQ(test.store({object})[0].failure, StoreFailure::out_of_resources);
    EXPECT_EQ(blobs_kept(test), 1U);
    EXPECT_EQ(queued(test), 1U);
    test.database.index = healthy;
    test.restart();
    EXPECT_EQ(test.archive->locate(key_of("1.2", "1.3", "1.4")).error().code, ErrorCode::not_found);
    EXPECT_TRUE(test.store({object})[0].created);
}

class RemovedMeanwhile : public ::testing::Test {
  protected:
    RemovedMeanwhile() {
        test_.database.index = &index_;
        test_.restart();
        // The second look is the one after the index has called it a duplicate, or before the comparison.
        index_.before_list = [this] {
            if (++looks_ == 2) static_cast<void>(healthy_->remove(key_));
        };
    }
    void expect_stored(const StoreOutcome& outcome) {
        EXPECT_TRUE(outcome.created) << outcome.message;
        EXPECT_EQ(healthy_->list(key_, false)->size(), 1U);
        EXPECT_EQ((*test_.archive->locate(key_))->record.blob, healthy_->list(key_, false)->front().blob);
    }

    TestArchive test_;
    index::Index* const healthy_ = test_.database.index;
    FaultyIndex index_{*healthy_};
    const index::EntityKey key_ = key_of("1.2", "1.3", "1.4");
    const std::string object_ = to_part10(make_data_set("1.2", "1.3", "1.4"));
    int looks_ = 0;
};

TEST_F(RemovedMeanwhile, WhatOthersAddedDuringTheCommit) {
    index_.before_add = [this](std::span<const index::NewInstance> instances) -> Status {
        if (looks_ > 1) return {};
        index::NewInstance others;
        others.key = instances.front().key;
        others.blob = BlobKey("aa/others");
        return healthy_->add({&others, 1}) ? Status() : fail(ErrorCode::internal, "not added");
    };
    expect_stored(test_.store({object_})[0]);
}

TEST_F(RemovedMeanwhile, AFullDiskIsToldAsOne) {
    index_.before_add = [this](std::span<const index::NewInstance> instances) -> Status {
        if (looks_ > 1) return fail(ErrorCode::unavailable, "the database is full");
        index::NewInstance others;
        others.key = instances.front().key;
        others.blob = BlobKey("aa/others");
        return healthy_->add({&others, 1}) ? Status() : fail(ErrorCode::internal, "not added");
    };
    EXPECT_EQ(test_.store({object_})[0].failure, StoreFailure::out_of_resources);
    EXPECT_EQ(index_.additions(), 2U);
}

TEST_F(RemovedMeanwhile, WhatWasToBeCompared) {
    ASSERT_TRUE(test_.store({object_})[0].created);
    looks_ = 0;
    std::string other_meta = object_;
    other_meta[other_meta.find("ISOCENTER_0_1")] = 'J';
    expect_stored(test_.store({other_meta})[0]);
}

TEST(StoreBatch, ALostObjectOrARefusedRowFailsThatInstanceAlone) {
    TestArchive test;
    FaultyIndex index(*test.database.index);
    index.before_add = refuse_instance("1.4.7");
    test.database.index = &index;
    test.restart();
    test.blobs.fail_in_commit(3);
    std::vector<std::string> objects;
    for (std::size_t i = 0; i < 20; ++i)
        objects.push_back(to_part10(make_data_set("1.2", "1.3", "1.4." + std::to_string(i))));
    const auto outcomes = test.store(objects);
    for (std::size_t i = 0; i < 20; ++i) {
        EXPECT_EQ(outcomes[i].created, i != 3 && i != 7) << i;
        EXPECT_EQ(outcomes[i].failure.has_value(), i == 3 || i == 7) << i;
    }
    EXPECT_EQ(outcomes[3].failure, StoreFailure::out_of_resources);
    EXPECT_EQ(outcomes[3].message, "the object was lost");
    EXPECT_EQ(outcomes[7].failure, StoreFailure::processing);
    EXPECT_EQ(outcomes[7].message, "the row is refused");
    EXPECT_EQ(test.archive->list(key_of("1.2"))->size(), 18U);
    EXPECT_EQ(blobs_kept(test), 19U);
    EXPECT_EQ(queued(test), 2U)
        << "the blob of the refused row, and that of the lost object, if it ever comes";
}

// The database may have written what it says it has not: the second attempt meets the first one's record.
TEST(StoreBatch, ARecordWrittenInSpiteOfItsErrorKeepsItsBlob) {
    TestArchive test;
    FaultyIndex index(*test.database.index);
    bool first = true;
    index.after_add = [&](auto) -> Status {
        if (!std::exchange(first, false)) return {};
        return fail(ErrorCode::internal, "done, but not said");
    };
    test.database.index = &index;
    test.restart();
    const auto outcomes = test.store(
        {to_part10(make_data_set("1.2", "1.3", "1.4")), to_part10(make_data_set("1.2", "1.3", "1.5"))});
    for (const StoreOutcome& outcome : outcomes)
        EXPECT_FALSE(outcome.failure) << outcome.message;
    EXPECT_EQ(test.archive->list(key_of("1.2"))->size(), 2U);
    EXPECT_EQ(queued(test), 0U);
}

TEST(StoreBatch, ManyThreadsStoreEachInstanceOnce) {
    TestArchive test;
    constexpr int kThreads = 8;
    constexpr int kInstances = 20;
    std::atomic<int> created{0};
    std::atomic<int> failed{0};
    std::atomic<int> notified{0};
    test.archive->on_change([&] { ++notified; });
    std::vector<std::thread> threads;
    for (int t = 0; t < kThreads; ++t) {
        threads.emplace_back([&, t] {
            for (int i = 0; i < kInstances; ++i) {
                // Every instance is stored by two threads.
                const std::string uid = "1.4." + std::to_string(t / 2) + "." + std::to_string(i);
                const StoreOutcome outcome = test.store({to_part10(make_data_set("1.2", "1.3", uid))})[0];
                if (outcome.created) ++created;
                if (outcome.failure) ++failed;
            }
        });
    }
    for (std::thread& thread : threads)
        thread.join();
    EXPECT_EQ(created, kThreads * kInstances / 2);
    EXPECT_EQ(failed, 0);
    EXPECT_GT(notified, 0);
    EXPECT_EQ(test.archive->list(key_of("1.2"))->size(), static_cast<std::size_t>(kThreads * kInstances / 2));
    index::ChangeQuery all;
    all.limit = 1000;
    EXPECT_EQ(test.archive->changes(all)->size(), static_cast<std::size_t>(kThreads * kInstances / 2));
    EXPECT_EQ(blobs_kept(test), static_cast<std::size_t>(kThreads * kInstances / 2) + queued(test));
}

TEST(Archive, ServesNoRemovedInstanceFromItsCache) {
    TestArchive test;
    ASSERT_TRUE(test.store({to_part10(make_data_set("1.2", "1.3", "1.4"))})[0].created);
    const index::EntityKey key = key_of("1.2", "1.3", "1.4");
    ASSERT_TRUE(test.archive->locate(key).ok());
    ASSERT_TRUE(test.archive->locate(key).ok());
    EXPECT_EQ(*test.archive->remove(key_of("1.2")), 1U);
    EXPECT_EQ(test.archive->locate(key).error().code, ErrorCode::gone);
    EXPECT_EQ(test.archive->list(key_of("1.2")).error().code, ErrorCode::gone);
    EXPECT_EQ(test.archive->list(key_of("7.7")).error().code, ErrorCode::not_found);
    EXPECT_EQ(queued(test), 1U);
}

TEST(StoreBatch, TheLimitOfInlineValuesIsTheArchives) {
    TestArchive test;
    const auto document = [&](const std::string& instance, std::uint64_t limit) {
        ArchiveOptions options;
        options.inline_bytes = limit;
        test.restart(options);
        dicom::DataSet data_set = make_data_set("1.2", "1.3", instance);
        dicom::Element value;
        value.tag = {0x0028, 0x1201};
        value.vr = dicom::Vr::OW;
        value.bytes = std::string(2000, 'x');
        data_set.set(std::move(value));
        EXPECT_TRUE(test.store({to_part10(data_set)})[0].created);
        const auto location = *test.archive->locate(key_of("1.2", "1.3", instance));
        EXPECT_EQ(location->layout.inline_bytes, limit);
        return (*test.archive->documents({&location->record.id, 1}))[0].json;
    };
    EXPECT_NE(document("1.4", 1024).find("BulkDataURI"), std::string::npos);
    EXPECT_NE(document("1.5", 2000).find("InlineBinary"), std::string::npos);
    EXPECT_NE(document("1.6", 0).find("BulkDataURI"), std::string::npos);
}

TEST(StoreBatch, MetadataThatGrowTooLargeFailTheirInstanceAlone) {
    TestArchive test;
    ArchiveOptions options;
    options.max_document_bytes = 5000;
    test.restart(options);
    dicom::DataSet large = make_data_set("1.2", "1.3", "1.4");
    large.set({.tag = {0x0040, 0xA160}, .vr = dicom::Vr::UT, .bytes = std::string(1000, '\x01')});
    const auto outcomes = test.store({to_part10(large), to_part10(make_data_set("1.2", "1.3", "1.5"))});
    EXPECT_EQ(outcomes[0].failure, StoreFailure::out_of_resources);
    EXPECT_TRUE(outcomes[1].created);
    EXPECT_EQ(blobs_kept(test), 1U);
    EXPECT_EQ(test.archive->list(key_of("1.2"))->size(), 1U);
}

TEST(StoreBatch, MemoryIsAskedForBeforeMetadataAreMade) {
    TestArchive test;
    dicom::DataSet large = make_data_set("1.2", "1.3", "1.4");
    large.set({.tag = {0x0040, 0xA160}, .vr = dicom::Vr::UT, .bytes = std::string(1 << 20, '\x01')});
    std::uint64_t asked = 0;
    Status answer;
    StorePolicy policy;
    policy.reserve = [&](std::uint64_t bytes) {
        asked = bytes;
        return answer;
    };
    EXPECT_TRUE(test.store({to_part10(make_data_set("1.2", "1.3", "1.5"))}, policy)[0].created);
    EXPECT_EQ(asked, 0U) << "little is not asked for";
    answer = fail(ErrorCode::overloaded, "no memory is left");
    EXPECT_EQ(test.store({to_part10(large)}, policy)[0].failure, StoreFailure::out_of_resources);
    EXPECT_GT(asked, 13U << 20U) << "the value, and its text twice";
    answer = {};
    EXPECT_TRUE(test.store({to_part10(large)}, policy)[0].created);
}

class FakeReserve final : public index::RemovalReserve {
  public:
    Status stores_may_write() const override { return state; }
    void replenish() override {}
    Status state;
};

TEST(StoreBatch, WritesNothingWhileTheRoomIsKeptForRemovals) {
    TestArchive test;
    FakeReserve reserve;
    test.database.reserve = &reserve;
    test.restart();
    EXPECT_TRUE(test.archive->check().ok());
    const std::string object = to_part10(make_data_set("1.2", "1.3", "1.4"));
    StoreBatch under_way(*test.archive, {});
    under_way.begin_instance();
    under_way.write(as_bytes(std::string_view(object).substr(0, 200)));
    reserve.state = fail(ErrorCode::unavailable, "the disk is full");
    under_way.write(as_bytes(std::string_view(object).substr(200)));
    EXPECT_EQ(under_way.finish()[0].failure, StoreFailure::out_of_resources);
    EXPECT_EQ(test.store({object})[0].failure, StoreFailure::out_of_resources);
    EXPECT_EQ(blobs_kept(test), 0U);
    EXPECT_EQ(test.archive->check().error().message, "the disk is full");
    reserve.state = {};
    EXPECT_TRUE(test.store({object})[0].created);
}

}  // namespace
}  // namespace isocenter::archive
