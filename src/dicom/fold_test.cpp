#include "dicom/fold.h"

#include <gtest/gtest.h>

namespace isocenter::dicom {
namespace {

using Words = std::vector<std::string>;

TEST(Fold, CaseAndWidthButNotAccents) {
    EXPECT_EQ(fold_case("MÜLLER Ta*?"), "müller ta*?");
    EXPECT_EQ(fold_case("ＡＢＣ　ｱ"), "abc ア");
    EXPECT_EQ(fold_case("Straße"), "strasse");
    EXPECT_EQ(fold_case("u\xCC\x88"), "ü") << "composed";
    EXPECT_NE(fold_case("Ta"), fold_case("Tá"));
    EXPECT_EQ(fold_case(""), "");
}

TEST(Fold, NamesLoseAccentsToo) {
    EXPECT_EQ(fold_name("Tá"), "ta");
    EXPECT_EQ(fold_name("BJÖRK^Guðmundsdóttir"), "bjork^guðmundsdottir");
    EXPECT_EQ(fold_name("Άννα"), "αννα");
    EXPECT_EQ(fold_name("Йосиф"), "иосиф");
}

TEST(Fold, MarksThatMakeLettersStay) {
    EXPECT_EQ(fold_name("がく"), "がく");
    EXPECT_NE(fold_name("がく"), fold_name("かく"));
    EXPECT_EQ(fold_name("김희중"), "김희중");
}

TEST(Fold, BytesThatAreNotUtf8BecomeReplacementCharacters) {
    EXPECT_EQ(fold_case("A\xFF"), "a\xEF\xBF\xBD");
}

TEST(Fold, WordsOfNames) {
    EXPECT_EQ(name_words("doe^john-paul=山田, x. y"), (Words{"doe", "john", "paul", "山田", "x", "y"}));
    EXPECT_EQ(name_words("jo* d?e"), (Words{"jo*", "d?e"}));
    EXPECT_EQ(name_words("^^= "), Words{});
    EXPECT_EQ(name_words("a、b・c"), (Words{"a", "b", "c"})) << "punctuation of other scripts";
}

}  // namespace
}  // namespace isocenter::dicom
