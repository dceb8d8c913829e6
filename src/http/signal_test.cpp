#include "http/signal.h"

#include <gtest/gtest.h>

namespace isocenter::http {
namespace {

TEST(Signal, WakesEachSubscriberOnce) {
    Signal signal;
    int calls = 0;
    EXPECT_NE(signal.subscribe(signal.generation(), [&] { ++calls; }), 0U);
    signal.subscribe(signal.generation(), [&] { ++calls; });
    EXPECT_EQ(calls, 0);
    signal.fire();
    EXPECT_EQ(calls, 2);
    signal.fire();
    EXPECT_EQ(calls, 2);
}

TEST(Signal, AFireBetweenLookingAndSubscribingIsNotLost) {
    Signal signal;
    const auto seen = signal.generation();
    signal.fire();
    int calls = 0;
    EXPECT_EQ(signal.subscribe(seen, [&] { ++calls; }), 0U);
    EXPECT_EQ(calls, 1);
}

TEST(Signal, UnsubscribedIsNotWoken) {
    Signal signal;
    int calls = 0;
    signal.unsubscribe(signal.subscribe(signal.generation(), [&] { ++calls; }));
    signal.fire();
    EXPECT_EQ(calls, 0);
}

TEST(Signal, ASubscriberMaySubscribeAgain) {
    Signal signal;
    int calls = 0;
    signal.subscribe(signal.generation(), [&] {
        ++calls;
        signal.subscribe(signal.generation(), [&] { ++calls; });
    });
    signal.fire();
    EXPECT_EQ(calls, 1);
    signal.fire();
    EXPECT_EQ(calls, 2);
}

}  // namespace
}  // namespace isocenter::http
