#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/result.h"
#include "index/index.h"

namespace isocenter::index {

namespace sql {
class ConnectionSource;
}

/// One database and the ports it implements; the object owns its connections.
struct Database {
    std::shared_ptr<void> owner;
    Index* index = nullptr;
    RemovalQueue* removals = nullptr;
    RecordScan* records = nullptr;
    RemovalReserve* reserve = nullptr;
    MemberIndex* members = nullptr;
    /// For tables of others, which belong into the same backup as the index; the index looks at none of them.
    sql::ConnectionSource* connections = nullptr;
};

struct DatabaseOptions {
    std::string kind = "sqlite";
    std::string path;         ///< sqlite: file; made when absent, migrated when older, refused when newer
    bool synchronous = true;  ///< false: a commit may be lost in a power cut (said at start)
    std::size_t read_connections = 16;
    /// sqlite: room on the disk that is kept for removals, in a file beside the database; 0: none
    std::uint64_t reserve_bytes = 0;
};

/// `invalid_request` for an unknown kind, `unavailable` when it cannot be opened.
Result<Database> open_database(const DatabaseOptions& options);

}  // namespace isocenter::index
