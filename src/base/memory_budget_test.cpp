#include "base/memory_budget.h"

#include <gtest/gtest.h>

namespace isocenter {
namespace {

TEST(MemoryBudget, refuses_past_the_limit_and_takes_back) {
    MemoryBudget budget(100);
    auto first = budget.try_take(60);
    EXPECT_TRUE(first);
    EXPECT_FALSE(budget.try_take(41));
    EXPECT_TRUE(budget.try_take(40));
    auto moved = std::move(first);
    EXPECT_EQ(budget.used_bytes(), 60U);
    moved.release();
    EXPECT_EQ(budget.used_bytes(), 0U);
}

}  // namespace
}  // namespace isocenter
