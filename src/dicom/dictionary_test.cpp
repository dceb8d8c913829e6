#include "dicom/dictionary.h"

#include <gtest/gtest.h>

#include "dicom/tags.h"

namespace isocenter::dicom {
namespace {

TEST(Dictionary, FindsByTag) {
    const auto name = find_entry(tags::PatientName);
    ASSERT_TRUE(name.has_value());
    EXPECT_EQ(name->keyword, "PatientName");
    EXPECT_EQ(name->vr, Vr::PN);
    EXPECT_EQ(name->vm, "1");
    EXPECT_EQ(find_entry(tags::PixelData)->vr, Vr::OW);
    EXPECT_EQ(find_entry(tags::PixelData)->vr_text, "OB or OW");
    EXPECT_EQ(find_entry(Tag{0x0028, 0x0106})->vr, Vr::US);
    EXPECT_EQ(find_entry(Tag{0x0028, 0x0106})->vr_text, "US or SS");
}

TEST(Dictionary, RepeatingGroupsComeWithTheGroupAskedFor) {
    const auto overlay = find_entry(Tag{0x6002, 0x3000});
    ASSERT_TRUE(overlay.has_value());
    EXPECT_EQ(overlay->keyword, "OverlayData");
    EXPECT_EQ(overlay->tag, (Tag{0x6002, 0x3000}));
    EXPECT_FALSE(find_entry(Tag{0x6001, 0x3000}).has_value()) << "odd groups are private";
}

TEST(Dictionary, HasNoPrivateGroupLengthOrUnknownNumbers) {
    for (const Tag tag : {Tag{0x0009, 0x0010}, Tag{0x0008, 0x0000}, Tag{0x0002, 0x0000}, Tag{0x0008, 0x9876},
                          tags::Item, tags::SequenceDelimitationItem}) {
        EXPECT_FALSE(find_entry(tag).has_value()) << to_hex8(tag);
    }
}

TEST(Dictionary, FindsByKeyword) {
    EXPECT_EQ(find_keyword("StudyInstanceUID")->tag, tags::StudyInstanceUID);
    EXPECT_EQ(find_keyword("OverlayRows")->tag, (Tag{0x6000, 0x0010}));
    EXPECT_FALSE(find_keyword("studyinstanceuid").has_value());
    EXPECT_FALSE(find_keyword("").has_value());
    EXPECT_FALSE(find_keyword("Zzz").has_value());
}

}  // namespace
}  // namespace isocenter::dicom
