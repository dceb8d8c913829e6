#include "fhir/cohort/documents.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "fhir/cohort/cohort_fakes.h"

namespace isocenter::fhir::cohort {
namespace {

constexpr const char* kPdf = "1.2.840.10008.5.1.4.1.1.104.1";
constexpr const char* kReport = "1.2.840.10008.5.1.4.1.1.88.33";

TEST(CohortDocuments, are_the_reports_and_encapsulated_documents_of_a_study) {
    FakeStudies archive;
    archive.add_instance("1.1", "1.1.3", "DOC", kPdf, "Findings");
    archive.add_instance("1.1", "1.1.2", "SR", kReport);
    archive.add_instance("1.1", "1.1.4", "SR", "1.2.840.10008.5.1.4.1.1.88.59", "key objects");
    archive.add_instance("1.1", "1.1.5", "CT", "1.2.840.10008.5.1.4.1.1.2");
    const ByStudy modalities{{{"Microsoft.Default", "1.1"}, {"CT", "SR", "DOC"}},
                             {{"Microsoft.Default", "1.2"}, {"CT"}}};
    const auto found = find_documents(modalities, archive, "http://pacs");
    ASSERT_TRUE(found.has_value()) << found.error().text;
    ASSERT_EQ(found->size(), 1U);
    EXPECT_EQ(boost::json::value(found->begin()->second),
              boost::json::parse(fmt::format(
                  R"([{{"sopInstanceUid":"1.1.2","sopClassUid":"{1}","retrieveUrl":"{0}/1.1.2"}},
                      {{"sopInstanceUid":"1.1.3","sopClassUid":"{2}","title":"Findings","retrieveUrl":"{0}/1.1.3"}}])",
                  "http://pacs/studies/1.1/series/1.1.1/instances", kReport, kPdf)));
    ASSERT_EQ(archive.queries.size(), 2U) << "SR, DOC";
    for (const StudyQuery& query : archive.queries)
        EXPECT_EQ(query.study_uids, std::vector<std::string>{"1.1"})
            << "nothing is asked of studies without such series";
}

TEST(CohortDocuments, in_series_of_other_things_are_asked_for_by_class) {
    FakeStudies archive;
    archive.add_instance("1.1", "1.1.2", "OT", kPdf);
    archive.add_instance("1.1", "1.1.3", "OT", "1.2.840.10008.5.1.4.1.1.7");
    const auto found = find_documents({{{"Microsoft.Default", "1.1"}, {"CT", "OT"}}}, archive, "http://pacs");
    ASSERT_TRUE(found.has_value()) << found.error().text;
    ASSERT_EQ(found->size(), 1U);
    ASSERT_EQ(found->begin()->second.size(), 1U);
    EXPECT_EQ(found->begin()->second.at(0).at("sopInstanceUid"), boost::json::value("1.1.2"));
    ASSERT_EQ(archive.queries.size(), 1U);
    EXPECT_EQ(archive.queries[0].match.at("SOPClassUID"),
              kPdf + std::string(",1.2.840.10008.5.1.4.1.1.104.2"));
}

TEST(CohortDocuments, are_asked_for_fifty_studies_at_a_time_in_their_partition) {
    FakeStudies archive;
    ByStudy modalities;
    for (int i = 0; i < 60; ++i)
        modalities[{"north wing", fmt::format("1.{}", i)}] = {"SR"};
    archive.add_instance("1.7", "1.7.2", "SR", kReport);
    const auto found = find_documents(modalities, archive, "http://pacs");
    ASSERT_TRUE(found.has_value()) << found.error().text;
    EXPECT_EQ(
        found->at({"north wing", "1.7"}).at(0).at("retrieveUrl"),
        boost::json::value("http://pacs/partitions/north%20wing/studies/1.7/series/1.7.1/instances/1.7.2"));
    EXPECT_EQ(archive.queries.size(), 2U);
    EXPECT_EQ(archive.queries[0].partition, "north wing");
    EXPECT_EQ(archive.queries[0].study_uids.size(), 50U);
}

TEST(CohortDocuments, are_left_out_where_the_archive_refuses_to_look_for_them) {
    struct Refusing : StudySource {
        explicit Refusing(FailureKind the_kind) : kind(the_kind) {}
        Attempt<StudyRows> find(const StudyQuery& /*query*/) override { return failed(kind, "no"); }
        FailureKind kind;
    };
    const ByStudy modalities{{{"Microsoft.Default", "1.1"}, {"SR"}}};
    Refusing refusing{FailureKind::refused};
    const auto none = find_documents(modalities, refusing, "http://pacs");
    ASSERT_TRUE(none.has_value());
    EXPECT_TRUE(none->empty());
    Refusing away{FailureKind::archive_down};
    EXPECT_FALSE(find_documents(modalities, away, "http://pacs").has_value());
}

}  // namespace
}  // namespace isocenter::fhir::cohort
