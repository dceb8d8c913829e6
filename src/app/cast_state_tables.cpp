#include "app/cast_state_tables.h"

#include <string>
#include <string_view>

namespace isocenter::app {
namespace {

using index::sql::Connection;
using index::sql::Run;

// `sequence` is part of a letter's identity for class `feed` only, 0 for the others.
constexpr std::string_view kSchema = R"sql(
CREATE TABLE IF NOT EXISTS cast_target (
    target    TEXT PRIMARY KEY,
    low       INTEGER NOT NULL DEFAULT 0,
    latest    INTEGER NOT NULL DEFAULT 0,
    owner     TEXT NOT NULL DEFAULT '',
    token     INTEGER NOT NULL DEFAULT 0,
    lease_end INTEGER NOT NULL DEFAULT 0,
    changed   INTEGER NOT NULL DEFAULT 0,
    server    TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE TABLE IF NOT EXISTS cast_letter (
    id             INTEGER PRIMARY KEY AUTOINCREMENT,
    target         TEXT NOT NULL,
    partition      TEXT NOT NULL,
    study          TEXT NOT NULL,
    class          TEXT NOT NULL,
    sequence       INTEGER NOT NULL,
    state          TEXT NOT NULL,
    first_sequence INTEGER NOT NULL,
    last_sequence  INTEGER NOT NULL,
    entries        INTEGER NOT NULL,
    attempts       INTEGER NOT NULL,
    first_time     INTEGER NOT NULL,
    last_time      INTEGER NOT NULL,
    error          TEXT NOT NULL,
    tag            TEXT NOT NULL,
    status         INTEGER NOT NULL,
    replay         INTEGER NOT NULL DEFAULT 0,
    removed        TEXT NOT NULL DEFAULT '',
    UNIQUE (target, partition, study, class, sequence)
) STRICT;
CREATE INDEX IF NOT EXISTS cast_letter_replay ON cast_letter (target) WHERE replay;
CREATE INDEX IF NOT EXISTS cast_letter_transient ON cast_letter (target, last_time)
    WHERE state = 'open' AND class = 'transient';
CREATE TABLE IF NOT EXISTS cast_backfill (
    target           TEXT PRIMARY KEY,
    latest           INTEGER NOT NULL,
    started          INTEGER NOT NULL,
    filter_date      TEXT NOT NULL,
    filter_modality  TEXT NOT NULL,
    filter_patient   TEXT NOT NULL,
    filter_partition TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS cast_backfilled (
    target    TEXT NOT NULL,
    partition TEXT NOT NULL,
    study     TEXT NOT NULL,
    PRIMARY KEY (target, partition, study)
) STRICT, WITHOUT ROWID;
)sql";

/// Tables of former versions lack it.
Status add_text(Connection& connection, const std::string& table, const std::string& column) {
    {
        Run run(connection, "SELECT 1 FROM pragma_table_info(?) WHERE name = ?");
        ISO_TRY(const bool there, run.bind(table).bind(column).next());
        if (there) return {};
    }
    return connection.execute("ALTER TABLE " + table + " ADD COLUMN " + column + " TEXT NOT NULL DEFAULT ''");
}

}  // namespace

Status make_cast_tables(Connection& connection) {
    ISO_CHECK(connection.execute(kSchema));
    ISO_CHECK(add_text(connection, "cast_target", "server"));
    return add_text(connection, "cast_letter", "removed");
}

}  // namespace isocenter::app
