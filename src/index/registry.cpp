#include "index/registry.h"

#include "index/sql/sql_index.h"
#include "index/sqlite/pool.h"

namespace isocenter::index {

Result<Database> open_database(const DatabaseOptions& options) {
    if (options.kind != "sqlite") return fail(ErrorCode::invalid_request, "unknown kind of index database");
    ISO_TRY(auto pool, sqlite::SqlitePool::open(options));
    sql::ConnectionSource* connections = pool.get();
    RemovalReserve* reserve = pool.get();
    auto index = std::make_shared<sql::SqlIndex>(std::move(pool));
    Database database;
    database.index = index.get();
    database.removals = index.get();
    database.records = index.get();
    database.members = index.get();
    database.connections = connections;
    database.reserve = reserve;
    database.owner = std::move(index);
    return database;
}

}  // namespace isocenter::index
