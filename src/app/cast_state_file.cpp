#include <mutex>

#include "app/cast_state.h"
#include "index/sqlite/connection.h"

namespace isocenter::app {
namespace {

/// Pages in the log at which it is copied into the file: the writes are few and small.
constexpr int kLogPages = 256;

}  // namespace

struct CastStateFile::State {
    std::unique_ptr<index::sqlite::SqliteConnection> connection;
    std::mutex mutex;
    index::sql::Lease lease();
};

Result<std::unique_ptr<CastStateFile>> CastStateFile::open(const std::string& path) {
    index::sqlite::ConnectionOptions options;
    options.path = path;
    options.writer = true;
    auto state = std::make_unique<State>();
    ISO_TRY(state->connection, index::sqlite::SqliteConnection::open(options));
    return std::unique_ptr<CastStateFile>(new CastStateFile(std::move(state)));
}

CastStateFile::CastStateFile(std::unique_ptr<State> state) : state_(std::move(state)) {}
CastStateFile::~CastStateFile() = default;

/// Of a mutex that is held.
index::sql::Lease CastStateFile::State::lease() {
    return index::sql::Lease(connection.get(), [this](index::sql::Connection*) {
        if (connection->wal_pages() > kLogPages) static_cast<void>(connection->restart_wal());
        mutex.unlock();
    });
}

Result<index::sql::Lease> CastStateFile::writer() {
    state_->mutex.lock();
    return state_->lease();
}

std::optional<index::sql::Lease> CastStateFile::try_writer() {
    if (!state_->mutex.try_lock()) return std::nullopt;
    return state_->lease();
}

void CastStateFile::wait_for_writer() {
    const std::lock_guard lock(state_->mutex);
}

}  // namespace isocenter::app
