#include "index/sqlite/reserve.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <optional>
#include <utility>

#include "index/fixture_for_contract_test.h"
#include "index/sqlite/pool.h"

namespace isocenter::index {
namespace {

constexpr std::uint64_t kBytes = 3 << 20;

std::uint64_t room_of(const std::string& path) {
    struct stat info {};
    return stat(path.c_str(), &info) == 0 ? static_cast<std::uint64_t>(info.st_blocks) * 512 : 0;
}

Result<Database> open_with_reserve(const TemporaryFolder& folder, std::uint64_t bytes = kBytes) {
    DatabaseOptions options;
    options.path = folder.file("index.db");
    options.synchronous = false;
    options.reserve_bytes = bytes;
    return open_database(options);
}

TEST(ReserveFile, HoldsRoomAndGivesItUp) {
    TemporaryFolder folder;
    const std::string path = folder.file("reserve");
    sqlite::ReserveFile reserve(path, kBytes);
    EXPECT_FALSE(reserve.give_up()) << "nothing to give";
    reserve.fill();
    EXPECT_GE(room_of(path), kBytes);
    EXPECT_TRUE(reserve.stores_may_write().ok());
    ASSERT_TRUE(reserve.give_up());
    EXPECT_EQ(room_of(path), 0U);
    EXPECT_EQ(reserve.stores_may_write().error().code, ErrorCode::unavailable);
    reserve.fill();
    EXPECT_EQ(room_of(path), 0U) << "it is in use";
    reserve.take_back();
    EXPECT_GE(room_of(path), kBytes);
    EXPECT_TRUE(reserve.stores_may_write().ok());
}

TEST(ReserveFile, MakesUpForWhatIsMissing) {
    TemporaryFolder folder;
    const std::string path = folder.file("reserve");
    sqlite::ReserveFile reserve(path, kBytes);
    for (const auto size : {std::uint64_t{1} << 20U, kBytes, kBytes + 5}) {
        // Of that length, without any room: as a copy in a backup may be.
        ::unlink(path.c_str());
        ASSERT_EQ(::close(::open(path.c_str(), O_CREAT | O_WRONLY, 0600)), 0);
        ASSERT_EQ(::truncate(path.c_str(), static_cast<off_t>(size)), 0);
        reserve.fill();
        EXPECT_GE(room_of(path), kBytes) << size;
        EXPECT_EQ(std::filesystem::file_size(path), kBytes) << size;
    }
    sqlite::ReserveFile none(path, 0);
    EXPECT_FALSE(std::filesystem::exists(path));
    none.fill();
    EXPECT_FALSE(std::filesystem::exists(path));
}

TEST(ReserveFile, APlaceThatTakesNoneStopsNoStores) {
    TemporaryFolder folder;
    sqlite::ReserveFile reserve(folder.file("no/such/folder"), kBytes);
    reserve.fill();
    EXPECT_TRUE(reserve.stores_may_write().ok());
    EXPECT_FALSE(reserve.give_up());
}

TEST(Reserve, IsThereWhileTheDatabaseIsOpenAndAfterwards) {
    TemporaryFolder folder;
    {
        const Database database = *open_with_reserve(folder);
        EXPECT_TRUE(database.reserve->stores_may_write().ok());
        std::filesystem::remove(folder.file("index.db-reserve"));
        database.reserve->replenish();
    }
    EXPECT_GE(room_of(folder.file("index.db-reserve")), kBytes);
    ASSERT_TRUE(open_with_reserve(folder, 0).ok());
    EXPECT_FALSE(std::filesystem::exists(folder.file("index.db-reserve")));
}

/// As many pages as the database has now: more is SQLITE_FULL, as on a disk without room.
Status allow_no_page_more(sql::Connection& connection) {
    sql::Run run(connection, "PRAGMA max_page_count = 1");
    return run.run();
}

Status write_much(sql::Connection& connection) {
    ISO_TRY(const auto transaction, sql::Transaction::begin(connection, sql::Transaction::Kind::write));
    ISO_CHECK(connection.execute("CREATE TABLE much AS SELECT zeroblob(100000) AS bytes"));
    ISO_CHECK(sql::Run(connection, "INSERT INTO much VALUES (zeroblob(100000))").run());
    return transaction->commit();
}

TEST(Reserve, IsGivenUpForASecondTryOnAFullDiskAndTakenBack) {
    TemporaryFolder folder;
    const std::string path = folder.file("index.db-reserve");
    const Database database = *open_with_reserve(folder);
    ASSERT_TRUE(allow_no_page_more(**database.connections->writer()).ok());
    std::vector<std::uint64_t> rooms;
    const auto work = [&](sql::Connection& connection) {
        rooms.push_back(room_of(path));
        if (rooms.size() == 1) return write_much(connection);
        EXPECT_FALSE(database.reserve->stores_may_write().ok());
        database.reserve->replenish();
        EXPECT_EQ(room_of(path), 0U);
        EXPECT_TRUE(sql::Run(connection, "PRAGMA max_page_count = 1000000").run().ok());
        return write_much(connection);
    };
    EXPECT_TRUE(database.connections->write_with_reserve(work).ok());
    ASSERT_EQ(rooms.size(), 2U);
    EXPECT_GE(rooms[0], kBytes);
    EXPECT_EQ(rooms[1], 0U);
    EXPECT_GE(room_of(path), kBytes);
    EXPECT_TRUE(database.reserve->stores_may_write().ok());
}

/// Keeps the WAL from beginning anew: what it holds is read.
struct Reading {
    sql::Lease connection;
    std::unique_ptr<sql::Transaction> transaction;
};

Result<Reading> read_all_there_is(const Database& database) {
    ISO_TRY(auto connection, database.connections->reader());
    ISO_TRY(auto transaction, sql::Transaction::begin(*connection, sql::Transaction::Kind::read));
    sql::Run run(*connection, "SELECT count(*) FROM sqlite_schema");
    ISO_CHECK(run.run());
    return Reading{std::move(connection), std::move(transaction)};
}

TEST(Reserve, AWalThatWasCopiedBeforeIsCopiedOn) {
    TemporaryFolder folder;
    const Database database = *open_with_reserve(folder);
    ASSERT_TRUE((*database.connections->writer())->execute("CREATE TABLE much (bytes)").ok());
    std::optional<Reading> reading;
    std::uint64_t size = std::filesystem::file_size(folder.file("index.db"));
    // The WAL comes to hold more than half the reserve, of which little is new each time.
    for (int i = 0; i < 15; ++i) {
        ASSERT_TRUE(allow_no_page_more(**database.connections->writer()).ok());
        bool first = true;
        const auto work = [&](sql::Connection& connection) -> Status {
            if (!std::exchange(first, false))
                ISO_CHECK(sql::Run(connection, "PRAGMA max_page_count = 1000000").run());
            ISO_CHECK(sql::Run(connection, "INSERT INTO much VALUES (zeroblob(200000))").run());
            ISO_TRY(auto next, read_all_there_is(database));
            reading.emplace(std::move(next));
            return {};
        };
        ASSERT_TRUE(database.connections->write_with_reserve(work).ok()) << i;
        EXPECT_FALSE(first);
        const std::uint64_t grown = std::filesystem::file_size(folder.file("index.db"));
        EXPECT_GE(grown, size + 200000) << i;
        size = grown;
    }
    EXPECT_GT(std::filesystem::file_size(folder.file("index.db-wal")), kBytes / 2);
}

TEST(Reserve, StaysForOtherFailuresAndForStores) {
    TemporaryFolder folder;
    const std::string path = folder.file("index.db-reserve");
    const Database database = *open_with_reserve(folder);
    int tries = 0;
    const auto refuse = [&](sql::Connection&) -> Status {
        ++tries;
        return fail(ErrorCode::unavailable, "another reason");
    };
    EXPECT_FALSE(database.connections->write_with_reserve(refuse).ok());
    EXPECT_EQ(tries, 1);
    NewInstance large = instance_of(key_of("1", "2", "3"));
    for (int i = 0; i < 20000; ++i)
        large.layout += std::to_string(i * 7919);
    ASSERT_TRUE(allow_no_page_more(**database.connections->writer()).ok());
    const auto refused = database.index->add(std::span(&large, 1));
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.error().code, ErrorCode::unavailable);
    EXPECT_NE(refused.error().message.find("full"), std::string::npos);
    EXPECT_GE(room_of(path), kBytes);
}

}  // namespace
}  // namespace isocenter::index
