#include "archive/commit_queue.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <future>
#include <new>

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

}  // namespace
}  // namespace isocenter::archive
