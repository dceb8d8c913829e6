#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "base/result.h"
#include "index/sqlite/connection.h"

namespace isocenter::index::sqlite {

/// What SQLite's header says of whose database it is: "ISOC".
inline constexpr std::int64_t kApplicationId = 0x49534F43;

/// The scripts of schema/sqlite/ in order; script n brings a database from version n - 1 to n.
std::span<const std::string_view> migrations();

/// Runs the scripts that the database has not seen, each in one transaction. `unavailable` when the database
/// is of a newer version than this program, or is not one of ours.
Status migrate(SqliteConnection& connection);

}  // namespace isocenter::index::sqlite
