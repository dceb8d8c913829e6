#include "fhir/engine/circuit.h"

#include <gtest/gtest.h>

namespace isocenter::fhir {
namespace {

using std::chrono::seconds;
const Circuit::Time kStart{};

Key key(int number) {
    return {"p", "1." + std::to_string(number)};
}

TEST(Circuit, a_server_that_cannot_be_reached_opens_it_until_a_probe_and_a_trial_pass) {
    Circuit circuit;
    EXPECT_FALSE(circuit.probe_at().has_value());
    circuit.down(kStart, {});
    EXPECT_TRUE(circuit.is_open());
    EXPECT_EQ(circuit.probe_at(), kStart + seconds(2));
    circuit.probe_failed(kStart + seconds(2), {});
    EXPECT_EQ(circuit.probe_at(), kStart + seconds(6));
    circuit.probe_failed(kStart + seconds(6), seconds(120));
    EXPECT_EQ(circuit.probe_at(), kStart + seconds(126)) << "Retry-After counts";
    circuit.probe_passed(kStart + seconds(126));
    EXPECT_TRUE(circuit.is_half_open());
    EXPECT_FALSE(circuit.probe_at().has_value());
    circuit.job_ended(key(1), Sign::passed, true, kStart + seconds(127));
    EXPECT_TRUE(circuit.is_closed());
    circuit.down(kStart, {});
    EXPECT_EQ(circuit.probe_at(), kStart + seconds(2)) << "counted anew";
}

TEST(Circuit, a_trial_that_fails_opens_it_for_longer) {
    Circuit circuit;
    circuit.down(kStart, {});
    circuit.probe_passed(kStart + seconds(2));
    circuit.job_ended(key(1), Sign::trouble, true, kStart + seconds(2));
    EXPECT_EQ(circuit.probe_at(), kStart + seconds(6));
    circuit.probe_passed(kStart + seconds(6));
    circuit.job_ended(key(2), Sign::down, true, kStart + seconds(6));
    EXPECT_EQ(circuit.probe_at(), kStart + seconds(14));
    circuit.probe_passed(kStart + seconds(14));
    circuit.job_ended(key(3), Sign::none, true, kStart + seconds(14));
    EXPECT_TRUE(circuit.is_half_open()) << "the trial said nothing";
    circuit.job_ended(key(3), Sign::answered, true, kStart + seconds(14));
    EXPECT_TRUE(circuit.is_closed());
}

TEST(Circuit, a_connection_that_breaks_is_an_outage_once_for_a_study) {
    Circuit circuit;
    circuit.job_ended(key(1), Sign::broken, false, kStart);
    EXPECT_TRUE(circuit.is_open());
    EXPECT_TRUE(circuit.is_outage());
    circuit.probe_passed(kStart + seconds(2));
    EXPECT_TRUE(circuit.is_half_open());
    circuit.job_ended(key(1), Sign::broken, true, kStart + seconds(2));
    EXPECT_TRUE(circuit.is_doubted()) << "the server was there right before";
    EXPECT_FALSE(circuit.is_outage());
    EXPECT_EQ(circuit.probe_at(), kStart + seconds(2)) << "at once";
    circuit.probe_passed(kStart + seconds(2));
    EXPECT_TRUE(circuit.is_closed());
    circuit.job_ended(key(1), Sign::broken, false, kStart + seconds(6));
    circuit.probe_failed(kStart + seconds(6), {});
    EXPECT_FALSE(circuit.is_doubted());
    EXPECT_TRUE(circuit.is_outage()) << "this time it was one";
    circuit.probe_passed(kStart + seconds(8));
    EXPECT_TRUE(circuit.is_half_open());
    circuit.job_ended(key(1), Sign::passed, true, kStart + seconds(8));
    circuit.job_ended(key(1), Sign::broken, false, kStart + seconds(9));
    EXPECT_TRUE(circuit.is_outage()) << "it had been answered meanwhile";
}

TEST(Circuit, connections_that_break_for_five_studies_in_a_row_are_an_outage_though_probes_pass) {
    Circuit circuit;
    circuit.job_ended(key(1), Sign::broken, false, kStart);
    for (int i = 2; i <= 5; ++i) {
        circuit.probe_passed(kStart);
        EXPECT_FALSE(circuit.is_outage()) << i;
        circuit.job_ended(key(i), Sign::broken, true, kStart);
        EXPECT_TRUE(circuit.is_open());
    }
    circuit.probe_passed(kStart);
    EXPECT_TRUE(circuit.is_outage());
    circuit.job_ended(key(1), Sign::broken, true, kStart);
    EXPECT_TRUE(circuit.is_open());
    EXPECT_FALSE(circuit.is_doubted());
}

TEST(Circuit, without_probes_at_will_nobody_waits_for_a_study_of_which_the_connection_dies) {
    Circuit circuit(false);
    circuit.job_ended(key(1), Sign::broken, false, kStart);
    circuit.probe_passed(kStart + seconds(2));
    circuit.job_ended(key(1), Sign::broken, true, kStart + seconds(2));
    EXPECT_TRUE(circuit.is_closed());
    EXPECT_FALSE(circuit.is_outage());
}

TEST(Circuit, jobs_that_began_before_the_outage_change_nothing) {
    Circuit circuit;
    circuit.down(kStart, {});
    circuit.job_ended(key(1), Sign::passed, false, kStart);
    EXPECT_TRUE(circuit.is_open());
    circuit.probe_passed(kStart + seconds(2));
    circuit.job_ended(key(1), Sign::passed, false, kStart + seconds(2));
    circuit.job_ended(key(2), Sign::down, false, kStart + seconds(2));
    EXPECT_TRUE(circuit.is_half_open());
}

TEST(Circuit, five_different_keys_in_a_row_open_it) {
    Circuit circuit;
    for (int i = 0; i < 20; ++i)
        circuit.job_ended(key(1), Sign::trouble, false, kStart);
    EXPECT_TRUE(circuit.is_closed()) << "one study's trouble is its own";
    for (int i = 2; i <= 4; ++i)
        circuit.job_ended(key(i), Sign::trouble, false, kStart);
    circuit.job_ended(key(1), Sign::passed, false, kStart);
    circuit.job_ended(key(5), Sign::trouble, false, kStart);
    EXPECT_TRUE(circuit.is_closed()) << "a success between them";
    circuit.job_ended(key(6), Sign::trouble, false, kStart);
    circuit.job_ended(key(7), Sign::answered, false, kStart);
    for (int i = 8; i <= 10; ++i)
        circuit.job_ended(key(i), Sign::trouble, false, kStart, seconds(7));
    EXPECT_TRUE(circuit.is_open());
    EXPECT_EQ(circuit.probe_at(), kStart + seconds(7));
}

TEST(Circuit, an_outage_lasts_until_the_reason_to_believe_in_it_is_gone) {
    Circuit circuit;
    circuit.down(kStart, {});
    EXPECT_TRUE(circuit.is_outage());
    circuit.probe_passed(kStart + seconds(10));
    EXPECT_FALSE(circuit.is_outage()) << "it can be reached again";
    for (int i = 1; i <= 4; ++i) {
        circuit.job_ended(key(i), Sign::trouble, true, kStart + seconds(20));
        EXPECT_FALSE(circuit.is_outage()) << "may be the studies' own";
        circuit.probe_passed(kStart + seconds(20));
    }
    EXPECT_EQ(circuit.outages(kStart + seconds(30)), seconds(10));
    circuit.job_ended(key(5), Sign::trouble, true, kStart + seconds(30));
    circuit.probe_passed(kStart + seconds(40));
    EXPECT_TRUE(circuit.is_outage()) << "to answer a probe is not enough for who fails every job";
    EXPECT_EQ(circuit.outages(kStart + seconds(50)), seconds(30));
    circuit.job_ended(key(1), Sign::passed, true, kStart + seconds(50));
    EXPECT_FALSE(circuit.is_outage());
    EXPECT_EQ(circuit.outages(kStart + seconds(99)), seconds(30));
}

TEST(Circuit, a_server_that_asks_for_no_wait_is_not_asked_without_pause) {
    Circuit circuit;
    circuit.down(kStart, seconds(0));
    EXPECT_EQ(circuit.probe_at(), kStart + seconds(1));
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
