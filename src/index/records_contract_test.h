#pragma once

// What verification reads and mends, the same for every index database; see contract_test.h.

#include "index/fixture_for_contract_test.h"

namespace isocenter::index {

TEST_P(IndexContract, ScansRecordsAndFindsLooseBlobs) {
    const NewInstance one = instance_of(key_of("1", "2", "3"));
    const NewInstance two = instance_of(key_of("1", "2", "4"));
    add(one);
    add(two);
    const auto first = *records().scan(0, 1);
    ASSERT_EQ(first.size(), 1U);
    EXPECT_EQ(first[0].key, one.key);
    EXPECT_EQ(first[0].layout, one.layout);
    EXPECT_EQ(records().scan(first[0].id, 10)->front().key, two.key);
    ASSERT_TRUE(index().remove(two.key).ok());
    const BlobKey keys[] = {one.blob, BlobKey("cc/3"), two.blob};
    EXPECT_THAT(*records().unreferenced(keys), ElementsAre(BlobKey("cc/3")));
    EXPECT_THAT(*records().unreferenced_by_walk(keys), ElementsAre(BlobKey("cc/3")));
}

TEST_P(IndexContract, StudiesAndSeriesHaveAZoneEach) {
    const auto zones = [&](dicom::Level level) {
        std::vector<std::string> found;
        for (const SearchRow& row : rows(query_of(level, {}))) {
            const AttributeValues& values = level == dicom::Level::study ? row.study : row.series;
            const auto zone =
                std::ranges::find(values, tags::TimezoneOffsetFromUTC, &AttributeValues::value_type::first);
            found.push_back(zone == values.end() ? "none" : zone->second);
        }
        return found;
    };
    const auto series_zones = [&] { return zones(dicom::Level::series); };
    add(key_of("1", "2", "3"), {{tags::TimezoneOffsetFromUTC, "+0100"}});
    add(key_of("1", "4", "5"), {{tags::TimezoneOffsetFromUTC, "-0500"}});
    add(key_of("1", "6", "7"));
    EXPECT_THAT(zones(dicom::Level::study), ElementsAre("-0500"));
    EXPECT_THAT(series_zones(), ::testing::UnorderedElementsAre("+0100", "-0500", "none"));
    ASSERT_TRUE(index().remove(key_of("1", "4")).ok());
    EXPECT_THAT(zones(dicom::Level::study), ElementsAre("+0100"));
}

TEST_P(IndexContract, RewritesRowsFromTheirDocuments) {
    const RequestItem request{"STEP", "PROCEDURE"};
    NewInstance given = instance_of(key_of("1", "2", "3"));
    given.document = document_of(given.key,
                                 {{tags::PatientID, "P"},
                                  {tags::PatientName, "Doe^Jane"},
                                  {tags::StudyDate, "2024.01.31"},
                                  {tags::Modality, "CT"},
                                  {tags::InstanceNumber, "7"}},
                                 {request});
    given.attributes = {{tags::PatientID, "Q"}, {tags::PatientSex, "F"}, {tags::Modality, "CT"}};
    const AddOutcome outcome = add(given);
    const auto before = *index().revision(key_of("1"));
    const auto rewrite = [&](const EntityKey& key) { return *records().rewrite(key); };
    EXPECT_THAT(rewrite(key_of("1")), ::testing::UnorderedElementsAre(tags::PatientID, tags::PatientName,
                                                                      tags::StudyDate, tags::PatientSex));
    EXPECT_THAT(rewrite(key_of("1", "2")), ElementsAre(tags::RequestAttributesSequence));
    EXPECT_THAT(rewrite(given.key), ElementsAre(tags::InstanceNumber));
    for (const EntityKey& key : {key_of("1"), key_of("1", "2"), given.key})
        EXPECT_THAT(rewrite(key), IsEmpty());

    const auto found =
        rows(query_of(dicom::Level::instance,
                      {{tags::StudyDate, std::nullopt, dicom::MatchRange{"20240131", "20240131"}}}));
    ASSERT_EQ(found.size(), 1U);
    EXPECT_THAT(found[0].study, ::testing::UnorderedElementsAre(std::pair(tags::PatientID, "P"),
                                                                std::pair(tags::PatientName, "Doe^Jane"),
                                                                std::pair(tags::StudyDate, "2024.01.31")));
    EXPECT_THAT(found[0].requests, ElementsAre(request));
    EXPECT_THAT(found[0].instance, ::testing::Contains(std::pair(tags::InstanceNumber, "7")));
    EXPECT_EQ(index().revision(key_of("1"))->mark, before.mark);
    EXPECT_EQ(index().list(given.key, false)->front().version, outcome.version);
    EXPECT_EQ(feed().size(), 1U);
    for (const EntityKey& key : {key_of("9"), key_of("1", "9"), key_of("1", "2", "9")})
        EXPECT_EQ(records().rewrite(key).error().code, ErrorCode::not_found);
}

}  // namespace isocenter::index
