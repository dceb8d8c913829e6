#include "index/sqlite/pool.h"

#include <algorithm>

#include "base/log.h"
#include "index/sqlite/migrate.h"

namespace isocenter::index::sqlite {
namespace {

constexpr int kWriterCacheKib = 16 << 10;
constexpr int kReaderCacheKib = 1536;
constexpr int kCopyPages = 2000;      // 8 MB of WAL: worth copying
constexpr int kRestartPages = 32000;  // 128 MB: readers or writers never left a gap; make one
constexpr std::uint64_t kPageBytes = 4096;

/// While it lives the reserve is given up, if it was there.
class GivenUp {
  public:
    explicit GivenUp(ReserveFile& reserve) : reserve_(reserve), given_(reserve.give_up()) {}
    ~GivenUp() {
        if (given_) reserve_.take_back();
    }
    GivenUp(const GivenUp&) = delete;
    GivenUp& operator=(const GivenUp&) = delete;
    bool gave_room() const { return given_; }

  private:
    ReserveFile& reserve_;
    const bool given_;
};

}  // namespace

SqlitePool::SqlitePool(ConnectionOptions options, const DatabaseOptions& database)
    : read_options_(std::move(options)),
      limit_(std::max<std::size_t>(database.read_connections, 1)),
      reserve_bytes_(database.reserve_bytes),
      reserve_(database.path + "-reserve", database.reserve_bytes) {}

Result<std::unique_ptr<SqlitePool>> SqlitePool::open(const DatabaseOptions& database) {
    ConnectionOptions options;
    options.path = database.path;
    options.synchronous = database.synchronous;
    options.cache_kib = kReaderCacheKib;
    std::unique_ptr<SqlitePool> pool(new SqlitePool(options, database));
    bool met_full_disk = false;
    if (Status opened = pool->open_writers(met_full_disk); !opened) {
        // Not even the WAL and its index have room.
        if (!met_full_disk) return std::move(opened).error();
        const GivenUp reserve(pool->reserve_);
        if (!reserve.gave_room()) return std::move(opened).error();
        ISO_CHECK(pool->open_writers(met_full_disk));
    }
    pool->reserve_.fill();
    pool->copy_thread_ = std::thread([self = pool.get()] { self->copy_wal(); });
    return pool;
}

Status SqlitePool::open_writers(bool& met_full_disk) {
    ConnectionOptions options = read_options_;
    options.writer = true;
    ISO_TRY(copier_, SqliteConnection::open(options, &met_full_disk));
    options.cache_kib = kWriterCacheKib;
    ISO_TRY(writer_, SqliteConnection::open(options, &met_full_disk));
    Status migrated = migrate(*writer_);
    met_full_disk = writer_->met_full_disk();
    return migrated;
}

SqlitePool::~SqlitePool() {
    {
        const std::lock_guard lock(copy_mutex_);
        stopping_ = true;
    }
    copy_wanted_.notify_all();
    if (copy_thread_.joinable()) copy_thread_.join();
}

Result<sql::Lease> SqlitePool::reader() {
    std::unique_lock lock(mutex_);
    freed_.wait(lock, [&] { return !free_.empty() || opened_ < limit_; });
    std::unique_ptr<SqliteConnection> connection;
    if (!free_.empty()) {
        connection = std::move(free_.back());
        free_.pop_back();
    } else {
        ++opened_;
        lock.unlock();
        auto made = SqliteConnection::open(read_options_);
        if (!made) {
            lock.lock();
            --opened_;
            freed_.notify_one();
            return std::move(made).error();
        }
        connection = std::move(*made);
    }
    return sql::Lease(connection.release(), [this](sql::Connection* used) {
        std::unique_ptr<SqliteConnection> back(static_cast<SqliteConnection*>(used));
        const std::lock_guard guard(mutex_);
        free_.push_back(std::move(back));
        freed_.notify_one();
    });
}

Result<sql::Lease> SqlitePool::writer() {
    write_mutex_.lock();
    return sql::Lease(writer_.get(), [this](sql::Connection*) { give_back_writer(); });
}

std::optional<sql::Lease> SqlitePool::try_writer() {
    if (!write_mutex_.try_lock()) return std::nullopt;
    return sql::Lease(writer_.get(), [this](sql::Connection*) { give_back_writer(); });
}

void SqlitePool::wait_for_writer() {
    const std::lock_guard lock(write_mutex_);
}

// The writer is held all the while: whatever else writes to the database finds the disk full again.
Status SqlitePool::write_with_reserve(const std::function<Status(sql::Connection&)>& work) {
    ISO_TRY(const sql::Lease connection, writer());
    static_cast<void>(writer_->met_full_disk());
    Status done = work(*connection);
    if (done || !writer_->met_full_disk()) return done;
    const GivenUp reserve(reserve_);
    if (!reserve.gave_room()) return done;
    done = work(*connection);
    // A WAL that begins anew needs no room for the next removal. Copying makes the database grow by no more
    // than what of the WAL has not been copied yet.
    if (pages_to_copy() * kPageBytes <= reserve_bytes_ / 2) copy(*writer_);
    return done;
}

void SqlitePool::copy(SqliteConnection& connection) {
    const unsigned beginnings = writer_->wal_beginnings();
    const auto copied = connection.checkpoint();
    if (!copied) {
        log_event(LogLevel::warning, "index_checkpoint_failed", {{"detail", copied.error().detail}});
        return;
    }
    const std::lock_guard lock(copy_mutex_);
    copied_ = {beginnings, *copied};
}

// What was copied of a WAL that began anew since is not in this one.
std::uint64_t SqlitePool::pages_to_copy() {
    const std::lock_guard lock(copy_mutex_);
    const int copied = copied_.beginnings == writer_->wal_beginnings() ? copied_.pages : 0;
    return static_cast<std::uint64_t>(std::max(writer_->wal_pages() - copied, 0));
}

void SqlitePool::give_back_writer() {
    const int pages = writer_->wal_pages();
    if (pages >= kRestartPages) {
        if (auto done = writer_->restart_wal(); !done) {
            log_event(LogLevel::warning, "index_checkpoint_failed", {{"detail", done.error().detail}});
        }
    }
    write_mutex_.unlock();
    if (pages < kCopyPages) return;
    {
        const std::lock_guard lock(copy_mutex_);
        want_copy_ = true;
    }
    copy_wanted_.notify_one();
}

void SqlitePool::copy_wal() {
    std::unique_lock lock(copy_mutex_);
    while (true) {
        copy_wanted_.wait(lock, [&] { return want_copy_ || stopping_; });
        if (stopping_) return;
        want_copy_ = false;
        lock.unlock();
        copy(*copier_);
        lock.lock();
    }
}

}  // namespace isocenter::index::sqlite
