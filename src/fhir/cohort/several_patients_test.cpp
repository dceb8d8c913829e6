#include <fmt/format.h>
#include <gtest/gtest.h>

#include "fhir/cohort/cohort_fixture.h"
#include "fhir/cohort/describe.h"

namespace isocenter::fhir::cohort {
namespace {

constexpr const char* kBooked = R"({"clinical":[{"as":"booked","search":"Appointment?status=booked"}]})";

/// An appointment of some patients.
std::string appointment(const std::string& id, const std::vector<std::string>& patients) {
    std::string participants;
    for (const std::string& patient : patients)
        participants += R"({"actor":{"reference":"Patient/)" + patient + R"("}},)";
    return R"({"resourceType":"Appointment","id":")" + id + R"(","status":"booked","participant":[)" +
           participants + R"({"actor":{"reference":"Practitioner/d"}}]})";
}

TEST_F(Cohort, what_is_about_several_patients_is_a_hit_of_each) {
    for (const char* id : {"p1", "p2", "p3"})
        patient(id);
    server.add(appointment("a1", {"p1", "p3"}));
    server.add(R"({"resourceType":"Task","id":"t1","status":"requested","for":{"reference":"Patient/p2"}})");
    EXPECT_EQ(ids(kBooked), "p1 p3");
    EXPECT_EQ(ids(R"({"clinical":[{"as":"t","search":"Task?status=requested"}]})"), "p2");
    EXPECT_EQ(ids(R"({"clinical":[{"as":"t","search":"Task?status=requested","not":true}]})"), "p1 p3");
    const auto all = find(R"({"return":[{"as":"booked","search":"Appointment"}]})");
    ASSERT_TRUE(all.has_value()) << all.error().text;
    const auto entries = describe(definition, *all, 0, 3, "", sources());
    ASSERT_TRUE(entries.has_value()) << entries.error().text;
    std::vector<std::string> booked;
    for (const boost::json::object& entry : *entries) {
        std::string of_one;
        for (const auto& each : entry.at("resources").at("booked").as_array())
            of_one += each.at("id").as_string();
        booked.push_back(of_one);
    }
    EXPECT_EQ(booked, (std::vector<std::string>{"a1", "", "a1"}));
}

/// Patients are asked for a hundred at a time: each search finds it, for its own patients only.
TEST_F(Cohort, what_is_about_patients_of_two_searches_counts_once_for_each) {
    for (int i = 0; i < 150; ++i) {
        patient(fmt::format("p{:03}", i));
        condition(fmt::format("c{}", i), fmt::format("p{:03}", i), "x");
    }
    for (int i = 0; i < 200; ++i)
        server.add(appointment(fmt::format("a{}", i), {"p001", "p140"}));
    const auto selection = find(R"({"clinical":[{"as":"x","search":"Condition?code=x"},
        {"as":"booked","search":"Appointment?status=booked","min":0}]})");
    ASSERT_TRUE(selection.has_value()) << selection.error().text;
    ASSERT_EQ(selection->members.size(), 150U);
    EXPECT_EQ(selection->members[1].hits[1].size(), 200U);
    EXPECT_EQ(selection->members[140].hits[1].size(), 200U);
}

TEST_F(Cohort, what_names_a_merged_patient_by_two_ids_counts_once) {
    patient("old", R"(,"link":[{"type":"replaced-by","other":{"reference":"Patient/new"}}])");
    patient("new");
    patient("other");
    server.add(appointment("a1", {"old", "other", "new"}));
    server.add(appointment("a2", {"other"}));
    server.add(appointment("a3", {"other"}));
    const auto twice = R"({"clinical":[{"as":"booked","search":"Appointment?status=booked","min":2}],
                           "return":[{"as":"all","search":"Appointment"}]})";
    EXPECT_EQ(ids(twice), "other");
    const auto everybody = find(R"({"return":[{"as":"all","search":"Appointment"}]})");
    ASSERT_TRUE(everybody.has_value()) << everybody.error().text;
    ASSERT_EQ(everybody->members.size(), 2U);
    const auto entries = describe(definition, *everybody, 0, 2, "", sources());
    ASSERT_TRUE(entries.has_value()) << entries.error().text;
    EXPECT_EQ((*entries)[0].at("resources").at("all").as_array().size(), 1U);
    EXPECT_EQ((*entries)[1].at("resources").at("all").as_array().size(), 3U);
}

}  // namespace
}  // namespace isocenter::fhir::cohort
