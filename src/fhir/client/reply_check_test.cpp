#include "fhir/client/reply_check.h"

#include <gtest/gtest.h>

#include "base/utf8.h"

namespace isocenter::fhir {
namespace {

TEST(OutcomeText, is_cut_behind_a_character) {
    for (std::size_t lead = 0; lead < 4; ++lead) {
        std::string words(lead, 'a');
        for (int i = 0; i < 2000; ++i)
            words += "\xE5\xB1\xB1";
        const auto text = outcome_text(R"({"resourceType":"OperationOutcome","issue":[{"diagnostics":")" +
                                       words + R"("}]})");
        ASSERT_TRUE(text);
        EXPECT_TRUE(is_utf8(*text)) << lead;
        EXPECT_LE(text->size(), 4000U);
        EXPECT_GE(text->size(), 3998U);
        EXPECT_TRUE(words.starts_with(*text));
    }
}

TEST(OutcomeText, tells_errors_before_all_else) {
    const auto issue = [](const std::string& severity, const std::string& text) {
        return R"({"severity":")" + severity + R"(","diagnostics":")" + text + "\"}";
    };
    const auto text_of = [](const std::string& issues) {
        return outcome_text(R"({"resourceType":"OperationOutcome","issue":[)" + issues + "]}")
            .value_or("none");
    };
    std::string remarks;
    for (int i = 0; i < 200; ++i)
        remarks += issue("warning", "the value set of this code is not known here") + ',';
    EXPECT_EQ(text_of(remarks + issue("error", "no subject") + ',' + issue("fatal", "no status")),
              "no subject; no status");
    EXPECT_EQ(text_of(issue("warning", "one") + ',' + issue("information", "two")), "one; two");
}

}  // namespace
}  // namespace isocenter::fhir
