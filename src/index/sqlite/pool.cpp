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

}  // namespace

SqlitePool::SqlitePool(ConnectionOptions options, std::size_t limit)
    : read_options_(std::move(options)), limit_(std::max<std::size_t>(limit, 1)) {}

Result<std::unique_ptr<SqlitePool>> SqlitePool::open(const std::string& path, bool synchronous,
                                                     std::size_t read_connections) {
    ConnectionOptions options;
    options.path = path;
    options.synchronous = synchronous;
    options.cache_kib = kReaderCacheKib;
    std::unique_ptr<SqlitePool> pool(new SqlitePool(options, read_connections));
    options.writer = true;
    ISO_TRY(pool->copier_, SqliteConnection::open(options));
    options.cache_kib = kWriterCacheKib;
    ISO_TRY(pool->writer_, SqliteConnection::open(options));
    ISO_CHECK(migrate(*pool->writer_));
    pool->copy_thread_ = std::thread([self = pool.get()] { self->copy_wal(); });
    return pool;
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
        if (auto left = copier_->checkpoint(); !left) {
            log_event(LogLevel::warning, "index_checkpoint_failed", {{"detail", left.error().detail}});
        }
        lock.lock();
    }
}

}  // namespace isocenter::index::sqlite
