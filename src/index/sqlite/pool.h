#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "index/sqlite/connection.h"

namespace isocenter::index::sqlite {

/// One writing connection, and reading ones that are opened when needed up to a limit and lent in the order
/// last used first, so that few caches stay warm. A thread of its own copies the WAL into the database, so
/// that commits wait only for their own sync.
class SqlitePool : public sql::ConnectionSource {
  public:
    /// Opens the writer, migrates, and starts the thread.
    static Result<std::unique_ptr<SqlitePool>> open(const std::string& path, bool synchronous,
                                                    std::size_t read_connections);
    ~SqlitePool() override;
    SqlitePool(const SqlitePool&) = delete;
    SqlitePool& operator=(const SqlitePool&) = delete;

    Result<sql::Lease> reader() override;
    Result<sql::Lease> writer() override;
    std::optional<sql::Lease> try_writer() override;
    void wait_for_writer() override;

  private:
    SqlitePool(ConnectionOptions options, std::size_t limit);
    void give_back_writer();
    void copy_wal();

    ConnectionOptions read_options_;
    std::size_t limit_;
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
    std::thread copy_thread_;
};

}  // namespace isocenter::index::sqlite
