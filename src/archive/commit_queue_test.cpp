#include "archive/commit_queue.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <future>
#include <new>
#include <thread>

#include "archive/faulty_index.h"
#include "archive/test_archive.h"
#include "blob/key.h"

namespace {

/// Allocations that this thread may still make before one fails; negative: any number.
thread_local int allocations_left = -1;

}  // namespace

// The whole test program's: counts down for the thread that asked for it.
[[gnu::noinline]] void* operator new(std::size_t size) {
    if (allocations_left == 0) throw std::bad_alloc();
    if (allocations_left > 0) --allocations_left;
    if (void* const memory = std::malloc(size == 0 ? 1 : size)) return memory;
    throw std::bad_alloc();
}
[[gnu::noinline]] void* operator new(std::size_t size, const std::nothrow_t& /*tag*/) noexcept {
    if (allocations_left == 0) return nullptr;
    if (allocations_left > 0) --allocations_left;
    return std::malloc(size == 0 ? 1 : size);
}
[[gnu::noinline]] void operator delete(void* memory) noexcept {
    std::free(memory);
}
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept {
    std::free(memory);
}

namespace isocenter::archive {
namespace {

class CommitQueueTest : public ::testing::Test {
  protected:
    PendingInstance pending() {
        PendingInstance made;
        made.writer = std::move(*test.blobs.create(blob::make_key()));
        made.blob_only = true;
        return made;
    }

    /// On a thread of its own: a queue that is stuck would never return.
    bool another_is_served() {
        PendingInstance next = pending();
        auto served = std::async(std::launch::async, [&] { queue.commit({&next, 1}); });
        if (served.wait_for(std::chrono::seconds(30)) != std::future_status::ready) {
            std::fputs("the commit queue is stuck\n", stderr);
            std::abort();
        }
        return next.status.ok();
    }

    TestArchive test;
    Metrics metrics;
    StoreMetrics store_metrics{metrics};
    CommitQueue queue{test.blobs, test.database, store_metrics, [](std::span<PendingInstance* const>) {}};
};

TEST_F(CommitQueueTest, ServesTheNextAfterAnyAllocationFailed) {
    int failures = 0;
    for (int allowed = 0;; ++allowed) {
        PendingInstance starved = pending();
        bool thrown = false;
        allocations_left = allowed;
        try {
            queue.commit({&starved, 1});
        } catch (const std::bad_alloc&) {
            thrown = true;
        }
        allocations_left = -1;

        EXPECT_TRUE(another_is_served()) << "after " << allowed << " allocations";
        if (!thrown && starved.status.ok()) break;
        ++failures;
        ASSERT_LT(failures, 1000);
    }
    EXPECT_GT(failures, 0);
}

/// What goes to the index together. The first round takes a second, in which others come.
class CompanionsTest : public CommitQueueTest {
  protected:
    CompanionsTest() {
        index.before_add = [this](auto instances) -> Status {
            groups.push_back(instances.size());
            if (groups.size() > 1) return {};
            first_round.set_value();
            std::this_thread::sleep_for(std::chrono::seconds(1));
            return {};
        };
    }
    index::Database over(index::Index& given) {
        index::Database made = test.database;
        made.index = &given;
        return made;
    }
    void commit(const std::string& uid) {
        PendingInstance made = pending();
        made.blob_only = false;
        made.entry.key = key_of("1.2", "1.3", uid);
        made.entry.blob = made.writer->key();
        over_index.commit({&made, 1});
        EXPECT_TRUE(made.outcome && made.outcome->created);
    }

    FaultyIndex index{*test.database.index};
    CommitQueue over_index{test.blobs, over(index), store_metrics, [](std::span<PendingInstance* const>) {}};
    std::promise<void> first_round;
    std::vector<std::size_t> groups;
};

TEST_F(CompanionsTest, WhoWasAnsweredComesAlongInTheNextRound) {
    auto one = std::async(std::launch::async, [&] {
        commit("1.4.1");
        commit("1.4.2");
    });
    first_round.get_future().wait();
    commit("1.4.3");
    one.wait();
    EXPECT_EQ(groups, (std::vector<std::size_t>{1, 2}));
}

TEST_F(CompanionsTest, WhoDoesNotComeBackIsNotWaitedForAgain) {
    auto one = std::async(std::launch::async, [&] { commit("1.4.1"); });
    first_round.get_future().wait();
    commit("1.4.3");
    one.wait();
    commit("1.4.4");
    EXPECT_EQ(groups, (std::vector<std::size_t>{1, 1, 1}));
}

/// Commits a group of instances 1.4.0, 1.4.1, ... over an index that fails where `hook` says.
class RefusedRowTest : public CommitQueueTest {
  protected:
    void commit_group(int count, FaultyIndex::Hook hook) {
        index.before_add = std::move(hook);
        for (int i = 0; i < count; ++i) {
            PendingInstance made = pending();
            made.blob_only = false;
            made.entry.key = key_of("1.2", "1.3", "1.4." + std::to_string(i));
            made.entry.blob = made.writer->key();
            group.push_back(std::move(made));
        }
        index::Database database = test.database;
        database.index = &index;
        CommitQueue over_index(test.blobs, database, store_metrics,
                               [&](std::span<PendingInstance* const> told) { announced += told.size(); });
        over_index.commit(group);
    }
    std::size_t stored() {
        return static_cast<std::size_t>(std::count_if(group.begin(), group.end(), [](const auto& instance) {
            return instance.status.ok() && instance.outcome && instance.outcome->created;
        }));
    }

    FaultyIndex index{*test.database.index};
    std::vector<PendingInstance> group;
    std::size_t announced = 0;
};

TEST_F(RefusedRowTest, FailsAlone) {
    commit_group(100, refuse_instance("1.4.42"));
    EXPECT_EQ(stored(), 99U);
    EXPECT_EQ(group[42].status.error().message, "the row is refused");
    EXPECT_LE(index.additions(), 1U + 2U * 7U) << "halves, not one by one";
    EXPECT_EQ(announced, 99U);
    EXPECT_EQ(*test.database.removals->due(INT64_MAX, 10), std::vector{group[42].writer->key()});
}

TEST_F(RefusedRowTest, IsLookedForInAtMostTwiceAsManyTransactionsAsRows) {
    commit_group(8, [](auto) -> Status { return fail(ErrorCode::corrupt, "a damaged page"); });
    EXPECT_EQ(stored(), 0U);
    EXPECT_EQ(index.additions(), 15U);
    EXPECT_EQ(group[7].status.error().code, ErrorCode::corrupt);
    EXPECT_EQ(announced, 0U);
}

TEST_F(RefusedRowTest, AFailureOfEverythingIsNotTriedAgain) {
    commit_group(100, [](auto) -> Status { return fail(ErrorCode::unavailable, "the disk is full"); });
    EXPECT_EQ(stored(), 0U);
    EXPECT_EQ(index.additions(), 1U);
    for (const PendingInstance& instance : group)
        EXPECT_FALSE(instance.status.ok());
}

TEST_F(RefusedRowTest, AFailureOfEverythingEndsTheSearchAndKeepsWhatWasStored) {
    bool full = false;
    commit_group(100, [&](std::span<const index::NewInstance> instances) -> Status {
        if (full) return fail(ErrorCode::unavailable, "the disk is full");
        full = instances.size() <= 25;
        return instances.size() > 25 ? refuse_instance("1.4.42")(instances) : Status();
    });
    EXPECT_EQ(stored(), 25U);
    EXPECT_EQ(index.additions(), 4U);
    EXPECT_TRUE(group[0].status.ok());
    EXPECT_FALSE(group[99].status.ok());
    EXPECT_EQ(test.database.removals->due(INT64_MAX, 1000)->size(), 75U);
}

}  // namespace
}  // namespace isocenter::archive
