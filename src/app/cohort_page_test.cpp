#include "app/cohort_page.h"

#include <gtest/gtest.h>

namespace isocenter::app {
namespace {

namespace json = boost::json;

TEST(CohortPage, ends_where_its_patients_are_too_large_to_hold_more) {
    std::size_t asked = 0;
    const auto describe = [&](std::size_t first, std::size_t count) {
        ++asked;
        std::vector<json::object> objects;
        for (std::size_t at = first; at < first + count; ++at)
            objects.push_back({{"id", at}, {"data", std::string(1000, 'x')}});
        return fhir::cohort::Found<std::vector<json::object>>(std::move(objects));
    };
    const auto whole = patients_of_page(5, 700, 1U << 20U, describe);
    ASSERT_TRUE(whole.has_value());
    EXPECT_EQ(whole->end, 700U);
    const json::array all = json::parse(whole->json).as_array();
    ASSERT_EQ(all.size(), 695U);
    EXPECT_EQ(all[694].at("id"), 699);
    const auto part = patients_of_page(5, 700, 150'000, describe);
    ASSERT_TRUE(part.has_value());
    EXPECT_GT(part->end, 150U);
    EXPECT_LT(part->end, 700U);
    EXPECT_EQ(json::parse(part->json).as_array().size(), part->end - 5);
    asked = 0;
    EXPECT_GT(patients_of_page(0, 10, 1, describe)->end, 0U) << "or nobody would come further";
    EXPECT_EQ(patients_of_page(10, 10, 1, describe)->json, "[]");
    EXPECT_EQ(asked, 1U);
}

TEST(CohortPage, fails_as_a_round_does) {
    const auto failing = [](std::size_t, std::size_t) -> fhir::cohort::Found<std::vector<json::object>> {
        return fhir::cohort::not_found(
            {fhir::cohort::CohortFailure::Kind::unavailable, "/return/0", "no", {}});
    };
    EXPECT_EQ(patients_of_page(0, 10, 1000, failing).error().where, "/return/0");
}

}  // namespace
}  // namespace isocenter::app
