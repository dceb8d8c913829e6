#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "index/registry.h"
#include "index/sqlite/connection.h"
#include "index/sqlite/reserve.h"

namespace isocenter::index::sqlite {

/// One writing connection, and reading ones that are opened when needed up to a limit and lent in the order
/// last used first, so that few caches stay warm. A thread of its own copies the WAL into the database, so
/// that commits wait only for their own sync.
class SqlitePool : public sql::ConnectionSource, public RemovalReserve {
  public:
    /// Opens the writer, migrates, and starts the thread. The reserve is the file `path`-reserve.
    static Result<std::unique_ptr<SqlitePool>> open(const DatabaseOptions& options);
    ~SqlitePool() override;
    SqlitePool(const SqlitePool&) = delete;
    SqlitePool& operator=(const SqlitePool&) = delete;

    Result<sql::Lease> reader() override;
    Result<sql::Lease> writer() override;
    std::optional<sql::Lease> try_writer() override;
    void wait_for_writer() override;
    Status write_with_reserve(const std::function<Status(sql::Connection&)>& work) override;

    Status stores_may_write() const override { return reserve_.stores_may_write(); }
    void replenish() override { reserve_.fill(); }

  private:
    SqlitePool(ConnectionOptions options, const DatabaseOptions& database);
    Status open_writers(bool& met_full_disk);
    void give_back_writer();
    void copy_wal();
    /// Copies what it can of the WAL into the database, and remembers how much that is.
    void copy(SqliteConnection& connection);
    /// Of the WAL, at most. The writer is held.
    std::uint64_t pages_to_copy();

    ConnectionOptions read_options_;
    std::size_t limit_;
    std::uint64_t reserve_bytes_;
    ReserveFile reserve_;
    std::unique_ptr<SqliteConnection> writer_;
    std::unique_ptr<SqliteConnection> copier_;
    std::mutex write_mutex_;

    std::mutex mutex_;
    std::condition_variable freed_;
    std::vector<std::unique_ptr<SqliteConnection>> free_;
    std::size_t opened_ = 0;

    std::mutex copy_mutex_;
    std::condition_variable copy_wanted_;
    bool want_copy_ = false;
    bool stopping_ = false;
    struct Copied {
        unsigned beginnings = 0;  ///< of the WAL, before it was copied
        int pages = 0;
    };
    Copied copied_;  ///< by the last copy
    std::thread copy_thread_;
};

}  // namespace isocenter::index::sqlite
