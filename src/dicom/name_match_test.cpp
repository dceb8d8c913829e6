#include "dicom/name_match.h"

#include <gtest/gtest.h>

namespace isocenter::dicom {
namespace {

using Words = std::vector<std::string>;

TEST(NameMatch, PatternsCountCharacters) {
    EXPECT_TRUE(fits_pattern("S?", "S2"));
    EXPECT_TRUE(fits_pattern("?x", "\xC3\xA9x"));
    EXPECT_FALSE(fits_pattern("??x", "\xC3\xA9x"));
    EXPECT_TRUE(fits_pattern("a*b*c", "aXbYbZc"));
    EXPECT_FALSE(fits_pattern("a*b", "abc"));
    EXPECT_TRUE(fits_pattern("a**", "a"));
}

TEST(NameMatch, ByAnyGroupOrGroupByGroup) {
    const auto fits = [](std::string wanted, std::string_view stored) {
        return fits_name(MatchName{{std::move(wanted)}}, stored);
    };
    EXPECT_TRUE(fits("doe^john", "doe^john^^"));
    EXPECT_TRUE(fits("doe^*", "doe"));
    EXPECT_TRUE(fits("yama*", "doe=yamada"));
    EXPECT_FALSE(fits("doe*yama*", "doe=yamada"));
    EXPECT_TRUE(fits("doe=", "doe"));
    EXPECT_TRUE(fits("doe*=*", "doe^john")) << "'*' is nothing as well: a group that is absent";
    EXPECT_FALSE(fits("doe*=y*", "doe^john"));
    EXPECT_TRUE(fits("=yamada", "doe=yamada"));
    EXPECT_TRUE(fits_name(MatchName{{"x", "doe"}}, "doe"));
    EXPECT_FALSE(fits_name(MatchName{{"doe"}, true}, "doe^john"));
}

TEST(NameMatch, EachWordNeedsAnother) {
    EXPECT_TRUE(fits_words(Words{"jo", "john"}, Words{"john", "johnson"}));
    EXPECT_FALSE(fits_words(Words{"jo", "john"}, Words{"john", "jim"}));
    EXPECT_FALSE(fits_words(Words{"j*n", "jo"}, Words{"john"}));
    EXPECT_TRUE(fits_words(Words{"j*", "*n", "?i"}, Words{"jim", "john", "jon"}));
    EXPECT_FALSE(fits_words(Words{"d*", "?oe", "s*"}, Words{"doe", "stone", "hall"}));
    EXPECT_TRUE(fits_name_words(MatchNameWords{{"ha", "d*e"}}, "doe^hall=x"));
    EXPECT_FALSE(fits_name_words(MatchNameWords{{"x", "d*e"}}, "doe^hall=x")) << "within one group";
    EXPECT_FALSE(fits_name_words(MatchNameWords{}, "doe"));
    EXPECT_FALSE(fits_words(Words(100, "a"), Words(100, "a"))) << "bounded";
}

}  // namespace
}  // namespace isocenter::dicom
