#include "fhir/engine/circuit.h"

#include <gtest/gtest.h>

namespace isocenter::fhir {
namespace {

using std::chrono::seconds;
const Circuit::Time kStart{};

Key key(int number) {
    return {"p", "1." + std::to_string(number)};
}

TEST(Circuit, a_server_that_cannot_be_reached_opens_it_until_a_probe_succeeds) {
    Circuit circuit;
    EXPECT_FALSE(circuit.probe_at().has_value());
    circuit.down(kStart, {});
    EXPECT_TRUE(circuit.is_open());
    EXPECT_EQ(circuit.probe_at(), kStart + seconds(2));
    circuit.probe_failed(kStart + seconds(2), {});
    EXPECT_EQ(circuit.probe_at(), kStart + seconds(6));
    circuit.probe_failed(kStart + seconds(6), seconds(120));
    EXPECT_EQ(circuit.probe_at(), kStart + seconds(126)) << "Retry-After counts";
    circuit.succeeded();
    EXPECT_FALSE(circuit.is_open());
    circuit.down(kStart, {});
    EXPECT_EQ(circuit.probe_at(), kStart + seconds(2)) << "counted anew";
}

TEST(Circuit, five_different_keys_in_a_row_open_it) {
    Circuit circuit;
    for (int i = 0; i < 20; ++i)
        circuit.trouble(key(1), kStart, {});
    EXPECT_FALSE(circuit.is_open()) << "one study's trouble is its own";
    for (int i = 2; i <= 4; ++i)
        circuit.trouble(key(i), kStart, {});
    circuit.succeeded();
    circuit.trouble(key(5), kStart, {});
    EXPECT_FALSE(circuit.is_open()) << "a success between them";
    for (int i = 6; i <= 9; ++i)
        circuit.trouble(key(i), kStart, seconds(7));
    EXPECT_TRUE(circuit.is_open());
    EXPECT_EQ(circuit.probe_at(), kStart + seconds(7));
}

TEST(Circuit, waits_double_up_to_a_minute) {
    EXPECT_EQ(back_off(1), seconds(2));
    EXPECT_EQ(back_off(2), seconds(4));
    EXPECT_EQ(back_off(5), seconds(32));
    EXPECT_EQ(back_off(6), seconds(60));
    EXPECT_EQ(back_off(4000000000U), seconds(60));
    EXPECT_EQ(back_off(1, seconds(90)), seconds(90));
    EXPECT_EQ(back_off(3, seconds(1)), seconds(8));
}

}  // namespace
}  // namespace isocenter::fhir
