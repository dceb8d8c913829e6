#include "api/dicomweb/refusals.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace isocenter::api {
namespace {

using archive::StoreFailure;

archive::StoreOutcome outcome_of(std::uint64_t part, std::optional<StoreFailure> failure,
                                 std::string message = {}) {
    archive::StoreOutcome outcome;
    outcome.part = part;
    outcome.failure = failure;
    outcome.message = std::move(message);
    outcome.sop_instance_uid = "1.2.3";
    return outcome;
}

std::vector<std::string> warnings_of(const StoreReport& report) {
    http::Response response;
    add_refusal_warnings(response, refusals_of(standard_profile(), report), "isocenter");
    std::vector<std::string> found;
    for (const auto& [name, value] : response.headers.fields())
        if (name == "Warning") found.push_back(value);
    return found;
}

TEST(Refusals, AreToldInTheOrderOfTheParts) {
    StoreReport report;
    report.outcomes.push_back(outcome_of(1, std::nullopt));
    report.outcomes.push_back(
        outcome_of(3, StoreFailure::invalid_attribute, "a required attribute is missing"));
    report.outcomes.back().violations.push_back({{0x0020, 0x000D}, "0020000D", "Doe^Jane"});
    report.outcomes.push_back(outcome_of(4, StoreFailure::not_understood, "first"));
    report.outcomes.push_back(outcome_of(4, std::nullopt));
    report.outcomes.push_back(outcome_of(4, StoreFailure::not_understood, "third\r\nX: y\xC3"));
    report.other_failures.push_back({StoreFailure::unsupported_part, 2, "no"});
    EXPECT_EQ(warnings_of(report), (std::vector<std::string>{
                                       "299 isocenter: part 2: no",
                                       "299 isocenter: part 3: a required attribute is missing: 0020000D",
                                       "299 isocenter: part 4, data set 1: first",
                                       "299 isocenter: part 4, data set 3: third??X: y?",
                                   }));
    EXPECT_EQ(refusals_of(standard_profile(), report).first.at(0).reason, 0xC000);
}

TEST(Refusals, AnObjectThatIsTheWholeBodyHasNoPart) {
    StoreReport report;
    report.outcomes.push_back(outcome_of(0, StoreFailure::duplicate, "an instance of these UIDs is stored"));
    EXPECT_EQ(warnings_of(report),
              std::vector<std::string>{"299 isocenter: an instance of these UIDs is stored"});
    report.outcomes.front().failure.reset();
    EXPECT_TRUE(warnings_of(report).empty());
}

TEST(Refusals, AreBounded) {
    StoreReport report;
    for (std::uint64_t part = 1; part <= 1000; ++part)
        report.outcomes.push_back(outcome_of(part, StoreFailure::not_understood, std::string(5000, 'x')));
    const Refusals refusals = refusals_of(standard_profile(), report);
    EXPECT_EQ(refusals.count, 1000U);
    EXPECT_EQ(refusals.first.size(), 20U);
    const auto warnings = warnings_of(report);
    ASSERT_EQ(warnings.size(), 9U);
    EXPECT_LT(warnings.front().size(), 250U);
    EXPECT_EQ(warnings.back(), "299 isocenter: 992 more are refused");
    testing::internal::CaptureStderr();
    log_refusals(refusals, "r1");
    const std::string log = testing::internal::GetCapturedStderr();
    EXPECT_EQ(std::count(log.begin(), log.end(), '\n'), 21);
    EXPECT_NE(log.find("\"event\":\"instance_refused\",\"request_id\":\"r1\",\"part\":1"), std::string::npos)
        << log.substr(0, 300);
    EXPECT_NE(log.find("\"count\":1000"), std::string::npos);
}

}  // namespace
}  // namespace isocenter::api
