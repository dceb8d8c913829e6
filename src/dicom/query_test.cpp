#include "dicom/query.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "dicom/tags.h"

namespace isocenter::dicom {
namespace {

TEST(Query, HoldsEveryFilterOfTheCompatibilityFacesAtItsLevel) {
    for (Tag tag : {tags::StudyInstanceUID, tags::PatientName, tags::PatientID, tags::PatientBirthDate,
                    tags::AccessionNumber, tags::ReferringPhysicianName, tags::StudyDate,
                    tags::StudyDescription, tags::ModalitiesInStudy}) {
        EXPECT_EQ(searchable_level(tag, std::nullopt), Level::study) << tag.group << ',' << tag.element;
    }
    for (Tag tag : {tags::SeriesInstanceUID, tags::Modality, tags::PerformedProcedureStepStartDate,
                    tags::ManufacturerModelName}) {
        EXPECT_EQ(searchable_level(tag, std::nullopt), Level::series) << tag.group << ',' << tag.element;
    }
    EXPECT_EQ(searchable_level(tags::SOPInstanceUID, std::nullopt), Level::instance);
}

TEST(Query, MembersOfASequenceAreSearchableOnlyThroughIt) {
    const std::optional<Tag> sequence = tags::RequestAttributesSequence;
    EXPECT_EQ(searchable_level(tags::RequestedProcedureID, sequence), Level::series);
    EXPECT_EQ(searchable_level(tags::ScheduledProcedureStepID, sequence), Level::series);
    EXPECT_FALSE(is_searchable(tags::RequestedProcedureID, std::nullopt));
    EXPECT_FALSE(is_searchable(tags::PatientID, sequence));
    EXPECT_FALSE(is_searchable(tags::RequestAttributesSequence, std::nullopt));
}

TEST(Query, OtherAttributesAreNotSearchable) {
    EXPECT_FALSE(is_searchable(tags::Rows, std::nullopt));
    EXPECT_FALSE(is_searchable(tags::Columns, std::nullopt));
    EXPECT_FALSE(is_searchable(tags::TimezoneOffsetFromUTC, std::nullopt));
    EXPECT_TRUE(is_row_value(tags::TimezoneOffsetFromUTC, Level::series));
    EXPECT_FALSE(is_row_value(tags::TimezoneOffsetFromUTC, Level::instance));
    EXPECT_TRUE(is_row_value(tags::Modality, Level::series));
    EXPECT_FALSE(is_row_value(tags::Modality, Level::study));
    EXPECT_TRUE(is_in_row(tags::StudyDate, Level::instance));
    EXPECT_FALSE(is_in_row(tags::Modality, Level::study));
    EXPECT_FALSE(is_searchable(Tag{0x0009, 0x1001}, std::nullopt));
}

TEST(Query, NoAttributeIsListedTwice) {
    const auto all = searchable_attributes();
    for (std::size_t i = 0; i < all.size(); ++i) {
        const auto same = std::count_if(all.begin(), all.end(), [&](const SearchableAttribute& other) {
            return other.tag == all[i].tag && other.sequence == all[i].sequence;
        });
        EXPECT_EQ(same, 1) << all[i].tag.group << ',' << all[i].tag.element;
    }
}

}  // namespace
}  // namespace isocenter::dicom
