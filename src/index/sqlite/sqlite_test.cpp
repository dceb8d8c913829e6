#include <gtest/gtest.h>

#include "dicom/frame_table.h"
#include "index/contract_test.h"
#include "index/member_contract_test.h"
#include "index/records_contract_test.h"
#include "index/search_contract_test.h"
#include "index/sqlite/connection.h"
#include "index/sqlite/migrate.h"
#include "index/wildcard_contract_test.h"

namespace isocenter::index {
namespace {

Result<Database> open_file(const TemporaryFolder& folder) {
    DatabaseOptions options;
    options.path = folder.file("index.db");
    options.synchronous = false;
    return open_database(options);
}

INSTANTIATE_TEST_SUITE_P(Sqlite, IndexContract, ::testing::Values(DatabaseKind{"Sqlite", open_file}),
                         [](const auto& parameter) { return parameter.param.name; });

Status run_on(const TemporaryFolder& folder, const std::string& script) {
    sqlite::ConnectionOptions options;
    options.path = folder.file("index.db");
    options.writer = true;
    ISO_TRY(const auto connection, sqlite::SqliteConnection::open(options));
    return connection->execute(script);
}

TEST(Sqlite, RefusesANewerSchemaAndAForeignFile) {
    TemporaryFolder folder;
    ASSERT_TRUE(open_file(folder).ok());
    ASSERT_TRUE(run_on(folder, "PRAGMA user_version = 9999").ok());
    EXPECT_EQ(open_file(folder).error().code, ErrorCode::unavailable);

    TemporaryFolder foreign;
    ASSERT_TRUE(run_on(foreign, "CREATE TABLE x (y)").ok());
    EXPECT_EQ(open_file(foreign).error().code, ErrorCode::unavailable);
}

TEST(Sqlite, AnOlderSchemaIsBroughtUpToDateAndKeepsItsRows) {
    TemporaryFolder folder;
    const std::string first(sqlite::migrations().front());
    const std::string ours = "PRAGMA application_id = " + std::to_string(sqlite::kApplicationId);
    ASSERT_TRUE(run_on(folder, first + ";" + ours + "; PRAGMA user_version = 1").ok());
    ASSERT_TRUE(run_on(folder,
                       "INSERT INTO study (id, partition_id, uid, series_count, instance_count, size_bytes, "
                       "newest_version, newest_instance, patient_id, patient_id_fold) "
                       "VALUES (1, 1, '1.2', 0, 0, 0, 0, 0, 'P', 'p')")
                    .ok());
    const auto database = open_file(folder);
    ASSERT_TRUE(database.ok());
    std::vector<SearchRow> found;
    ASSERT_TRUE(database->index
                    ->search({},
                             [&](SearchRow&& row) -> Status {
                                 found.push_back(std::move(row));
                                 return {};
                             })
                    .ok());
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0].study, (AttributeValues{{dicom::tags::PatientID, "P"}}));
}

TEST(Sqlite, RefusesUnknownKindsAndPlacesThatDoNotExist) {
    DatabaseOptions options;
    options.kind = "tape";
    EXPECT_EQ(open_database(options).error().code, ErrorCode::invalid_request);
    options.kind = "sqlite";
    options.path = "/nonexistent/folder/index.db";
    EXPECT_EQ(open_database(options).error().code, ErrorCode::unavailable);
}

TEST(Sqlite, AnotherProcessesWriteLockIsUnavailableAfterTheWait) {
    TemporaryFolder folder;
    ASSERT_TRUE(open_file(folder).ok());
    sqlite::ConnectionOptions options;
    options.path = folder.file("index.db");
    options.writer = true;
    options.busy_milliseconds = 1;
    const auto holder = *sqlite::SqliteConnection::open(options);
    const auto waiter = *sqlite::SqliteConnection::open(options);
    const auto held = *sql::Transaction::begin(*holder, sql::Transaction::Kind::write);
    const auto refused = sql::Transaction::begin(*waiter, sql::Transaction::Kind::write);
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.error().code, ErrorCode::unavailable);
}

TEST(Sqlite, TwoOpenDatabasesShareOneFile) {
    TemporaryFolder folder;
    const Database one = *open_file(folder);
    const Database two = *open_file(folder);
    const NewInstance first = instance_of(key_of("1", "2", "3"));
    const NewInstance second = instance_of(key_of("1", "2", "4"));
    ASSERT_TRUE(one.index->add(std::span(&first, 1)).ok());
    const auto outcome = *two.index->add(std::span(&second, 1));
    EXPECT_EQ(outcome[0].sequence, 2);
    EXPECT_FALSE((*two.index->add(std::span(&first, 1)))[0].created);
    EXPECT_EQ(one.index->list(key_of("1"), false)->size(), 2U);
}

TEST(Sqlite, ConsistencyCheckFindsDamage) {
    const std::pair<const char*, const char*> damages[] = {
        {"UPDATE series SET instance_count = 7", "counts"},
        {"UPDATE study SET size_bytes = 7", "counts"},
        {"UPDATE data_partition SET studies = 7", "totals"},
        {"DELETE FROM document", "without a document"},
        {"UPDATE document SET json = x'00'", "cannot be read"},
        {"DELETE FROM change WHERE sequence = 1", "feed"},
        {"UPDATE change SET time = 0 WHERE sequence = 2", "feed"},
        {"DELETE FROM study_sop_class", "SOP classes"},
        {"PRAGMA foreign_keys = OFF; DELETE FROM series", "2 instances without a series: 3, 4"},
        {"PRAGMA foreign_keys = OFF; DELETE FROM study", "1 series without a study: 2"},
        {"PRAGMA foreign_keys = OFF; UPDATE series SET study_id = 999", "1 series without a study: 2"},
        {"UPDATE instance SET document_key = (SELECT max(document_key) FROM instance)",
         "2 instances that share their document with another one: 3, 4"},
        {"UPDATE instance SET document_key = (SELECT max(document_key) FROM instance)",
         "1 documents without an instance"},
        {"UPDATE instance SET frames = 77 WHERE uid = '4'",
         "number of frames is not that of their objects: 4"},
        {"DELETE FROM name_group", "not filed as they are: 1"},
        {"UPDATE name_group SET folded = 'eod'", "not filed as they are: 1"},
        {"DELETE FROM name_word", "not filed as they are: 1"},
        {"UPDATE name_word SET word = 'eod'", "not filed as they are: 1"},
        {"INSERT INTO study_name_trigram (study_name_trigram) VALUES ('delete-all')",
         "not filed by their pieces: 1"},
        {"UPDATE counter SET sequence = 1", "behind"},
        {"UPDATE study SET patient_name = 'Other'", "study whose patient_name"},
        {"UPDATE study SET patient_id_fold = 'other'", "study whose patient_id"},
        {"UPDATE study SET study_date_sort = '19990101'", "study whose study_date"},
        {"UPDATE series SET modality = 'CT'", "series whose modality"},
        {"UPDATE instance SET instance_number = '77'", "instance whose instance_number"},
        {"INSERT INTO removal (blob, due) SELECT blob, 0 FROM instance", "queued for removal"},
        {"UPDATE counter SET version = 0", "behind"},
    };
    for (const auto& [script, word] : damages) {
        TemporaryFolder folder;
        {
            const Database database = *open_file(folder);
            for (const char* uid : {"3", "4"}) {
                NewInstance given = instance_of(key_of("1", "2", uid), {{tags::PatientName, "Doe"}});
                given.frames = 0;
                given.layout = dicom::encode_layout({});
                ASSERT_TRUE(database.index->add(std::span(&given, 1)).ok());
            }
            ASSERT_TRUE(database.records->check_consistency()->empty());
        }
        ASSERT_TRUE(run_on(folder, script).ok()) << script;
        const Database database = *open_file(folder);
        EXPECT_THAT(*database.records->check_consistency(), ::testing::Contains(::testing::HasSubstr(word)))
            << script;
    }
}

TEST(Sqlite, ARecordWithoutParentsKeepsNoOtherFromBeingFound) {
    TemporaryFolder folder;
    {
        const Database database = *open_file(folder);
        for (const char* uid : {"3", "4", "5"}) {
            const NewInstance given = instance_of(key_of("1", "2." + std::string(uid), uid));
            ASSERT_TRUE(database.index->add(std::span(&given, 1)).ok());
        }
    }
    ASSERT_TRUE(
        run_on(folder, "PRAGMA foreign_keys = OFF; UPDATE series SET study_id = 999 WHERE uid = '2.5'").ok());
    const Database database = *open_file(folder);
    for (const dicom::Level level : {dicom::Level::series, dicom::Level::instance}) {
        dicom::Query query = query_of(level, {});
        query.want_document = true;
        std::size_t documents = 0;
        const auto sink = [&](SearchRow&& row) -> Status {
            documents += row.document ? 1U : 0U;
            return {};
        };
        ASSERT_TRUE(database.index->search(query, sink).ok());
        EXPECT_EQ(documents, 2U);
    }
}

TEST(Sqlite, ADocumentThatCannotBeReadKeepsNoOtherFromBeingRead) {
    TemporaryFolder folder;
    {
        const Database database = *open_file(folder);
        for (const char* uid : {"3", "4", "5"}) {
            const NewInstance given = instance_of(key_of("1", "2", uid), {{tags::PatientName, "Doe"}});
            ASSERT_TRUE(database.index->add(std::span(&given, 1)).ok());
        }
    }
    ASSERT_TRUE(run_on(folder,
                       "UPDATE document SET json = x'00' WHERE key = (SELECT document_key FROM "
                       "instance WHERE uid = '4')")
                    .ok());
    const Database database = *open_file(folder);
    const auto changes = database.index->changes({});
    ASSERT_TRUE(changes.ok());
    ASSERT_EQ(changes->size(), 3U);
    EXPECT_TRUE((*changes)[0].document);
    EXPECT_FALSE((*changes)[1].document);
    EXPECT_EQ((*changes)[1].state, State::current);
    EXPECT_TRUE((*changes)[2].document);

    dicom::Query query = query_of(dicom::Level::instance, {});
    query.want_document = true;
    std::vector<bool> documents;
    const auto sink = [&](SearchRow&& row) -> Status {
        documents.push_back(row.document.has_value());
        return {};
    };
    ASSERT_TRUE(database.index->search(query, sink).ok());
    EXPECT_THAT(documents, ::testing::UnorderedElementsAre(true, false, true));

    std::vector<std::int64_t> ids;
    const auto records = *database.index->list(key_of("1"), false);
    for (const InstanceRecord& record : records)
        ids.push_back(record.id);
    EXPECT_EQ(database.index->documents(ids, UINT64_MAX)->documents.size(), 2U);
}

TEST(Sqlite, AnUnsyncedEndOfTheLogIsAWholeTransactionLess) {
    // What a power cut leaves: the log cut off in the middle of its last transaction.
    TemporaryFolder folder;
    TemporaryFolder copy;
    const Database database = *open_file(folder);
    for (int i = 1; i <= 5; ++i) {
        const NewInstance given = instance_of(key_of("1", "2", std::to_string(i)));
        ASSERT_TRUE(database.index->add(std::span(&given, 1)).ok());
    }
    std::filesystem::copy(folder.file("index.db"), copy.file("index.db"));
    std::filesystem::copy(folder.file("index.db-wal"), copy.file("index.db-wal"));
    const auto size = std::filesystem::file_size(copy.file("index.db-wal"));
    std::filesystem::resize_file(copy.file("index.db-wal"), size - 3000);
    const Database after = *open_file(copy);
    EXPECT_EQ(after.index->totals()->instances, 4U);
    EXPECT_TRUE(after.records->check_consistency()->empty());
}

}  // namespace
}  // namespace isocenter::index
