#include "index/sqlite/connection.h"

#include <sqlite3.h>

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "dicom/name_match.h"
#include "index/sqlite/gathering_vfs.h"

namespace isocenter::index::sqlite {
namespace {

constexpr std::size_t kKeptStatements = 96;
constexpr int kLongestPattern = 2000;

/// The file of the WAL's index grows, too, and says it otherwise; a quota's end is a write that failed.
bool lacks_room(int code) {
    return (code & 0xFF) == SQLITE_FULL || code == SQLITE_IOERR_SHMSIZE || code == SQLITE_IOERR_WRITE;
}

// The text of a code names neither values nor paths.
Error failure(int code) {
    const int primary = code & 0xFF;
    const bool corrupt = primary == SQLITE_CORRUPT || primary == SQLITE_NOTADB;
    const bool bug = primary == SQLITE_CONSTRAINT || primary == SQLITE_MISUSE || primary == SQLITE_ERROR ||
                     primary == SQLITE_RANGE;
    const ErrorCode mapped = corrupt                    ? ErrorCode::corrupt
                             : bug                      ? ErrorCode::internal
                             : primary == SQLITE_TOOBIG ? ErrorCode::too_large
                                                        : ErrorCode::unavailable;
    return fail(mapped,
                primary == SQLITE_FULL ? "the disk of the index is full" : "the index database failed",
                "sqlite " + std::to_string(code) + ": " + sqlite3_errstr(code));
}

Error failure(sqlite3* handle, int code) {
    Error error = failure(code);
    // Constraint messages name columns only; syntax messages can quote the statement, which holds no values.
    if (error.code == ErrorCode::internal) error.detail += std::string(": ") + sqlite3_errmsg(handle);
    return error;
}

std::vector<std::string> words_of(sqlite3_value* value) {
    const auto* text = reinterpret_cast<const char*>(sqlite3_value_text(value));
    std::string_view rest =
        text == nullptr ? "" : std::string_view(text, static_cast<std::size_t>(sqlite3_value_bytes(value)));
    std::vector<std::string> words;
    while (!rest.empty()) {
        const std::size_t end = std::min(rest.find('^'), rest.size());
        words.emplace_back(rest.substr(0, end));
        rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    return words;
}

void fits_words(sqlite3_context* context, int, sqlite3_value** values) {
    sqlite3_result_int(context, dicom::fits_words(words_of(values[0]), words_of(values[1])) ? 1 : 0);
}

class SqliteStatement : public sql::Statement {
  public:
    /// Sets `met_full_disk` when it fails for want of room.
    SqliteStatement(sqlite3* handle, sqlite3_stmt* statement, bool& met_full_disk)
        : handle_(handle), statement_(statement), met_full_disk_(met_full_disk) {}
    ~SqliteStatement() override { sqlite3_finalize(statement_); }
    SqliteStatement(const SqliteStatement&) = delete;
    SqliteStatement& operator=(const SqliteStatement&) = delete;

    void bind(int parameter, std::int64_t value) override {
        note(sqlite3_bind_int64(statement_, parameter, value));
    }
    void bind(int parameter, double value) override {
        note(sqlite3_bind_double(statement_, parameter, value));
    }
    void bind(int parameter, std::string_view text) override {
        note(sqlite3_bind_text64(statement_, parameter, text.empty() ? "" : text.data(), text.size(),
                                 SQLITE_TRANSIENT, SQLITE_UTF8));
    }
    void bind_blob(int parameter, std::string_view bytes) override {
        note(sqlite3_bind_blob64(statement_, parameter, bytes.empty() ? "" : bytes.data(), bytes.size(),
                                 SQLITE_TRANSIENT));
    }
    void bind_null(int parameter) override { note(sqlite3_bind_null(statement_, parameter)); }

    Result<bool> step() override {
        if (bind_code_ != SQLITE_OK) return failure(handle_, bind_code_);
        const int code = sqlite3_step(statement_);
        if (code == SQLITE_ROW) return true;
        if (code == SQLITE_DONE) return false;
        met_full_disk_ = met_full_disk_ || lacks_room(code);
        return failure(handle_, sqlite3_extended_errcode(handle_));
    }
    void reset() override {
        sqlite3_reset(statement_);
        sqlite3_clear_bindings(statement_);
        bind_code_ = SQLITE_OK;
    }

    bool is_null(int column) const override { return sqlite3_column_type(statement_, column) == SQLITE_NULL; }
    std::int64_t integer(int column) const override { return sqlite3_column_int64(statement_, column); }
    std::string_view text(int column) const override {
        const auto* data = sqlite3_column_text(statement_, column);
        if (data == nullptr) return {};
        return {reinterpret_cast<const char*>(data),
                static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
    }
    std::string_view blob(int column) const override {
        const void* data = sqlite3_column_blob(statement_, column);
        if (data == nullptr) return {};
        return {static_cast<const char*>(data),
                static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
    }

  private:
    void note(int code) {
        if (bind_code_ == SQLITE_OK) bind_code_ = code;
    }
    sqlite3* handle_;
    sqlite3_stmt* statement_;
    bool& met_full_disk_;
    int bind_code_ = SQLITE_OK;
};

}  // namespace

Result<std::unique_ptr<SqliteConnection>> SqliteConnection::open(const ConnectionOptions& options,
                                                                 bool* met_full_disk) {
    sqlite3* handle = nullptr;
    const int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE | SQLITE_OPEN_READWRITE |
                      (options.writer ? SQLITE_OPEN_CREATE : 0);
    const int code =
        sqlite3_open_v2(options.path.c_str(), &handle, flags, options.writer ? gathering_vfs() : nullptr);
    if (code != SQLITE_OK) {
        sqlite3_close(handle);
        Error error = failure(code);
        error.code = ErrorCode::unavailable;
        return error;
    }
    std::unique_ptr<SqliteConnection> connection(new SqliteConnection(handle));
    const Status configured = connection->configure(options);
    if (configured) return connection;
    if (met_full_disk != nullptr) *met_full_disk = connection->met_full_disk();
    return configured.error();
}

Status SqliteConnection::configure(const ConnectionOptions& options) {
    sqlite3_busy_timeout(handle_, options.busy_milliseconds);
    sqlite3_limit(handle_, SQLITE_LIMIT_LIKE_PATTERN_LENGTH, kLongestPattern);
    sqlite3_db_config(handle_, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
    sqlite3_create_function_v2(handle_, "fits_words", 2,
                               SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_DIRECTONLY, nullptr, fits_words,
                               nullptr, nullptr, nullptr);
    // No mmap: mapped pages count as resident memory once per connection, and reads from the system's page
    // cache cost about a microsecond a page.
    std::string script = "PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY; PRAGMA mmap_size = 0;";
    script += " PRAGMA cache_size = -" + std::to_string(options.cache_kib) + ";";
    script += options.synchronous ? " PRAGMA synchronous = FULL;" : " PRAGMA synchronous = NORMAL;";
    if (options.writer) script += " PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0;";
    if (!options.writer) script += " PRAGMA query_only = ON;";
    script += " PRAGMA journal_size_limit = 67108864;";
    ISO_CHECK(execute(script));
    if (options.writer) {
        sqlite3_wal_hook(
            handle_,
            [](void* self, sqlite3*, const char*, int pages) {
                static_cast<SqliteConnection*>(self)->note_commit(pages);
                return SQLITE_OK;
            },
            this);
    }
    return {};
}

SqliteConnection::~SqliteConnection() {
    by_sql_.clear();
    kept_.clear();
    sqlite3_close(handle_);
}

Result<std::shared_ptr<sql::Statement>> SqliteConnection::prepare(std::string_view sql) {
    if (const auto found = by_sql_.find(sql); found != by_sql_.end()) {
        // A statement still in use (a recursion over the same text) must not be shared.
        if (found->second->statement.use_count() == 1) {
            kept_.splice(kept_.begin(), kept_, found->second);
            return kept_.front().statement;
        }
    }
    sqlite3_stmt* raw = nullptr;
    const int code = sqlite3_prepare_v3(handle_, sql.data(), static_cast<int>(sql.size()),
                                        SQLITE_PREPARE_PERSISTENT, &raw, nullptr);
    if (code != SQLITE_OK) return failure(handle_, code);
    auto statement = std::make_shared<SqliteStatement>(handle_, raw, met_full_disk_);
    if (by_sql_.contains(sql)) return std::shared_ptr<sql::Statement>(statement);
    kept_.push_front({std::string(sql), statement});
    by_sql_.emplace(kept_.front().sql, kept_.begin());
    if (kept_.size() > kKeptStatements) {
        by_sql_.erase(kept_.back().sql);
        kept_.pop_back();
    }
    return std::shared_ptr<sql::Statement>(statement);
}

Status SqliteConnection::execute(std::string_view script) {
    const int code = sqlite3_exec(handle_, std::string(script).c_str(), nullptr, nullptr, nullptr);
    met_full_disk_ = met_full_disk_ || lacks_room(code);
    if (code != SQLITE_OK) return failure(handle_, code);
    return {};
}

std::int64_t SqliteConnection::changed() const {
    return sqlite3_changes64(handle_);
}

// A WAL that holds no more than the commit wrote began with it.
void SqliteConnection::note_commit(int wal_pages) {
    int written = 0;
    int unused = 0;
    sqlite3_db_status(handle_, SQLITE_DBSTATUS_CACHE_WRITE, &written, &unused, 1);
    if (wal_pages <= std::max(wal_pages_, written)) ++wal_beginnings_;
    wal_pages_ = wal_pages;
}

Result<int> SqliteConnection::checkpoint() {
    int copied = 0;
    const int code = sqlite3_wal_checkpoint_v2(handle_, nullptr, SQLITE_CHECKPOINT_PASSIVE, nullptr, &copied);
    if (code != SQLITE_OK && (code & 0xFF) != SQLITE_BUSY) return failure(code);
    return std::max(copied, 0);
}

Status SqliteConnection::restart_wal() {
    const int code = sqlite3_wal_checkpoint_v2(handle_, nullptr, SQLITE_CHECKPOINT_RESTART, nullptr, nullptr);
    if (code != SQLITE_OK && (code & 0xFF) != SQLITE_BUSY) return failure(code);
    return {};
}

}  // namespace isocenter::index::sqlite
