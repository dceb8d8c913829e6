#include "fhir/feed/positions.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace isocenter::fhir {
namespace {

using std::chrono::seconds;
using Time = Positions::Time;

constexpr seconds kGrace{60};
const Time kStart{};

void add(Positions& positions, std::vector<std::int64_t> entries, std::int64_t end, std::int64_t latest,
         Time now = kStart) {
    positions.add_window(entries, end, latest, now);
}

TEST(Positions, low_is_what_lies_below_the_first_unsettled_entry) {
    Positions positions(40);
    EXPECT_EQ(positions.low(), 40);
    add(positions, {41, 42, 43}, 140, 43);
    EXPECT_EQ(positions.read_up_to(), 43);
    EXPECT_EQ(positions.low(), 40);
    positions.settle(42);
    EXPECT_EQ(positions.low(), 40);
    positions.settle(41);
    EXPECT_EQ(positions.low(), 42);
    positions.settle(43);
    EXPECT_EQ(positions.low(), 43);
}

TEST(Positions, a_missing_number_holds_back_low_but_not_reading) {
    Positions positions(0);
    add(positions, {1, 4}, 100, 4);
    positions.settle(1);
    positions.settle(4);
    EXPECT_EQ(positions.read_up_to(), 4);
    EXPECT_EQ(positions.low(), 1);
    EXPECT_EQ(positions.missing(), 2U);
    EXPECT_FALSE(positions.overdue(kStart + kGrace - seconds(1), kGrace).has_value());
    const auto gap = positions.overdue(kStart + kGrace, kGrace);
    ASSERT_TRUE(gap.has_value());
    EXPECT_EQ(gap->first, 2);
    EXPECT_EQ(gap->last, 3);
    positions.close_gap(*gap, {}, 101);
    EXPECT_EQ(positions.low(), 4);
}

TEST(Positions, an_entry_that_appears_within_the_grace_time_is_open) {
    Positions positions(0);
    add(positions, {1, 4}, 100, 4);
    const std::vector<std::int64_t> late{3};
    positions.close_gap({2, 3}, late, 101);
    positions.settle(1);
    positions.settle(4);
    EXPECT_EQ(positions.low(), 2);
    positions.settle(3);
    EXPECT_EQ(positions.low(), 4);
}

// Obligation: 19.feed.empty-window
TEST(Positions, an_empty_window_below_latest_is_a_gap_and_beyond_latest_nothing) {
    Positions positions(40);
    add(positions, {}, 140, 267);
    EXPECT_EQ(positions.read_up_to(), 140);
    EXPECT_EQ(positions.low(), 40);
    add(positions, {}, 240, 267);
    add(positions, {267}, 340, 267);
    EXPECT_EQ(positions.read_up_to(), 267);
    add(positions, {}, 367, 267);
    EXPECT_EQ(positions.read_up_to(), 267) << "latest is never overshot";
}

TEST(Positions, a_gap_longer_than_a_window_is_closed_piece_by_piece) {
    Positions positions(0);
    add(positions, {}, 100, 251);
    add(positions, {}, 200, 251);
    add(positions, {251}, 300, 251);
    positions.settle(251);
    int reads = 0;
    while (const auto gap = positions.overdue(kStart + kGrace, kGrace)) {
        ++reads;
        positions.close_gap(*gap, {}, gap->first - 1 + 100);
    }
    EXPECT_EQ(reads, 3);
    EXPECT_EQ(positions.low(), 251);
}

TEST(Positions, low_never_passes_an_unsettled_entry_in_any_order_of_settling) {
    std::mt19937 random(4711);
    for (int round = 0; round < 200; ++round) {
        Positions positions(0);
        std::vector<std::int64_t> entries;
        for (std::int64_t n = 1; n <= 60; ++n) {
            if (random() % 4 != 0) entries.push_back(n);
        }
        if (entries.empty()) continue;
        add(positions, entries, 100, entries.back());
        std::vector<std::int64_t> order = entries;
        std::shuffle(order.begin(), order.end(), random);
        std::set<std::int64_t> open(entries.begin(), entries.end());
        while (const auto gap = positions.overdue(kStart + kGrace, kGrace))
            positions.close_gap(*gap, {}, gap->last);
        for (const std::int64_t sequence : order) {
            positions.settle(sequence);
            open.erase(sequence);
            const std::int64_t expected = open.empty() ? entries.back() : *open.begin() - 1;
            ASSERT_LE(positions.low(), expected);
            ASSERT_GE(positions.low(), open.empty() ? entries.back() : 0);
        }
        EXPECT_EQ(positions.low(), entries.back());
    }
}

}  // namespace
}  // namespace isocenter::fhir
