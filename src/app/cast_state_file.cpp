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

Result<index::sql::Lease> CastStateFile::writer() {
    state_->mutex.lock();
    return index::sql::Lease(state_->connection.get(), [state = state_.get()](index::sql::Connection*) {
        if (state->connection->wal_pages() > kLogPages) static_cast<void>(state->connection->restart_wal());
        state->mutex.unlock();
    });
}

}  // namespace isocenter::app
