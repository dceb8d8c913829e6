#include "app/name_locks.h"

#include <gtest/gtest.h>

#include <thread>

namespace isocenter::app {
namespace {

using std::chrono::milliseconds;

TEST(NameLocks, one_at_a_time_has_a_name_and_others_have_others) {
    NameLocks locks;
    auto first = locks.take("a", milliseconds(0));
    ASSERT_TRUE(first.has_value());
    EXPECT_FALSE(locks.take("a", milliseconds(5)).has_value());
    EXPECT_TRUE(locks.take("b", milliseconds(0)).has_value());
    EXPECT_TRUE(locks.take("b", milliseconds(0)).has_value()) << "the turn before is over";
    first.reset();
    EXPECT_TRUE(locks.take("a", milliseconds(0)).has_value());
}

TEST(NameLocks, whoever_waits_has_the_name_when_it_is_free) {
    NameLocks locks;
    auto first = locks.take("a", milliseconds(0));
    std::thread other([&] { EXPECT_TRUE(locks.take("a", milliseconds(60'000)).has_value()); });
    std::this_thread::sleep_for(milliseconds(20));
    first.reset();
    other.join();
}

}  // namespace
}  // namespace isocenter::app
