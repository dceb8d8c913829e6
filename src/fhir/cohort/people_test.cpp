#include "fhir/cohort/people.h"

#include <gtest/gtest.h>

#include "fhir/cohort/cohort_fakes.h"

namespace isocenter::fhir::cohort {
namespace {

TEST(People, birth_dates_of_any_age_are_dates) {
    const auto form_of = [](const char* age) {
        const auto definition = read_definition(std::string_view(age));
        EXPECT_TRUE(definition.ok()) << age;
        return patient_form(*definition, *read_span(std::string_view("1000-01-01")));
    };
    EXPECT_EQ(form_of(R"({"patient":{"age":{"ge":200}}})"), "birthdate=le0800-01-02");
    EXPECT_EQ(form_of(R"({"patient":{"age":{"le":200}}})"), "birthdate=ge0798-12-31");
}

TEST(People, who_is_not_shown_is_no_member) {
    FakeFhir server;
    server.add(R"({"resourceType":"Patient","id":"p1"})");
    server.add(R"({"resourceType":"Patient","id":"p3"})");
    FhirClient fhir(server, {.base = server.base});
    const Options content;
    const Sources sources{.fhir = fhir, .content = content};
    Selection selection;
    for (const char* id : {"p1", "p2", "p3"}) {
        selection.members.emplace_back();
        selection.members.back().id = id;
    }
    ASSERT_TRUE(keep_readable(selection, sources));
    ASSERT_EQ(selection.members.size(), 2U);
    EXPECT_EQ(selection.members[0].id + selection.members[1].id, "p1p3");
    server.answer_status = 403;
    EXPECT_EQ(keep_readable(selection, sources).error().kind, CohortFailure::Kind::refused);
    EXPECT_EQ(selection.members.size(), 2U);
}

}  // namespace
}  // namespace isocenter::fhir::cohort
