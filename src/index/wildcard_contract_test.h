#pragma once

// Searches with wildcards that every index database must answer alike; see contract_test.h.

#include "index/fixture_for_contract_test.h"

namespace isocenter::index {

TEST_P(IndexContract, SearchByWildcard) {
    add(key_of("1", "2", "3"), {{tags::PatientID, "AB-12[x]"}, {tags::StudyDescription, "Knie links"}});
    add(key_of("4", "5", "6"), {{tags::PatientID, "ab-12"}, {tags::StudyDescription, "KÄSE"}});
    const auto ids = [&](const std::string& pattern) {
        return uids(studies_with(tags::PatientID, dicom::MatchWildcard{{pattern}}));
    };
    EXPECT_THAT(ids("AB*"), ElementsAre("1"));
    EXPECT_THAT(ids("*12*"), ElementsAre("4", "1"));
    EXPECT_THAT(ids("?b-1?"), ElementsAre("4"));
    EXPECT_THAT(ids("AB-12[x]*"), ElementsAre("1"));
    EXPECT_THAT(ids("AB-12[xy*"), IsEmpty());
    EXPECT_THAT(ids("[aA]b*"), IsEmpty());
    EXPECT_THAT(ids("**a**b**"), ElementsAre("4"));
    EXPECT_THAT(uids(studies_with(tags::StudyDescription, dicom::MatchWildcard{{"K?SE"}})), ElementsAre("4"));
    EXPECT_THAT(uids(studies_with(tags::StudyDescription, dicom::MatchWildcard{{"K?SE", "Knie links"}})),
                ElementsAre("4", "1"));
}

TEST_P(IndexContract, SearchByWildcardWithoutCase) {
    add(key_of("1", "2", "3"), {{tags::PatientID, "AbC1\\x"}, {tags::StudyDescription, "K\xC3\x84SE"}});
    add(key_of("4", "5", "6"), {{tags::PatientID, "ABD"}, {tags::StudyDescription, "Kase"}});
    const auto found = [&](dicom::Tag tag, std::vector<std::string> patterns) {
        return uids(studies_with(tag, dicom::MatchWildcard{std::move(patterns), false}));
    };
    EXPECT_THAT(found(tags::PatientID, {"abc*"}), ElementsAre("1"));
    EXPECT_THAT(found(tags::PatientID, {"*Bc1"}), ElementsAre("1")) << "the first value";
    EXPECT_THAT(found(tags::PatientID, {"aB?", "ABC?"}), ElementsAre("4", "1"));
    EXPECT_THAT(found(tags::PatientID, std::vector<std::string>(200, "abc*")), ElementsAre("1"));
    EXPECT_THAT(found(tags::StudyDescription, {"k\xC3\xA4*"}), ElementsAre("1")) << "accents count";
}

}  // namespace isocenter::index
