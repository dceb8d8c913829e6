#pragma once

#include <atomic>
#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "index/sql/connection.h"

struct sqlite3;

namespace isocenter::index::sqlite {

struct ConnectionOptions {
    std::string path;
    bool writer = false;  ///< may create the file; readers refuse to write
    bool synchronous = true;
    int cache_kib = 2048;
    int busy_milliseconds = 5000;  ///< how long to wait for another process
};

/// An SQLite connection in WAL mode.
class SqliteConnection : public sql::Connection {
  public:
    /// `met_full_disk`, when given, is set when it fails for want of room on the disk.
    static Result<std::unique_ptr<SqliteConnection>> open(const ConnectionOptions& options,
                                                          bool* met_full_disk = nullptr);
    ~SqliteConnection() override;
    SqliteConnection(const SqliteConnection&) = delete;
    SqliteConnection& operator=(const SqliteConnection&) = delete;

    Result<std::shared_ptr<sql::Statement>> prepare(std::string_view sql) override;
    Status execute(std::string_view script) override;
    std::int64_t changed() const override;

    /// Copies what it can of the WAL into the database without waiting; how many of its pages are there then.
    Result<int> checkpoint();
    /// Like checkpoint, but waits for readers so that the WAL starts again from its beginning.
    Status restart_wal();
    /// Pages in the WAL after this connection's last commit.
    int wal_pages() const { return wal_pages_; }
    /// How often the WAL began anew with a commit of this connection. Thread-safe.
    unsigned wal_beginnings() const { return wal_beginnings_; }
    /// Whether a statement failed for want of room on the disk since it was last asked.
    bool met_full_disk() { return std::exchange(met_full_disk_, false); }

  private:
    explicit SqliteConnection(sqlite3* handle) : handle_(handle) {}
    Status configure(const ConnectionOptions& options);
    void note_commit(int wal_pages);

    struct Kept {
        std::string sql;
        std::shared_ptr<sql::Statement> statement;
    };
    sqlite3* handle_;
    int wal_pages_ = 0;
    std::atomic<unsigned> wal_beginnings_ = 0;
    bool met_full_disk_ = false;
    std::list<Kept> kept_;  ///< most recently used first
    std::unordered_map<std::string_view, std::list<Kept>::iterator> by_sql_;
};

}  // namespace isocenter::index::sqlite
