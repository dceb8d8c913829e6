#include "index/sqlite/gathering_vfs.h"

#include <fstream>
#include <string>

#include "index/fixture_for_contract_test.h"
#include "index/sqlite/connection.h"

namespace isocenter::index::sqlite {
namespace {

constexpr int kRows = 500;
constexpr std::size_t kRowBytes = 3000;  // one a page

std::unique_ptr<SqliteConnection> connect(const std::string& path, bool writer, bool synchronous) {
    ConnectionOptions options;
    options.path = path;
    options.writer = writer;
    options.synchronous = synchronous;
    options.cache_kib =
        64;  // far less than a transaction: pages go to the WAL and are read back before its end
    auto opened = SqliteConnection::open(options);
    EXPECT_TRUE(opened.ok());
    return std::move(*opened);
}

void add_rows(SqliteConnection& connection, int count, char filling) {
    const auto statement = *connection.prepare("INSERT INTO t VALUES (?, ?)");
    for (int i = 0; i < count; ++i) {
        statement->bind(1, std::int64_t{i});
        statement->bind(2, std::string_view(std::string(kRowBytes, filling)));
        ASSERT_TRUE(statement->step().ok());
        statement->reset();
    }
}

std::int64_t number(SqliteConnection& connection, std::string_view sql) {
    const auto statement = *connection.prepare(sql);
    EXPECT_TRUE(*statement->step());
    const std::int64_t found = statement->integer(0);
    statement->reset();
    return found;
}

std::uint64_t write_calls() {
    std::ifstream file("/proc/self/io");
    std::string name;
    std::uint64_t count = 0;
    while (file >> name >> count && name != "syscw:") {
    }
    return count;
}

class GatheringVfs : public testing::TestWithParam<bool> {
  protected:
    GatheringVfs() : writer_(connect(folder_.file("db"), true, GetParam())) {
        EXPECT_TRUE(writer_->execute("CREATE TABLE t (id INTEGER, filling TEXT)").ok());
    }
    TemporaryFolder folder_;
    std::unique_ptr<SqliteConnection> writer_;
};

TEST_P(GatheringVfs, EachCommitIsThereForOthersAtOnce) {
    const auto reader = connect(folder_.file("db"), false, GetParam());
    for (int i = 1; i <= 50; ++i) {
        add_rows(*writer_, 1, 'a');
        ASSERT_EQ(number(*reader, "SELECT count(*) FROM t"), i);
    }
}

TEST_P(GatheringVfs, ATransactionLargerThanTheCacheReadsItsOwnPages) {
    const auto reader = connect(folder_.file("db"), false, GetParam());
    ASSERT_TRUE(writer_->execute("BEGIN IMMEDIATE").ok());
    add_rows(*writer_, kRows, 'b');
    EXPECT_EQ(number(*writer_, "SELECT sum(length(filling)) FROM t"), kRows * std::int64_t{kRowBytes});
    EXPECT_EQ(number(*reader, "SELECT count(*) FROM t"), 0);
    // Changes pages that are in the WAL already.
    ASSERT_TRUE(writer_->execute("UPDATE t SET filling = replace(filling, 'b', 'c')").ok());
    ASSERT_TRUE(writer_->execute("COMMIT").ok());
    EXPECT_EQ(
        number(*reader, "SELECT count(*) FROM t WHERE filling = replace(hex(zeroblob(1500)), '0', 'c')"),
        kRows);
    EXPECT_EQ(number(*reader, "SELECT count(*) FROM pragma_integrity_check WHERE integrity_check = 'ok'"), 1);
}

TEST_P(GatheringVfs, WhatWasRolledBackIsGoneAndTheNextStands) {
    ASSERT_TRUE(writer_->execute("BEGIN IMMEDIATE").ok());
    add_rows(*writer_, kRows, 'd');
    ASSERT_TRUE(writer_->execute("ROLLBACK").ok());
    add_rows(*writer_, 3, 'e');
    const auto reader = connect(folder_.file("db"), false, GetParam());
    EXPECT_EQ(number(*reader, "SELECT count(*) FROM t"), 3);
}

TEST_P(GatheringVfs, AnotherProgramReadsTheFilesAsTheyAre) {
    ASSERT_TRUE(writer_->execute("BEGIN IMMEDIATE").ok());
    add_rows(*writer_, kRows, 'f');
    ASSERT_TRUE(writer_->execute("COMMIT").ok());
    // As a kill would leave them: the connection is still open.
    for (const char* suffix : {"", "-wal"})
        std::filesystem::copy_file(folder_.file("db") + suffix, folder_.file("copy") + suffix);
    const auto copy = connect(folder_.file("copy"), false, GetParam());
    EXPECT_EQ(number(*copy, "SELECT count(*) FROM t"), kRows);
}

TEST_P(GatheringVfs, ATransactionIsWrittenByFewCalls) {
    std::uint64_t calls = 0;
    // Once before it counts: a sanitizer writes into a pipe of its own when it first walks a stack.
    for (int round = 0; round < 2; ++round) {
        ASSERT_TRUE(writer_->execute("BEGIN IMMEDIATE").ok());
        add_rows(*writer_, 10, 'g');
        const std::uint64_t before = write_calls();
        ASSERT_TRUE(writer_->execute("COMMIT").ok());
        calls = write_calls() - before;
    }
    EXPECT_LE(calls, 2U);
}

INSTANTIATE_TEST_SUITE_P(Synchronous, GatheringVfs, testing::Bool());

}  // namespace
}  // namespace isocenter::index::sqlite
