#include "index/sqlite/migrate.h"

#include <array>
#include <string>

namespace isocenter::index::sqlite {
namespace {

constexpr std::array kMigrations = {
#include "index_migrations.inc"
};

Result<std::int64_t> number(SqliteConnection& connection, std::string_view sql) {
    sql::Run run(connection, sql);
    ISO_TRY(const bool row, run.next());
    return row ? run.integer(0) : 0;
}

Result<std::int64_t> version_of(SqliteConnection& connection) {
    ISO_TRY(const std::int64_t application, number(connection, "PRAGMA application_id"));
    ISO_TRY(const std::int64_t version, number(connection, "PRAGMA user_version"));
    ISO_TRY(const std::int64_t tables, number(connection, "SELECT count(*) FROM sqlite_schema"));
    if (application != kApplicationId && tables > 0) {
        return fail(ErrorCode::unavailable, "the index database is not one of this program");
    }
    if (version > static_cast<std::int64_t>(kMigrations.size())) {
        return fail(ErrorCode::unavailable,
                    "the index database was written by a newer version of this program",
                    "its schema is version " + std::to_string(version) + ", this program knows up to " +
                        std::to_string(kMigrations.size()));
    }
    return version;
}

}  // namespace

std::span<const std::string_view> migrations() {
    return kMigrations;
}

Status migrate(SqliteConnection& connection) {
    while (true) {
        // Inside the write lock: another process may be migrating as well.
        ISO_TRY(const auto transaction, sql::Transaction::begin(connection, sql::Transaction::Kind::write));
        ISO_TRY(const std::int64_t version, version_of(connection));
        if (version == static_cast<std::int64_t>(kMigrations.size())) return transaction->commit();
        ISO_CHECK(connection.execute(kMigrations[static_cast<std::size_t>(version)]));
        ISO_CHECK(connection.execute("PRAGMA application_id = " + std::to_string(kApplicationId) +
                                     "; PRAGMA user_version = " + std::to_string(version + 1)));
        ISO_CHECK(transaction->commit());
    }
}

}  // namespace isocenter::index::sqlite
