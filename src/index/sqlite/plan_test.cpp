// How SQLite is going to answer: searches by indexed attributes must not read whole tables, and pages of a
// walk must not be sorted.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "index/fixture_for_contract_test.h"
#include "index/sql/search_plan.h"
#include "index/sqlite/connection.h"
#include "index/sqlite/migrate.h"

namespace isocenter::index {
namespace {

using dicom::Level;

class Plan : public ::testing::Test {
  protected:
    void SetUp() override {
        sqlite::ConnectionOptions options;
        options.path = folder_.file("index.db");
        options.writer = true;
        options.synchronous = false;
        connection_ = *sqlite::SqliteConnection::open(options);
        ASSERT_TRUE(sqlite::migrate(*connection_).ok());
    }

    std::string explain(const sql::Fragment& statement) {
        sql::Run run(*connection_, "EXPLAIN QUERY PLAN " + statement.sql);
        sql::bind_all(run, statement);
        std::string text;
        while (true) {
            const auto row = run.next();
            EXPECT_TRUE(row.ok()) << statement.sql;
            if (!row.ok() || !*row) return text;
            text += run.string(3) + "\n";
        }
    }
    /// Of the page's statement.
    std::string page_of(const dicom::Query& query) {
        const auto plan = sql::plan_search(*connection_, query);
        EXPECT_TRUE(plan.ok());
        return explain(sql::page_statement(query, *plan, 101));
    }

    TemporaryFolder folder_;
    std::unique_ptr<sqlite::SqliteConnection> connection_;
};

// Whole tables; reading what a subquery or json_each yields is no such thing.
const auto kReadsAWholeTable =
    ::testing::ContainsRegex("SCAN (s|e|i|g|w0|w|study|series|instance|name_[a-z]+|change)( |\n)");
const auto kSorts = ::testing::HasSubstr("USE TEMP B-TREE FOR ORDER BY");

TEST_F(Plan, IndexedAttributesReadNoWholeTable) {
    const dicom::MatchUid uid{{"1"}};
    const dicom::MatchUid uid_list{{"1", "2"}};
    const std::pair<dicom::Tag, dicom::Match> matches[] = {
        {tags::StudyInstanceUID, uid},
        {tags::StudyInstanceUID, uid_list},
        {tags::SeriesInstanceUID, uid},
        {tags::SOPInstanceUID, uid_list},
        {tags::PatientID, text_of({"1"})},
        {tags::PatientID, text_of({"1", "2"}, false)},
        {tags::PatientID, dicom::MatchWildcard{{"12*"}}},
        {tags::AccessionNumber, text_of({"1"})},
        {tags::StudyDate, dicom::MatchRange{"20240101", "20240102"}},
        {tags::StudyDate,
         dicom::MatchMoment{tags::StudyTime, "20240101100000.000000", "20240102100000.000000"}},
        {tags::PatientBirthDate, text_of({"20240101"})},
        {tags::PatientName, name_of("doe*")},
        {tags::PatientName, name_of("doe^jane")},
        {tags::PatientName, name_of("doe^jane", true)},
        {tags::PatientName, name_of("*jane*")},
        {tags::PatientName, dicom::MatchNameWords{{"jane", "doe"}, true}},
        {tags::ReferringPhysicianName, dicom::MatchNameWords{{"jane", "doe"}, false}},
        {tags::ModalitiesInStudy, text_of({"CT"})},
        {tags::SOPClassesInStudy, uid},
    };
    for (const Level level : {Level::study, Level::series, Level::instance}) {
        for (const auto& [tag, match] : matches) {
            const std::string plan = page_of(query_of(level, {{tag, std::nullopt, match}}));
            EXPECT_THAT(plan, ::testing::Not(kReadsAWholeTable)) << tag.value();
            EXPECT_THAT(plan, ::testing::Not(::testing::HasSubstr("_partition (partition_id=?)")))
                << tag.value();
        }
    }
}

TEST_F(Plan, PagesOfAWalkAreNotSorted) {
    for (const Level level : {Level::study, Level::series, Level::instance}) {
        const std::string plan = page_of(query_of(level, {}));
        EXPECT_THAT(plan, ::testing::Not(kSorts));
        EXPECT_THAT(plan, ::testing::HasSubstr("COVERING INDEX"));
        EXPECT_THAT(page_of(query_of(level, {{tags::StudyDescription, {}, text_of({"x"})}})),
                    ::testing::Not(kSorts));
    }
}

}  // namespace
}  // namespace isocenter::index
