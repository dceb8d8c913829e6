#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "blob/blob_store.h"
#include "blob/key.h"

namespace isocenter::blob {

/// What every BlobStore must do. `Fixture` has `BlobStore& store()` and `void reopen()`.
template <class Fixture>
class BlobStoreContract : public ::testing::Test {
  protected:
    BlobStore& store() { return fixture_.store(); }
    void reopen() { fixture_.reopen(); }

    BlobKey put(std::string_view text) {
        auto writer = store().create(make_key());
        EXPECT_TRUE(writer.ok());
        EXPECT_TRUE((*writer)->write(as_bytes(text)).ok());
        BlobWriter* const raw = writer->get();
        EXPECT_TRUE(store().commit({&raw, 1}).front().ok());
        return raw->key();
    }
    std::string get(const BlobKey& key, ByteRange range) {
        auto source = store().open(key, range);
        if (!source) return std::string(to_string(source.error().code));
        auto text = read_all(**source, 1U << 30U);
        return text ? *text : std::string(to_string(text.error().code));
    }

  private:
    Fixture fixture_;
};

TYPED_TEST_SUITE_P(BlobStoreContract);

TYPED_TEST_P(BlobStoreContract, GivesBackWhatWasCommitted) {
    const BlobKey key = this->put("0123456789");
    EXPECT_EQ(this->get(key, {0, 10}), "0123456789");
    EXPECT_EQ(this->get(key, {3, 4}), "3456");
    EXPECT_EQ(this->get(key, {10, 0}), "");
    EXPECT_EQ(*this->store().size(key), 10U);
    this->reopen();
    EXPECT_EQ(this->get(key, {0, 10}), "0123456789");
}

TYPED_TEST_P(BlobStoreContract, RefusesRangesPastTheEnd) {
    const BlobKey key = this->put("0123456789");
    EXPECT_EQ(this->get(key, {0, 11}), "out_of_range");
    EXPECT_EQ(this->get(key, {11, 0}), "out_of_range");
    EXPECT_EQ(this->get(key, {5, ~std::uint64_t{0}}), "out_of_range");
}

TYPED_TEST_P(BlobStoreContract, ShowsNothingBeforeCommitAndLeavesNothingWithoutIt) {
    const BlobKey key = make_key();
    {
        auto writer = this->store().create(key);
        ASSERT_TRUE(writer.ok());
        ASSERT_TRUE((*writer)->write(as_bytes("abc")).ok());
        EXPECT_EQ((*writer)->size(), 3U);
        EXPECT_EQ(this->get(key, {0, 3}), "not_found");
        EXPECT_TRUE(this->store().list(BlobKey(), 10)->empty());
    }
    EXPECT_EQ(this->get(key, {0, 3}), "not_found");
    EXPECT_TRUE(this->store().create(key).ok());
}

TYPED_TEST_P(BlobStoreContract, KeepsAnyCuttingOfTheBytes) {
    std::string text;
    for (int i = 0; i < 700'000; ++i)
        text.push_back(static_cast<char>(i * 31 + i / 256));
    auto writer = this->store().create(make_key());
    ASSERT_TRUE(writer.ok());
    std::size_t at = 0;
    for (const std::size_t step : {1UL, 70'000UL, 3UL, 65'536UL, 65'535UL, 100UL, 400'000UL, 98'825UL}) {
        ASSERT_TRUE((*writer)->write(as_bytes(std::string_view(text).substr(at, step))).ok());
        at += step;
    }
    ASSERT_EQ(at, text.size());
    BlobWriter* const raw = writer->get();
    ASSERT_TRUE(this->store().commit({&raw, 1}).front().ok());
    EXPECT_EQ(this->get(raw->key(), {0, text.size()}), text);
}

TYPED_TEST_P(BlobStoreContract, CommitsManyTogetherAndListsThemInOrder) {
    std::vector<std::unique_ptr<BlobWriter>> writers;
    std::vector<BlobWriter*> raw;
    std::vector<BlobKey> keys;
    for (int i = 0; i < 30; ++i) {
        writers.push_back(std::move(*this->store().create(make_key())));
        ASSERT_TRUE(writers.back()->write(as_bytes(std::to_string(i))).ok());
        raw.push_back(writers.back().get());
        keys.push_back(raw.back()->key());
    }
    const std::vector<Status> statuses = this->store().commit(raw);
    ASSERT_EQ(statuses.size(), raw.size());
    for (const Status& status : statuses)
        ASSERT_TRUE(status.ok());
    std::sort(keys.begin(), keys.end());
    EXPECT_EQ(*this->store().list(BlobKey(), 100), keys);
    std::vector<BlobKey> paged;
    for (;;) {
        const auto page = this->store().list(paged.empty() ? BlobKey() : paged.back(), 7);
        ASSERT_TRUE(page.ok());
        if (page->empty()) break;
        paged.insert(paged.end(), page->begin(), page->end());
    }
    EXPECT_EQ(paged, keys);
}

TYPED_TEST_P(BlobStoreContract, RemovesAndDoesSoTwice) {
    const BlobKey key = this->put("x");
    EXPECT_EQ(this->get(key, {0, 1}), "x");
    EXPECT_TRUE(this->store().remove(key).ok());
    EXPECT_TRUE(this->store().remove(key).ok());
    EXPECT_EQ(this->get(key, {0, 1}), "not_found");
    EXPECT_EQ(this->store().size(key).error().code, ErrorCode::not_found);
    EXPECT_TRUE(this->store().list(BlobKey(), 10)->empty());
}

TYPED_TEST_P(BlobStoreContract, AnOpenSourceOutlivesRemoval) {
    const BlobKey key = this->put("still here");
    auto source = this->store().open(key, {0, 10});
    ASSERT_TRUE(source.ok());
    ASSERT_TRUE(this->store().remove(key).ok());
    EXPECT_EQ(*read_all(**source, 100), "still here");
}

TYPED_TEST_P(BlobStoreContract, RefusesNamesThatAreNoKeys) {
    for (const char* name : {"", "../../etc/passwd", "ab/..", "AB/0123456789abcdef0123456789abcdef"}) {
        EXPECT_EQ(this->store().create(BlobKey(name)).error().code, ErrorCode::invalid_request) << name;
        EXPECT_EQ(this->get(BlobKey(name), {0, 0}), "not_found") << name;
        EXPECT_TRUE(this->store().remove(BlobKey(name)).ok()) << name;
    }
    EXPECT_TRUE(this->store().check().ok());
}

REGISTER_TYPED_TEST_SUITE_P(BlobStoreContract, GivesBackWhatWasCommitted, RefusesRangesPastTheEnd,
                            ShowsNothingBeforeCommitAndLeavesNothingWithoutIt, KeepsAnyCuttingOfTheBytes,
                            CommitsManyTogetherAndListsThemInOrder, RemovesAndDoesSoTwice,
                            AnOpenSourceOutlivesRemoval, RefusesNamesThatAreNoKeys);

}  // namespace isocenter::blob
