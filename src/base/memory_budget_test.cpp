#include "base/memory_budget.h"

#include <gtest/gtest.h>

#include <optional>
#include <thread>
#include <utility>
#include <vector>

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

TEST(Reservation, AsksInStepsAndNotForLittle) {
    std::vector<std::uint64_t> asked;
    Reservation reservation([&](std::uint64_t bytes) -> Status {
        asked.push_back(bytes);
        if (bytes > 10'000'000) return fail(ErrorCode::overloaded, "no more");
        return {};
    });
    EXPECT_TRUE(reservation.cover(Reservation::kFreeBytes));
    EXPECT_TRUE(asked.empty());
    for (std::uint64_t bytes = 100'000; bytes <= 150'000; bytes += 100)
        EXPECT_TRUE(reservation.cover(bytes));
    EXPECT_EQ(asked, std::vector<std::uint64_t>({125'000, 156'375}));
    EXPECT_EQ(reservation.cover(20'000'000).error().code, ErrorCode::overloaded);
    EXPECT_TRUE(reservation.cover(156'375)) << "what was granted stays";
    EXPECT_TRUE(Reservation(nullptr).cover(UINT64_MAX));
}

}  // namespace
}  // namespace isocenter
