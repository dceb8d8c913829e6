#include "base/memory_budget.h"

#include <gtest/gtest.h>

#include <optional>
#include <thread>
#include <utility>

namespace isocenter {
namespace {

TEST(MemoryBudget, RefusesPastTheLimitAndTakesBack) {
    MemoryBudget budget(100);
    {
        MemoryBudget::Lease first(budget);
        MemoryBudget::Lease second(budget);
        EXPECT_TRUE(first.resize(60).ok());
        EXPECT_EQ(second.resize(41).error().code, ErrorCode::overloaded);
        EXPECT_TRUE(second.resize(40).ok());
        EXPECT_EQ(first.resize(61).error().code, ErrorCode::overloaded);
        EXPECT_EQ(budget.used_bytes(), 100U) << "what was held stays held";
        EXPECT_EQ(first.resize(101).error().code, ErrorCode::too_large);
        EXPECT_TRUE(first.resize(10).ok());
        const MemoryBudget::Lease moved = std::move(first);
        EXPECT_EQ(budget.used_bytes(), 50U);
    }
    EXPECT_EQ(budget.used_bytes(), 0U);
}

TEST(MemoryBudget, WaitsForOthersToEnd) {
    MemoryBudget budget(100, std::chrono::minutes(1));
    std::optional<MemoryBudget::Lease> first(budget);
    ASSERT_TRUE(first->resize(100).ok());
    MemoryBudget::Lease second(budget);
    Status status = fail(ErrorCode::internal, "not asked");
    std::thread waiting([&] { status = second.resize(70); });
    first.reset();
    waiting.join();
    EXPECT_TRUE(status.ok());
}

TEST(MemoryBudget, HasNoLimitUnlessGivenOne) {
    MemoryBudget budget;
    MemoryBudget::Lease first(budget);
    EXPECT_TRUE(first.resize(1ULL << 62U).ok());
}

}  // namespace
}  // namespace isocenter
