#include "dicom/tag.h"

#include <gtest/gtest.h>

#include "dicom/tags.h"

namespace isocenter::dicom {
namespace {

TEST(Tag, TextForms) {
    EXPECT_EQ(to_hex8(tags::StudyInstanceUID), "0020000D");
    EXPECT_EQ(to_parenthesized(tags::StudyInstanceUID), "(0020,000d)");
    EXPECT_EQ(to_hex8(Tag{}), "00000000");
}

TEST(Tag, ParsesExactlyEightDigits) {
    EXPECT_EQ(parse_hex8("0020000d"), tags::StudyInstanceUID);
    EXPECT_EQ(parse_hex8("7FE00010"), tags::PixelData);
    for (const char* bad : {"", "0020000", "0020000D0", "0020000G", "-020000D", "0x20000D", " 020000D"}) {
        EXPECT_FALSE(parse_hex8(bad).has_value()) << bad;
    }
}

TEST(Tag, OrderIsByGroupThenElement) {
    EXPECT_LT((Tag{0x0008, 0xFFFF}), (Tag{0x0010, 0x0000}));
    EXPECT_EQ(make_tag(0x7FE00010U).group, 0x7FE0);
}

TEST(Tag, PrivateCreators) {
    EXPECT_TRUE((Tag{0x0009, 0x0010}).is_private_creator());
    EXPECT_FALSE((Tag{0x0009, 0x1010}).is_private_creator());
    EXPECT_FALSE((Tag{0x0008, 0x0010}).is_private_creator());
    EXPECT_TRUE((Tag{0x0009, 0x1010}).is_private());
}

}  // namespace
}  // namespace isocenter::dicom
